package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkaconn"
)

// Wanted is what topics are to be made like.
type Wanted struct {
	Partitions  int
	Replication int               // copies of each partition
	Settings    map[string]string // Kafka's own, such as retention.ms
}

// mostTopics is how many topics a template may stand for.
const mostTopics = 100

// Topics are the topics that records of a filter may go to, sorted.
func (c *Config) Topics(f *filters.Filter) ([]string, error) {
	if c.constant() {
		return []string{c.Topic}, nil
	}
	texts, ok := f.Fillings(0, mostTopics)
	if !ok {
		return nil, fmt.Errorf("topic: stands for more than %d topics: take a place with fewer values, or fewer schemas in policy.schemas", mostTopics)
	}
	names := make([]string, 0, len(texts))
	for _, text := range texts {
		names = append(names, topicName([]byte(text)))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Commands are the commands of Kafka's own tools that make the topics and let
// the agent's user write to them.
func (c *Config) Commands(topics []string, w Wanted) []string {
	at := " --bootstrap-server " + shell(strings.Join(c.Brokers, ","))
	if c.TLS != nil || c.SASL.Mechanism != "" {
		at += " --command-config client.properties"
	}
	var all []string
	for _, name := range topics {
		line := fmt.Sprintf("kafka-topics.sh%s --create --if-not-exists --topic %s --partitions %d --replication-factor %d", at, name, w.Partitions, w.Replication)
		for _, key := range slices.Sorted(maps.Keys(w.Settings)) {
			line += " --config " + shell(key+"="+w.Settings[key])
		}
		all = append(all, line)
		if c.SASL.Username != "" {
			all = append(all, fmt.Sprintf("kafka-acls.sh%s --add --allow-principal %s --operation Write --operation Describe --topic %s", at, shell("User:"+c.SASL.Username), name))
		}
	}
	return all
}

// shell is a word of a command line.
func shell(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool { return !legal(r) && !strings.ContainsRune(":,=", r) }) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// Create makes the topics that the cluster does not have; those that are there
// are left as they are. What it returns says what was done, a line each; the
// error is of what could not be, and the other topics are there.
func (c *Config) Create(ctx context.Context, topics []string, w Wanted) (said []string, err error) {
	connection := c.connection()
	dialer, err := connection.Open()
	if err != nil {
		return nil, err
	}
	k := newCluster(dialer, c.Brokers)
	defer k.close()
	answer, err := k.describe(ctx, topics)
	if err != nil {
		return nil, err
	}
	var missing []string
	var failed []error
	for i := range answer.Topics {
		switch t := &answer.Topics[i]; kafka.Error(t.ErrorCode) {
		case kafka.UnknownTopicOrPartition, kafka.TopicAuthorizationFailed: // the latter also where it is not there
			missing = append(missing, t.Name)
		case 0, kafka.LeaderNotAvailable:
			said = append(said, there(t.Name, len(t.Partitions), w))
		default:
			failed = append(failed, refusedTopic(t.Name, kafka.Error(t.ErrorCode), len(answer.Brokers)))
		}
	}
	if len(missing) == 0 {
		return said, errors.Join(failed...)
	}
	made, err := k.create(ctx, answer, missing, w)
	if err != nil {
		return said, err
	}
	for i := range made.Topics {
		switch t := &made.Topics[i]; kafka.Error(t.ErrorCode) {
		case 0:
			said = append(said, fmt.Sprintf("topic %s: made, %d partitions, %d replicas", t.Name, w.Partitions, w.Replication))
		case kafka.TopicAlreadyExists:
			said = append(said, fmt.Sprintf("topic %s: is there", t.Name))
		default:
			failed = append(failed, refusedTopic(t.Name, kafka.Error(t.ErrorCode), len(answer.Brokers)))
		}
	}
	return said, errors.Join(failed...)
}

// there says of a topic that it was there.
func there(name string, partitions int, w Wanted) string {
	line := fmt.Sprintf("topic %s: is there, %d partitions", name, partitions)
	if partitions < w.Partitions {
		line += fmt.Sprintf(", fewer than %d: kafka-topics.sh --alter --topic %s --partitions %d adds some", w.Partitions, name, w.Partitions)
	}
	return line
}

// describe asks what there is of topics, and makes none.
func (c *cluster) describe(ctx context.Context, topics []string) (*metadata.Response, error) {
	m, err := c.any(ctx, &metadata.Request{TopicNames: topics})
	if err != nil {
		return nil, err
	}
	answer, ok := m.(*metadata.Response)
	if !ok {
		return nil, kafkaconn.ErrNotKafka
	}
	c.learn(answer)
	return answer, nil
}

// creationTime is how long the brokers may take to make topics, in milliseconds.
const creationTime = 20_000

// create asks the controller, which another broker may have become meanwhile.
func (c *cluster) create(ctx context.Context, known *metadata.Response, topics []string, w Wanted) (*createtopics.Response, error) {
	request := &createtopics.Request{TimeoutMs: creationTime}
	for _, name := range topics {
		t := createtopics.RequestTopic{Name: name, NumPartitions: int32(w.Partitions), ReplicationFactor: int16(w.Replication)}
		for _, key := range slices.Sorted(maps.Keys(w.Settings)) {
			t.Configs = append(t.Configs, createtopics.RequestConfig{Name: key, Value: w.Settings[key]})
		}
		request.Topics = append(request.Topics, t)
	}
	for again := true; ; again = false {
		controller := c.brokers[known.ControllerID]
		if controller == nil {
			return nil, errors.New("the cluster has no controller now: see whether all its brokers run, and try again")
		}
		m, _, err := c.ask(ctx, controller, request)
		if err != nil {
			return nil, err
		}
		made, ok := m.(*createtopics.Response)
		switch {
		case !ok:
			return nil, kafkaconn.ErrNotKafka
		case again && len(made.Topics) > 0 && kafka.Error(made.Topics[0].ErrorCode) == kafka.NotController:
			if known, err = c.describe(ctx, topics); err != nil {
				return nil, err
			}
		default:
			return made, nil
		}
	}
}

// refusedTopic says why the cluster made no topic, and the next step.
func refusedTopic(name string, code kafka.Error, brokers int) error {
	text := "could not be made: see the log of the brokers, and try again"
	switch code {
	case kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed:
		text = "the agent's user may not make it: give it Create on the topic (kafka-acls.sh --add --operation Create --operation Describe), or let somebody else run what --print shows"
	case kafka.InvalidReplicationFactor:
		text = "the cluster has " + strconv.Itoa(brokers) + " brokers, of which each replica needs one: say --replication-factor"
	case kafka.InvalidPartitionNumber:
		text = "the cluster takes no such number of partitions: say --partitions"
	case kafka.InvalidConfiguration:
		text = "the cluster does not take one of the settings: correct --set"
	case kafka.InvalidTopic:
		text = "the cluster takes no such name, or has one that differs by . and _ only: correct topic"
	case kafka.PolicyViolation:
		text = "a rule of the cluster's operator refuses it: ask which, and say --partitions, --replication-factor or --set"
	case kafka.RequestTimedOut:
		text = "was not made in time: it may come yet; run this again"
	}
	return &fault{text: "topic " + name + ": " + text + named(code), cause: code}
}
