package signkey

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"jupyter-events-agent/internal/atomicfile"
)

// PublicSuffix is the end of the name of the public keys' file.
const PublicSuffix = ".pub"

const (
	longest     = 1 << 20 // bytes; a longer file is the wrong one
	privateType = "PRIVATE KEY"
	publicType  = "PUBLIC KEY"
)

// Key is a private key with its public one.
type Key struct {
	Private ed25519.PrivateKey
	Public  Public
}

// Public is a public key.
type Public struct {
	Key ed25519.PublicKey
	ID  string // the first 16 hexadecimal digits of the SHA-256 of its DER (SPKI)
}

// PublicOf names a public key.
func PublicOf(key ed25519.PublicKey) Public {
	sum := sha256.Sum256(der(key))
	return Public{Key: key, ID: hex.EncodeToString(sum[:8])}
}

// DER is the public key as SPKI.
func (p Public) DER() []byte { return der(p.Key) }

// ParseDER is a public key of its SPKI.
func ParseDER(b []byte) (Public, bool) {
	parsed, err := x509.ParsePKIXPublicKey(b)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return Public{}, false
	}
	return PublicOf(key), true
}

func der(key ed25519.PublicKey) []byte {
	b, _ := x509.MarshalPKIXPublicKey(key) // cannot fail for this kind of key
	return b
}

// PEM is the public key as SPKI in PEM.
func (p Public) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: publicType, Bytes: der(p.Key)})
}

// New makes a file, 0600, with one private key, and the file of its public key
// beside it. It replaces no file.
func New(path string) (Public, error) {
	block, public, err := generate()
	if err == nil {
		err = atomicfile.Create(path, block, 0o600)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return public, fmt.Errorf("make the signing key %s: there is a file already, and no key is ever replaced: name another, or add a key to it with key rotate --signing", path)
	case err != nil:
		return public, fmt.Errorf("make the signing key %s: %w: make its folder, or name another file", path, reason(err))
	}
	return public, publish(path, []Public{public})
}

// Rotate adds a private key to the file, which signs from the next start of
// the agent on, and its public key to the file beside it.
func Rotate(path string) (Public, error) {
	keys, err := Read(path)
	if err != nil {
		return Public{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Public{}, fmt.Errorf("add a signing key to %s: %w", path, reason(err))
	}
	block, public, err := generate()
	if err == nil {
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		err = atomicfile.Write(path, append(text, block...), 0o600, nil)
	}
	if err != nil {
		return Public{}, fmt.Errorf("add a signing key to %s: %w: let this user write it and its folder", path, reason(err))
	}
	all := make([]Public, 0, len(keys)+1)
	for _, k := range keys {
		all = append(all, k.Public)
	}
	return public, publish(path, append(all, public))
}

// generate makes a key.
func generate() ([]byte, Public, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, Public{}, err
	}
	b, err := x509.MarshalPKCS8PrivateKey(private)
	return pem.EncodeToMemory(&pem.Block{Type: privateType, Bytes: b}), PublicOf(public), err
}

// publish writes the file of the public keys.
func publish(path string, keys []Public) error {
	var text []byte
	for _, k := range keys {
		text = append(text, k.PEM()...)
	}
	if err := atomicfile.Write(path+PublicSuffix, text, 0o644, nil); err != nil {
		return fmt.Errorf("write the public key %s: %w: see its folder, then get it with key public %s", path+PublicSuffix, reason(err), path)
	}
	return nil
}

// Read is the private keys of a file, the oldest first; one at least. A file
// that others can read or change is refused.
func Read(path string) ([]Key, error) {
	failed := func(err error, step string) ([]Key, error) {
		return nil, fmt.Errorf("read the signing key %s: %w: %s", path, reason(err), step)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed(err, "make it with jupyter-events-agent key new --signing "+path)
	case err != nil:
		return failed(err, "let this user read it")
	// Windows has no such bits: there the folder's access list counts.
	case info.Mode().Perm()&0o037 != 0 && runtime.GOOS != "windows":
		return failed(fmt.Errorf("it is open to others (mode %04o)", info.Mode().Perm()), "run chmod 600 "+path+", and if others may have read it make a new one")
	}
	blocks, err := readBlocks(path, info)
	if err != nil {
		return failed(err, "name the file that key new --signing made")
	}
	var keys []Key
	for _, block := range blocks {
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := parsed.(ed25519.PrivateKey)
		if err != nil || !ok || block.Type != privateType {
			return failed(fmt.Errorf("what it holds is not an Ed25519 private key as PKCS #8 (block %q)", block.Type), "name the file that key new --signing made")
		}
		public, _ := private.Public().(ed25519.PublicKey)
		keys = append(keys, Key{private, PublicOf(public)})
	}
	return keys, nil
}

// ReadPublic is the public keys of a file, the oldest first; one at least.
func ReadPublic(path string) ([]Public, error) {
	failed := func(err error, step string) ([]Public, error) {
		return nil, fmt.Errorf("read the public key %s: %w: %s", path, reason(err), step)
	}
	info, err := os.Stat(path)
	if err != nil {
		return failed(err, "name the file that key new --signing made beside the key, FILE"+PublicSuffix)
	}
	blocks, err := readBlocks(path, info)
	if err != nil {
		return failed(err, "name the file FILE"+PublicSuffix+" that key new --signing made")
	}
	var keys []Public
	for _, block := range blocks {
		if block.Type == privateType {
			return failed(errors.New("this is the private key, which stays with the agent"), "name the public one, FILE"+PublicSuffix)
		}
		public, ok := ParseDER(block.Bytes)
		if !ok {
			return failed(fmt.Errorf("what it holds is not an Ed25519 public key as SPKI (block %q)", block.Type), "name the file FILE"+PublicSuffix+" that key new --signing made")
		}
		keys = append(keys, public)
	}
	return keys, nil
}

// readBlocks is the PEM blocks of a file, and nothing else may be in it.
func readBlocks(path string, info fs.FileInfo) (blocks []*pem.Block, err error) {
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a plain file")
	}
	if info.Size() > longest {
		return nil, errors.New("it is longer than 1 MiB")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, errors.New("it is not a key in PEM")
		}
		blocks, text = append(blocks, block), rest
	}
	if len(blocks) == 0 {
		return nil, errors.New("it holds no key")
	}
	return blocks, nil
}

// reason is the error without the path, which the message has already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
