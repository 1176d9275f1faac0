package checkpoint

// Position says that everything before Offset of this stream is delivered.
// As the place of a line it is the line's first byte.
type Position struct {
	Stream uint64 // a random number that names one file through all its renames; never 0
	Offset int64  // bytes; of the uncompressed stream where the file is compressed
}

// Identity is by what a file is known again: its device and inode, and its
// head, the hash of its first line or first 256 bytes, whichever is shorter.
// Two files with the same first line differ by inode; a compressed or copied
// generation has the head of the file it was made from.
type Identity struct {
	Device, Inode uint64
	Head          [16]byte // the first half of a SHA-256
	HeadLen       uint16   // bytes that Head is the hash of; 0: no head yet
}

// Stream is what the store remembers of one file.
type Stream struct {
	ID       uint64
	Identity Identity
	Path     string // where it was last seen; for people (locate), never a key
	Start    int64  // where an output without a position of its own begins
}
