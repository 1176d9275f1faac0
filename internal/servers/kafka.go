package servers

import (
	"context"
	_ "embed" // the files below
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

//go:embed kafka/pom.xml
var kafkaPOM string

//go:embed kafka/server.properties
var kafkaProperties string

//go:embed kafka/log4j2.properties
var kafkaLogging string

// KafkaServer is a running Kafka of one node. Topics are made by the first who
// asks for them, with three partitions. It must not be changed.
type KafkaServer struct {
	Plain string // host:port without TLS, where everybody may do everything
	SASL  string // host:port with TLS; PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512
	MTLS  string // host:port with TLS; a certificate of the client is required

	CAFile, OtherCAFile string // the authority that signed its certificate, and one that did not
	CertFile, KeyFile   string // a client's
	User, Password      string // for SASL
	Jars                string // folder of Kafka's own Java classes
}

// Kafka returns a Kafka that answers, or skips t.
func Kafka(t testing.TB, options ...Option) *KafkaServer {
	t.Helper()
	return shared(t, "kafka", options, func(dir string) (*KafkaServer, process, error) { return newKafka(dir, options) })
}

func newKafka(dir string, options []Option) (*KafkaServer, process, error) {
	home, err := javaHome("kafka", []string{kafkaPOM}, func(home string) error {
		return fetch(kafkaPOM, filepath.Join(home, "lib"))
	})
	if err != nil {
		return nil, process{}, err
	}
	at, err := ports(4)
	if err != nil {
		return nil, process{}, err
	}
	certs := filepath.Join(dir, "certs")
	if err := certificates(certs); err != nil {
		return nil, process{}, err
	}
	k := &KafkaServer{
		Plain: at[0], SASL: at[2], MTLS: at[3],
		CAFile: filepath.Join(certs, "ca.pem"), OtherCAFile: filepath.Join(certs, "other-ca.pem"),
		CertFile: filepath.Join(certs, "client.crt"), KeyFile: filepath.Join(certs, "client.key"),
		User: "agent", Password: "agent-secret",
		Jars: filepath.Join(home, "lib"),
	}
	properties := fill(kafkaProperties, map[string]string{
		"PLAIN": k.Plain, "CONTROLLER": at[1], "SASL": k.SASL, "MTLS": k.MTLS, "CERTS": certs,
		"DATA": filepath.Join(dir, "data"), "USER": k.User, "PASSWORD": k.Password,
	}) + strings.Join(settings(options), "\n")
	if err := write(dir, map[string]string{"server.properties": properties, "log4j2.properties": kafkaLogging}); err != nil {
		return nil, process{}, err
	}
	config := filepath.Join(dir, "server.properties")
	java := func(class string, args ...string) *exec.Cmd {
		return exec.Command("java", append([]string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
			"-Dlog4j2.configurationFile=" + filepath.Join(dir, "log4j2.properties"), "-cp", filepath.Join(home, "lib", "*"), class}, args...)...)
	}
	format := java("kafka.tools.StorageTool", "format", "--config", config, "--cluster-id", "dGVzdHMtb2YtdGhlLWFnZQ")
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		format.Args = append(format.Args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, k.User, k.Password))
	}
	if said, err := format.CombinedOutput(); err != nil {
		return nil, process{}, fmt.Errorf("formatting its storage: %w: %s", err, said)
	}
	return k, process{command: func() *exec.Cmd { return java("kafka.Kafka", config) }, ready: k.ready}, nil
}

// ready: it knows itself as a broker, and every listener takes connections.
func (k *KafkaServer) ready(ctx context.Context) error {
	for _, address := range []string{k.SASL, k.MTLS, k.Plain} {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		c.Close()
	}
	return k.ask(func(c *kafka.Client) error {
		m, err := c.Metadata(ctx, &kafka.MetadataRequest{})
		if err == nil && len(m.Brokers) == 0 {
			err = errors.New("it knows no broker")
		}
		if err != nil {
			return err
		}
		_, err = c.InitProducerID(ctx, &kafka.InitProducerIDRequest{})
		return err
	})
}

// ask lends a client that may do everything.
func (k *KafkaServer) ask(question func(*kafka.Client) error) error {
	transport := &kafka.Transport{DialTimeout: 5 * time.Second}
	defer transport.CloseIdleConnections()
	return question(&kafka.Client{Addr: kafka.TCP(k.Plain), Timeout: 10 * time.Second, Transport: transport})
}

// Stop ends the server, by SIGTERM or, with Kill, by SIGKILL.
func (k *KafkaServer) Stop(t testing.TB, how ...How) { t.Helper(); of(k).stop(t, how) }

// Start starts a stopped server with the same ports and data. One that runs is
// left alone.
func (k *KafkaServer) Start(t testing.TB) { t.Helper(); of(k).start(t) }

// Topic makes a topic. config is Kafka's own, such as max.message.bytes. It
// returns when the topic has leaders.
func (k *KafkaServer) Topic(t testing.TB, name string, partitions int, config map[string]string) {
	t.Helper()
	topic := kafka.TopicConfig{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}
	for key, value := range config {
		topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: key, ConfigValue: value})
	}
	ctx := within(t, time.Minute)
	err := k.ask(func(c *kafka.Client) error {
		r, err := c.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
		if err == nil {
			err = r.Errors[name]
		}
		if err != nil {
			return err
		}
		return poll(ctx, func() error {
			m, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
			if err != nil {
				return err
			}
			if len(m.Topics) != 1 || len(m.Topics[0].Partitions) != partitions {
				return errors.New("it is not known yet")
			}
			for _, p := range m.Topics[0].Partitions {
				if p.Error != nil {
					return p.Error
				}
			}
			return m.Topics[0].Error
		})
	})
	if err != nil {
		t.Fatalf("making the topic %s: %v", name, err)
	}
}
