//go:build real

package kafka

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/servers"
)

// TestRealSetup: topics are made as wanted, once, and what is there stays as it is.
func TestRealSetup(t *testing.T) {
	s := servers.Kafka(t)
	c := New().(*Config)
	c.Brokers = []string{s.Plain}
	name := fmt.Sprintf("setup-%d", topics.Add(1))
	newRealTopic(t, s, name+"-old", 2, nil)
	w := Wanted{Partitions: 4, Replication: 1, Settings: map[string]string{"max.message.bytes": "12345"}}
	said, err := c.Create(t.Context(), []string{name + "-new", name + "-old"}, w)
	if text := strings.Join(said, "\n"); err != nil || !strings.Contains(text, name+"-new: made, 4 partitions") || !strings.Contains(text, name+"-old: is there, 2 partitions, fewer than 4") {
		t.Fatal(said, err)
	}
	await(t, s, name+"-new", 4)
	client := &kafka.Client{Addr: kafka.TCP(s.Plain)}
	described, err := client.DescribeConfigs(t.Context(), &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: name + "-new", ConfigNames: []string{"max.message.bytes"},
	}}})
	if err != nil || described.Resources[0].ConfigEntries[0].ConfigValue != "12345" {
		t.Errorf("the setting is not there: %+v, %v", described, err)
	}
	said, err = c.Create(t.Context(), []string{name + "-new"}, w)
	if err != nil || len(said) != 1 || !strings.HasSuffix(said[0], "is there, 4 partitions") {
		t.Errorf("again: %q, %v", said, err)
	}
}

// TestRealSetupRefusals say what to do, and what else could be made is there.
func TestRealSetupRefusals(t *testing.T) {
	s := servers.Kafka(t)
	c := New().(*Config)
	c.Brokers = []string{s.Plain}
	name := fmt.Sprintf("setup-%d", topics.Add(1))
	for _, test := range []struct {
		want Wanted
		say  string
	}{
		{Wanted{Partitions: 1, Replication: 3}, "the cluster has 1 brokers"},
		{Wanted{Partitions: 1, Replication: 1, Settings: map[string]string{"no.such": "1"}}, "correct --set"},
	} {
		if said, err := c.Create(t.Context(), []string{name}, test.want); err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%q, %v, want %q", said, err, test.say)
		}
	}
	c.Brokers = []string{"127.0.0.1:1"}
	if _, err := c.Create(t.Context(), []string{name}, Wanted{Partitions: 1, Replication: 1}); err == nil {
		t.Error("a topic in no cluster")
	}
}
