package kafka

import (
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
)

func TestCommands(t *testing.T) {
	c := New().(*Config)
	c.Brokers = []string{"a:1", "b:2"}
	w := Wanted{Partitions: 12, Replication: 3, Settings: map[string]string{"retention.ms": "1", "min.insync.replicas": "2", "x": "it's; rm"}}
	if got := c.Commands([]string{"events"}, w); !slices.Equal(got, []string{
		`kafka-topics.sh --bootstrap-server a:1,b:2 --create --if-not-exists --topic events --partitions 12 --replication-factor 3 --config min.insync.replicas=2 --config retention.ms=1 --config 'x=it'\''s; rm'`,
	}) {
		t.Errorf("%q", got)
	}
	c.TLS, c.SASL = &tlsfiles.Config{}, kafkasasl.Config{Mechanism: "plain", Username: "an agent"}
	got := strings.Join(c.Commands([]string{"a", "b"}, Wanted{Partitions: 1, Replication: 1}), "\n")
	for _, part := range []string{"--command-config client.properties --create", "--allow-principal 'User:an agent' --operation Write --operation Describe --topic b"} {
		if !strings.Contains(got, part) {
			t.Errorf("without %q:\n%s", part, got)
		}
	}
}

// TestRefusedTopics: every refusal says what to do, and by which name Kafka calls it.
func TestRefusedTopics(t *testing.T) {
	for code, say := range map[kafka.Error]string{
		kafka.TopicAuthorizationFailed: "--operation Create", kafka.ClusterAuthorizationFailed: "--print",
		kafka.InvalidReplicationFactor: "has 2 brokers", kafka.InvalidPartitionNumber: "--partitions", kafka.InvalidConfiguration: "--set",
		kafka.InvalidTopic: "correct topic", kafka.PolicyViolation: "ask which", kafka.RequestTimedOut: "run this again", kafka.Unknown: "log of the brokers",
	} {
		if got := refusedTopic("events", code, 2).Error(); !strings.HasPrefix(got, "topic events: ") || !strings.Contains(got, say) || !strings.Contains(got, "Kafka's error") {
			t.Errorf("%d: %q", code, got)
		}
	}
}
