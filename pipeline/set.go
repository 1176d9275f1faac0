package pipeline

// set is a set of consumers by their numbers.
type set []uint64

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

func (s *set) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

// remove reports whether i was in the set.
func (s set) remove(i int) bool {
	if !s.has(i) {
		return false
	}
	s[i/64] &^= 1 << (i % 64)
	return true
}

func (s set) without(others set) {
	for i := range min(len(s), len(others)) {
		s[i] &^= others[i]
	}
}

func (s set) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

func (s *set) copy(from set) { *s = append((*s)[:0], from...) }
