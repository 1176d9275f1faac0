package filters

// Piece is a part of a Template, for kinds of outputs that check it against
// the names that their destination takes.
type Piece struct {
	Place  string // what stands in the braces: schema, version, __event_id__ or a member; "" for a text
	Text   string // the text, or the place's default
	OrElse bool   // Text is a default
}

// Mistakes are why the template cannot be read, such as a brace that is missing;
// each begins with Use.
func (t Template) Mistakes() []error {
	t.Closed = false // which places it may have is said where the schemas are known
	_, _, errs := parseTemplates([]Template{t})
	return errs
}

// Pieces are the parts of the template, as far as it can be read; what cannot
// is among Mistakes.
func (t Template) Pieces() []Piece {
	var pieces []Piece
	for rest := t.Text; rest != ""; {
		p, place, after, err := nextPart(rest)
		if err != nil {
			return pieces
		}
		rest = after
		switch p.kind {
		case literal:
			pieces = append(pieces, Piece{Text: p.text})
		case schemaID:
			pieces = append(pieces, Piece{Place: "schema"})
		case schemaVersion:
			pieces = append(pieces, Piece{Place: "version"})
		case eventID:
			pieces = append(pieces, Piece{Place: "__event_id__"})
		case eventPlace:
			pieces = append(pieces, Piece{place, p.text, p.orElse})
		}
	}
	return pieces
}
