package chain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"

	"jupyter-events-agent/internal/signkey"
)

// Kind says why a line was signed.
type Kind string

// The kinds of signed lines.
const (
	Open    Kind = "open"   // the agent has started
	Regular Kind = "seal"   // so many records, or so much time
	Rotate  Kind = "rotate" // the file ends here, the chain goes on in the next
	Close   Kind = "close"  // the agent has stopped
	Key     Kind = "key"    // another key signs from here on: next
)

// version of the form.
const version = 1

// seal is a signed line's content. Its members are in the order of RFC 8785.
type seal struct {
	Chain     string `json:"chain"`
	Key       string `json:"key"` // that signs
	Kind      Kind   `json:"kind"`
	Next      string `json:"next,omitempty"` // public key, SPKI in base64
	Output    string `json:"output"`
	Prev      string `json:"prev"`
	Seq       uint64 `json:"seq"`
	Settled   uint64 `json:"settled"`
	Signature string `json:"signature,omitempty"`
	Time      string `json:"time"`
	V         int    `json:"v"`
	Within    int64  `json:"within"` // seconds after which the next signature comes at the latest
}

const timeForm = "2006-01-02T15:04:05.000000Z"

// beginning is how the lines of the chain's own begin; no record does.
const beginning = `{"__audit__":{`

// canonical is the line, without its end, by RFC 8785.
func (s *seal) canonical() ([]byte, error) {
	b, err := json.Marshal(struct {
		Audit *seal `json:"__audit__"`
	}{s})
	if err != nil {
		return nil, err
	}
	return jcs.Transform(b)
}

// unsigned is what is signed: the line by RFC 8785 without its signature.
func (s seal) unsigned() ([]byte, error) {
	s.Signature = ""
	return s.canonical()
}

// Seal appends a signed line. Where the last key of the file is not the one
// that signed before, and that one is there still, it hands over first.
func (c *Chain) Seal(out []byte, kind Kind, now time.Time) ([]byte, error) {
	last := c.keys[len(c.keys)-1]
	for i := range c.keys[:len(c.keys)-1] {
		if c.keys[i].Public.ID != c.key {
			continue
		}
		var err error
		if out, err = c.seal(out, Key, now, c.keys[i], &c.keys[i+1].Public); err != nil {
			return nil, err
		}
		c.key = c.keys[i+1].Public.ID
	}
	out, err := c.seal(out, kind, now, last, nil)
	if err == nil {
		c.key = last.Public.ID
	}
	return out, err
}

func (c *Chain) seal(out []byte, kind Kind, now time.Time, by signkey.Key, next *signkey.Public) ([]byte, error) {
	s := seal{
		Chain: c.id, Key: by.Public.ID, Kind: kind, Output: c.output, Prev: hex.EncodeToString(c.hash[:]), Seq: c.seq + 1,
		Settled: c.settled, Time: now.UTC().Format(timeForm), V: version, Within: int64(c.within / time.Second),
	}
	if next != nil {
		s.Next = base64.StdEncoding.EncodeToString(next.DER())
	}
	text, err := s.unsigned()
	if err != nil {
		return nil, fmt.Errorf("sign the audit file: %w", err)
	}
	s.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(by.Private, text))
	if text, err = s.canonical(); err != nil {
		return nil, fmt.Errorf("sign the audit file: %w", err)
	}
	c.seq++
	c.hash = sha256.Sum256(text)
	return append(append(out, text...), '\n'), nil
}

// readSeal reads a line of the chain's own. It takes exactly what Seal writes:
// one form alone stands for each content.
func readSeal(line []byte) (*seal, error) {
	var read struct {
		Audit seal `json:"__audit__"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return nil, err
	}
	s := &read.Audit
	same, err := s.canonical()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(line, same) {
		return nil, errors.New("it is not in canonical form")
	}
	return s, nil
}

// signedBy reports whether the signature is that of the key.
func (s *seal) signedBy(key ed25519.PublicKey) bool {
	if len(s.Signature) != base64.StdEncoding.EncodedLen(ed25519.SignatureSize) {
		return false // the decoder would pass over line ends: the same signature in another form
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(s.Signature)
	if err != nil {
		return false
	}
	text, err := s.unsigned()
	return err == nil && ed25519.Verify(key, text, signature)
}
