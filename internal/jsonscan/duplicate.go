package jsonscan

import "bytes"

// fewMembers is up to how many members an object is searched member by
// member where the Bloom filter says "perhaps"; larger objects are judged at
// their end by a table, so that no line costs the square of its length.
const fewMembers = 64

// clashes reports whether an earlier member of the object at tok has the name
// of key, which is not on the tape yet.
func clashes(line []byte, tape []Token, tok uint32, key *Token) bool {
	for i := tok + 1; int(i) < len(tape); i = tape[i].Next {
		if sameName(line, &tape[i], key) {
			return true
		}
	}
	return false
}

func sameName(line []byte, a, b *Token) bool {
	if a.Name != 0 || b.Name != 0 {
		return a.Name == b.Name
	}
	if (a.Flags|b.Flags)&KeyEscaped == 0 {
		return bytes.Equal(a.Key(line), b.Key(line))
	}
	return string(AppendText(nil, a.Key(line))) == string(AppendText(nil, b.Key(line)))
}

// hasDuplicate judges a whole object of many members.
func hasDuplicate(line []byte, tape []Token, tok uint32) bool {
	seen := map[string]struct{}{}
	var buf []byte
	for i := tok + 1; i < tape[tok].Next; i = tape[i].Next {
		t := &tape[i]
		name := t.Key(line)[1 : t.KeyLen-1]
		if t.Flags&KeyEscaped != 0 {
			buf = AppendText(buf[:0], t.Key(line))
			name = buf
		}
		if _, ok := seen[string(name)]; ok {
			return true
		}
		seen[string(name)] = struct{}{}
	}
	return false
}
