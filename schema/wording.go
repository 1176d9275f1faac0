package schema

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// wording is what a document says of which events are valid. It is worked out
// when it is asked for: most loadings compare nothing.
type wording struct {
	document               // the root and the draft alone
	refs       []reference // by from
	essence    func() any
	sum        func() [sha256.Size]byte // of the draft and the essence
	identities func() []string          // ids and anchors in it, with where, sorted
}

// reference is a $ref in a document.
type reference struct {
	from string   // pointer to the schema that has it
	to   *wording // the document that it leads into,
	at   string   // and the pointer there
}

// wordings makes those of all documents, once link has found what refers to what.
func (l *loading) wordings() {
	l.worded = map[*document]*wording{}
	for _, d := range l.docs {
		w := &wording{document: document{root: d.root, draft: d.draft}}
		w.essence = sync.OnceValue(func() any { return whole(w.root) })
		w.sum = sync.OnceValue(func() [sha256.Size]byte {
			return sha256.Sum256(fmt.Appendln(nil, w.draft, compact(w.essence())))
		})
		w.identities = sync.OnceValue(func() []string {
			all := identities(nil, "", w.essence())
			slices.Sort(all)
			return all
		})
		l.worded[d] = w
	}
	for d, w := range l.worded {
		for pointer, from := range d.locs {
			if to := from.refs; to != nil {
				w.refs = append(w.refs, reference{pointer, l.worded[to.doc], to.pointer})
			}
		}
		slices.SortFunc(w.refs, func(a, b reference) int { return strings.Compare(a.from, b.from) })
	}
}

// identities appends what is called by an id or anchor: any text that may be one.
func identities(to []string, at string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		for keyword, v := range v {
			if text, ok := v.(string); ok && slices.Contains([]string{"$id", "id", "$anchor", "$dynamicAnchor"}, keyword) {
				to = append(to, step(at, keyword)+" "+text)
			}
			to = identities(to, step(at, keyword), v)
		}
	case []any:
		for i, v := range v {
			to = identities(to, step(at, fmt.Sprint(i)), v)
		}
	}
	return to
}
