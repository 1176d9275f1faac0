package jsonscan

// Names numbers the member names that schemas speak of, so that every later
// room compares small integers instead of strings. It is filled while schemas
// load and only read afterwards, then by any number of goroutines.
type Names struct {
	ids   map[string]uint16
	names []string // names[id-1]
	table []slot   // open addressing; a power of two
	mask  uint32
}

type slot struct {
	name string
	id   uint16
}

// MaxNames is the number of distinct names that one Names can hold.
const MaxNames = 1<<16 - 2

// Add numbers name (decoded, without quotes) and returns its number, the same
// for the same name; 0 where MaxNames are taken. Not to be called once
// scanning has begun.
func (n *Names) Add(name string) uint16 {
	if id, ok := n.ids[name]; ok {
		return id
	}
	if len(n.names) >= MaxNames {
		return 0
	}
	if n.ids == nil {
		n.ids = map[string]uint16{}
	}
	n.names = append(n.names, name)
	id := uint16(len(n.names))
	n.ids[name] = id
	if len(n.names)*2 > len(n.table) {
		n.grow()
	} else {
		n.put(name, id)
	}
	return id
}

// Name is the name numbered id, "" for 0 or a number never given.
func (n *Names) Name(id uint16) string {
	if id == 0 || int(id) > len(n.names) {
		return ""
	}
	return n.names[id-1]
}

// Len is how many names there are; their numbers are 1 to Len.
func (n *Names) Len() int { return len(n.names) }

// Lookup is the number of the decoded name, 0 where it is not known.
func (n *Names) Lookup(name []byte) uint16 { return n.find(hash(name), name) }

func (n *Names) find(h uint32, name []byte) uint16 {
	if len(n.table) == 0 {
		return 0
	}
	for i := h & n.mask; ; i = (i + 1) & n.mask {
		s := &n.table[i]
		if s.id == 0 {
			return 0
		}
		if s.name == string(name) {
			return s.id
		}
	}
}

func (n *Names) grow() {
	size := 64
	for size < len(n.names)*4 {
		size *= 2
	}
	n.table = make([]slot, size)
	n.mask = uint32(size - 1)
	for i, name := range n.names {
		n.put(name, uint16(i+1))
	}
}

func (n *Names) put(name string, id uint16) {
	i := hash([]byte(name)) & n.mask
	for n.table[i].id != 0 {
		i = (i + 1) & n.mask
	}
	n.table[i] = slot{name, id}
}

// hash reads the first and last bytes and the length: enough for the names
// of schemas, which an attacker does not choose.
func hash(b []byte) uint32 {
	h := uint64(len(b))
	switch {
	case len(b) >= 8:
		h ^= load64(b) ^ load64(b[len(b)-8:])*3
	case len(b) >= 4:
		h ^= uint64(load32(b)) | uint64(load32(b[len(b)-4:]))<<32
	default:
		for _, c := range b {
			h = h<<8 | uint64(c)
		}
	}
	h *= 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}
