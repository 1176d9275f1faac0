package tokens

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// The file: magic, a salt of 32 bytes, then frames. A frame is its magic, its
// number (from 0 on) and the length of the rest, four bytes each, which its seal
// covers too; then nonce, entries and seal by AES-256-GCM. The key is HKDF with
// SHA-256 of a secret, the salt and the info below. The first frame tells
// whether the key is the right one. A frame is durable before the next one is
// written, so that after a crash only the last one can be torn.
const (
	magic      = "jupyter-events-agent tokens 1\n"
	frameMagic = "\xf1tok"
	saltLen    = 32
	headLen    = len(frameMagic) + 8
	info       = "jupyter-events-agent tokens"
)

// sealed is the file while it is appended to. Not for several goroutines.
type sealed struct {
	file *os.File
	seal cipher.AEAD
	next uint32 // the number of the next frame
}

func newSeal(secret [32]byte, salt []byte) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, secret[:], salt, info, 32)
	if err != nil {
		panic("hkdf of 32 bytes: " + err.Error()) // no length or hash reaches it that it refuses
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("aes with 32 bytes of key: " + err.Error())
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("gcm: " + err.Error())
	}
	return seal
}

// begin is the beginning of a file with its first entries, and its seal.
func begin(secret [32]byte, entries []byte) ([]byte, cipher.AEAD) {
	b := append([]byte(magic), make([]byte, saltLen)...)
	salt := b[len(magic):]
	rand.Read(salt)
	seal := newSeal(secret, salt)
	return appendFrame(b, seal, 0, entries), seal
}

func appendFrame(b []byte, seal cipher.AEAD, number uint32, entries []byte) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint32(append(b, frameMagic...), number)
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)+seal.Overhead()))
	return seal.Seal(b, nil, entries, bytes.Clone(b[at:]))
}

// frame opens the frame of that number at the beginning of b, and says how long
// it is; false where it is not whole.
func frame(b []byte, seal cipher.AEAD, number uint32) (entries []byte, length int, ok bool) {
	if len(b) < headLen || string(b[:len(frameMagic)]) != frameMagic || binary.BigEndian.Uint32(b[4:]) != number {
		return nil, 0, false
	}
	length = headLen + int(binary.BigEndian.Uint32(b[8:]))
	if length > len(b) {
		return nil, 0, false
	}
	entries, err := seal.Open(nil, nil, b[headLen:length], b[:headLen])
	return entries, length, err == nil
}

// append writes a frame and makes it durable.
func (s *sealed) append(entries []byte) error {
	if _, err := s.file.Write(appendFrame(nil, s.seal, s.next, entries)); err != nil {
		return err
	}
	s.next++
	return s.file.Sync()
}

func (s *sealed) close() error { return s.file.Close() }

var (
	errForeign = errors.New("is not a token table")
	errKey     = errors.New("is sealed with another key")
	errDamaged = errors.New("is damaged")
)

// content is what a file holds.
type content struct {
	key  int // which of the keys opens it
	seal cipher.AEAD
	next uint32 // the number of the next frame
	size int64  // up to the end of the last whole frame
	torn bool   // something follows that is no whole frame
}

// open reads a file with whichever of the keys is its own.
func open(text []byte, keys [][32]byte, visit func(scope string, value []byte, token Token)) (c content, err error) {
	rest, ours := bytes.CutPrefix(text, []byte(magic))
	if !ours || len(rest) < saltLen {
		return c, errForeign
	}
	salt, frames := rest[:saltLen], rest[saltLen:]
	var entries []byte
	length, ok := 0, false
	for i := len(keys) - 1; i >= 0 && !ok; i-- {
		c.key, c.seal = i, newSeal(keys[i], salt)
		entries, length, ok = frame(frames, c.seal, 0)
	}
	if !ok {
		return c, errKey
	}
	for ok {
		if !eachEntry(entries, visit) {
			return c, errDamaged
		}
		c.next++
		frames = frames[length:]
		entries, length, ok = frame(frames, c.seal, c.next)
	}
	c.size, c.torn = int64(len(text)-len(frames)), len(frames) > 0
	if c.torn && c.follows(frames) {
		return c, errDamaged
	}
	return c, nil
}

// follows says whether behind what is no whole frame there is a later one: then
// it is no crash that has torn it.
func (c *content) follows(b []byte) bool {
	for {
		_, after, found := bytes.Cut(b, []byte(frameMagic))
		if !found {
			return false
		}
		b = b[len(b)-len(after)-len(frameMagic):]
		if len(b) >= headLen {
			if number := binary.BigEndian.Uint32(b[4:]); number >= c.next {
				if _, _, ok := frame(b, c.seal, number); ok {
					return true
				}
			}
		}
		b = b[len(frameMagic):]
	}
}

// appending opens the file to append to what it holds.
func (c *content) appending(path string) (*sealed, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(c.size, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &sealed{f, c.seal, c.next}, nil
}
