package schema

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/BurntSushi/toml"
)

// Lock is what the schemas said about categories when somebody last looked:
// the schemas come with packages, so an upgrade changes what leaves.
type Lock struct {
	schemas []locked
}

// locked is one schema of a lock file.
type locked struct {
	ID            string              `toml:"id"`
	Version       string              `toml:"version"`
	Hash          string              `toml:"hash"`
	Uncategorised []string            `toml:"uncategorised,omitempty"`
	Properties    map[string][]string `toml:"properties,omitempty"`
}

// lockFile is the file's form.
type lockFile struct {
	Format int      `toml:"format"`
	Schema []locked `toml:"schema"`
}

const lockFormat = 2

// Lock is the present state of all schemas, overlays and aliases included.
func (r *Registry) Lock() *Lock {
	l := &Lock{}
	for _, s := range r.schemas {
		k := locked{ID: s.id, Version: s.version, Hash: s.hash(), Properties: map[string][]string{}}
		for name, p := range s.properties() {
			if p.Categorised {
				k.Properties[name] = append([]string{}, p.Categories...)
			} else {
				k.Uncategorised = append(k.Uncategorised, name)
			}
		}
		slices.Sort(k.Uncategorised)
		l.schemas = append(l.schemas, k)
	}
	return l
}

// properties are the places by identity, with what is no part of one behind it.
// Undeclared places that add no category are none.
func (s *Schema) properties() map[string]*Place {
	all := map[string]*Place{}
	for i := int(Root) + 1; i < len(s.places); i++ {
		p := &s.places[i]
		if p.Conditional && len(p.Categories) == 0 {
			continue
		}
		name := p.Identity
		if p.Conditional {
			name += conditionally
		}
		all[name] = p
	}
	return all
}

// conditionally marks what only conditional ways reach.
const conditionally = " (conditional)"

// hash changes with whatever the schema's own documents say, and with what is
// said elsewhere of its places: which values they may have, and their categories.
func (s *Schema) hash() string {
	h := sha256.New()
	h.Write(s.digest[:])
	for i := range s.places {
		p := &s.places[i]
		fmt.Fprintf(h, "%q %d %v %v %d %v %q %v %q\n", p.Identity, p.Kind, p.Conditional, p.Categorised, p.Types, p.Closed, p.Enum, p.Required, p.Categories)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// digest is over what the documents of one schema say.
func digest(docs []*document) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, d := range docs {
		fmt.Fprintf(h, "%s\n", compact(d.root))
	}
	h.Sum(sum[:0])
	return sum
}

// Text is the lock file.
func (l *Lock) Text() []byte {
	var b bytes.Buffer
	b.WriteString("# Written by \"jupyter-events-agent schema lock\": the categories of every property, as they were when\n" +
		"# somebody last looked. \"schema diff\" says what has changed since; \"check\" fails where a property has\n" +
		"# lost a category, or a new one has none.\n")
	e := toml.NewEncoder(&b)
	e.Indent = ""
	_ = e.Encode(lockFile{lockFormat, l.schemas}) // texts always encode
	return b.Bytes()
}

// ReadLock reads a lock file's text.
func ReadLock(text []byte) (*Lock, error) {
	var f lockFile
	meta, err := toml.Decode(string(text), &f)
	switch {
	case err != nil:
		return nil, errors.New("is no lock file: write it anew with schema lock")
	case f.Format != lockFormat:
		return nil, fmt.Errorf("has the format %d and this version reads %d: write it anew with schema lock", f.Format, lockFormat)
	case len(meta.Undecoded()) > 0:
		return nil, fmt.Errorf("has the unknown key %q: write it anew with schema lock", meta.Undecoded()[0].String())
	}
	return &Lock{f.Schema}, nil
}
