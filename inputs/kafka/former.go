package kafka

import (
	"context"
	"encoding/binary"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/kafkaconn"
)

// An agent that crashed is still a member of its groups until the brokers miss
// it, and its partitions wait for that long. So each reader remembers which
// member it is, and the next run tells the group that this one has gone.

// formerID is the stream under which the store has a group's member.
func formerID(group string) uint64 { return streamOf("member of", spot{topic: group}) }

// remember has the store keep who the reader is in its group now.
func (r *reader) remember(member string) {
	r.in.env().Store.Keep(checkpoint.Stream{ID: formerID(r.name), Path: member})
}

// evict ends the membership of the run before, if it still lasts. That it could
// not costs sessionTime.
func (r *reader) evict(ctx context.Context) {
	former, ok := r.in.env().Store.Find(formerID(r.name))
	if !ok || r.in.cluster.refresh(ctx) != nil {
		return
	}
	coordinator, err := r.in.cluster.coordinator(ctx, r.name)
	if err != nil {
		return
	}
	conn, err := coordinator.take(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	if conn.Send(ctx, leave(r.name, former.Path)) == nil {
		var answer [14]byte // its length, a number, a wait, an error: whatever it is
		_ = conn.Receive(ctx, sessionTime, answer[:])
	}
}

// leave is a LeaveGroup request of version 2. Those of kafka-go are of version
// 4, with an array of members that brokers cannot read.
func leave(group, member string) []byte {
	order := binary.BigEndian
	b := order.AppendUint32(nil, 0)
	b = order.AppendUint16(b, 13)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(b, correlation)
	for _, text := range []string{kafkaconn.ClientID, group, member} {
		b = append(order.AppendUint16(b, uint16(len(text))), text...)
	}
	order.PutUint32(b, uint32(len(b)-4))
	return b
}
