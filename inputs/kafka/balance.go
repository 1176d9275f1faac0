package kafka

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go"
)

// balancer shares the partitions out so that in the groups of all outputs each
// agent gets the same ones, since its outputs then share one reading of them;
// and an agent that comes back gets those that it had, where its cursor stands.
// Members go by a number that the agent keeps, not by the one that the brokers
// give them, which is another in each group.
type balancer struct {
	identity uint64
	dealt    func(counts map[string]int) // told what there was to deal out, in the one member that does it
}

// ProtocolName is how the members of a group agree on it.
func (balancer) ProtocolName() string { return "jupyter-events-agent" }

// UserData is what the leader of the group gets of each member.
func (b balancer) UserData() ([]byte, error) {
	return binary.BigEndian.AppendUint64(nil, b.identity), nil
}

// AssignGroups deals the partitions out, one by one.
func (b balancer) AssignGroups(members []kafka.GroupMember, partitions []kafka.Partition) kafka.GroupMemberAssignments {
	out := make(kafka.GroupMemberAssignments, len(members))
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b kafka.GroupMember) int {
		return cmp.Or(bytes.Compare(a.UserData, b.UserData), strings.Compare(a.ID, b.ID))
	})
	partitions = slices.Clone(partitions)
	slices.SortFunc(partitions, func(a, b kafka.Partition) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
	})
	for _, m := range members {
		out[m.ID] = map[string][]int{}
	}
	turn, counts := 0, map[string]int{}
	for _, p := range partitions {
		counts[p.Topic]++
		for range members { // the next who follows the topic
			m := &members[turn%len(members)]
			turn++
			if slices.Contains(m.Topics, p.Topic) {
				out[m.ID][p.Topic] = append(out[m.ID][p.Topic], p.ID)
				break
			}
		}
	}
	b.dealt(counts)
	return out
}
