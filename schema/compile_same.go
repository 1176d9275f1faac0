package schema

import "encoding/binary"

// same is the place that stands for the same already: one above, since a
// schema that refers to itself is followed along the event and not expanded;
// and where there are many places, any one below the same top-level member.
func (b *builder) same(parent PlaceID, key string) PlaceID {
	for above := parent; above > Root; above = b.places[above].Parent {
		b.work++
		if b.keys[above] == key {
			return above
		}
	}
	if len(b.places) >= ownPlaces {
		return b.known[topKey(b.tops[parent], key)]
	}
	return Undeclared
}

func topKey(top PlaceID, key string) string {
	return string(binary.LittleEndian.AppendUint16(nil, top)) + key
}

// key is what makes two places the same: what describes them and the
// categories that follow.
func key(p *Place, g *group) string {
	k := []byte{byte(p.Kind), 0, 0, 0}
	if p.Conditional {
		k[1] = 1
	}
	if p.Required {
		k[2] = 1
	}
	if p.Vague {
		k[3] = 1
	}
	k = append(append(k, p.Name...), 0)
	for _, w := range g.ways {
		k = binary.AppendUvarint(k, uint64(w.at.n)<<2+uint64(w.force)+1)
	}
	k = append(k, 0)
	for _, o := range g.over {
		k = binary.AppendUvarint(k, uint64(o.n))
	}
	k = append(k, 0)
	if p.Categorised {
		k = append(k, 1)
	}
	for _, c := range p.Categories {
		k = append(append(k, c...), 0)
	}
	return string(k)
}
