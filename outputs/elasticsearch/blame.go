package elasticsearch

import (
	"context"

	"jupyter-events-agent/filters"
)

// decoy is a document that no index takes, as its one member is called like a
// field of the server's own. It is refused as a document only where all that
// comes before is in order: an index that can be made, a pipeline that is there.
const decoy = `{"_source":0}`

// blame finds out whose fault it is where what was said of a record could mean
// both. It is the record's own where the same index took another one of the
// batch, or refused it as a document. Else a decoy is sent there. Where it is
// refused as a document, or stored, as an index that maps nothing at all (enabled:
// false) does, the index takes documents. Where it is not, the index takes none
// now, or its pipeline refuses what lacks a field that it reads: the decoy's answer
// counts for the record, which waits for others beside it.
func (o *output) blame(ctx context.Context, batch []filters.Record, items []bulkItem) error {
	var doubts []int
	takes := map[string]bool{}
	for i := range items {
		switch v, _ := items[i].verdict(); v {
		case fine, rejected:
			takes[o.index(&batch[i])] = true
		case doubtful:
			doubts = append(doubts, i)
		}
	}
	asked := map[string]int{} // the place of an index's decoy
	var body []byte
	for _, i := range doubts {
		index := o.index(&batch[i])
		if _, known := asked[index]; known || takes[index] {
			continue
		}
		asked[index] = len(asked)
		body = o.documents.appendDecoy(body, index)
	}
	var said []bulkItem
	if len(asked) > 0 {
		var err error
		if said, err = o.send(ctx, body, len(asked)); err != nil {
			return err
		}
	}
	for _, i := range doubts {
		index := o.index(&batch[i])
		items[i].own = takes[index] || said == nil
		if items[i].own {
			continue
		}
		switch v, _ := said[asked[index]].verdict(); v {
		case fine, rejected:
			items[i].own = true
		default:
			items[i] = said[asked[index]]
		}
	}
	return nil
}

// index is what a record's own index is made of; "" where all go to one.
func (o *output) index(r *filters.Record) string {
	if !o.documents.routed {
		return ""
	}
	name, _ := r.Field(fieldIndex)
	return string(name)
}

// appendDecoy appends a decoy and its action, without an id: it must never
// stand in a record's place.
func (d *documents) appendDecoy(b []byte, index string) []byte {
	b = append(b, `{"create":{`...)
	if d.routed {
		b = append(appendIndex(append(b, `"_index":"`...), []byte(index)), '"')
	}
	return append(b, "}}\n"+decoy+"\n"...)
}
