package genfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
)

// state is what Sync returns, as JSON.
type state struct {
	Name   string `json:"name"` // of the file as it is configured, without folder
	Device uint64 `json:"device"`
	Inode  uint64 `json:"inode"`
	Length int64  `json:"length"`
	Number uint64 `json:"number"` // that the file has, or will have, as a generation
	Begun  int64  `json:"begun"`  // seconds since 1970
	// Tail is a hash of the last bytes before Length: an inode number may be
	// given to another file once ours is gone, and that one must not be cut.
	Tail string `json:"tail"`
}

const tailBytes = 256

func parseState(b []byte) (*state, bool) {
	var s state
	if err := json.Unmarshal(b, &s); err != nil || s.Length < 0 || s.Name == "" {
		return nil, false
	}
	return &s, true
}

func (s *state) bytes() []byte {
	b, _ := json.Marshal(s) // cannot fail: texts and numbers
	return b
}

// is reports whether f is the file of the state, with all that the state
// knows of it still there.
func (s *state) is(f *os.File) bool {
	if f == nil {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Size() < s.Length {
		return false
	}
	device, inode := identify(f, info)
	if device != s.Device || inode != s.Inode {
		return false
	}
	tail, err := tailOf(f, s.Length)
	return err == nil && tail == s.Tail
}

// tailOf is the hash of the last bytes before length.
func tailOf(f *os.File, length int64) (string, error) {
	tail := make([]byte, min(length, tailBytes))
	if len(tail) == 0 {
		return "", nil
	}
	if _, err := f.ReadAt(tail, length-int64(len(tail))); err != nil {
		return "", err
	}
	sum := sha256.Sum256(tail)
	return hex.EncodeToString(sum[:8]), nil
}
