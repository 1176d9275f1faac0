//go:build real

package servers_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"jupyter-events-agent/internal/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// comeAndGo stops a server in each way: what put wrote is there afterwards.
// put writes and read reads one thing by its number.
func comeAndGo(t *testing.T, s interface {
	Stop(testing.TB, ...servers.How)
	Start(testing.TB)
}, put func(i int), read func() (have int)) {
	for i, how := range [][]servers.How{nil, {servers.Kill}} {
		put(i)
		s.Stop(t, how...)
		s.Start(t)
		end := time.Now().Add(time.Minute)
		for have := read(); have != i+1; have = read() {
			if time.Now().After(end) {
				t.Fatalf("after stop number %d there are %d, want %d", i+1, have, i+1)
			}
			<-time.After(100 * time.Millisecond)
		}
	}
}

func TestRealKafka(t *testing.T) {
	k := servers.Kafka(t)
	if again := servers.Kafka(t); again != k {
		t.Error("asked for twice, there are two")
	}
	k.Topic(t, "kept", 2, map[string]string{"max.message.bytes": "2000"})
	c := &kafka.Client{Addr: kafka.TCP(k.Plain), Timeout: time.Minute}
	ctx := t.Context()
	produce := func(c *kafka.Client, topic, value string) error {
		r, err := c.Produce(ctx, &kafka.ProduceRequest{Topic: topic, Partition: 1, RequiredAcks: kafka.RequireAll,
			Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte(value))})})
		if err != nil {
			return err
		}
		return r.Error
	}
	comeAndGo(t, k, func(i int) {
		if err := produce(c, "kept", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}, func() int {
		r, err := c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{"kept": {kafka.LastOffsetOf(1)}}})
		if err != nil || r.Topics["kept"][0].Error != nil {
			return -1
		}
		return int(r.Topics["kept"][0].LastOffset)
	})
	if err := produce(c, "kept", strings.Repeat("x", 5000)); err != kafka.MessageSizeTooLarge {
		t.Errorf("a message above the topic's bound: %v", err)
	}
}

// TestRealKafkaDoors: each listener lets in who has what it asks for, and
// nobody else; and a rule about a topic is one.
func TestRealKafkaDoors(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "doors", 1, nil)
	roots := func(file string) *x509.CertPool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		return pool
	}
	certificate, err := tls.LoadX509KeyPair(k.CertFile, k.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	shaken := func(algorithm scram.Algorithm, password string) sasl.Mechanism {
		m, err := scram.Mechanism(algorithm, k.User, password)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	known, strange := roots(k.CAFile), roots(k.OtherCAFile)
	denied := map[string]bool{"plain": true, "mutual TLS": true}
	for name, c := range map[string]*struct {
		address   string
		transport kafka.Transport
		fails     string
	}{
		"plaintext":      {address: k.Plain},
		"plain":          {address: k.SASL, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known}, SASL: plain.Mechanism{Username: k.User, Password: k.Password}}},
		"scram 256":      {address: k.SASL, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known}, SASL: shaken(scram.SHA256, k.Password)}},
		"scram 512":      {address: k.SASL, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known}, SASL: shaken(scram.SHA512, k.Password)}},
		"mutual TLS":     {address: k.MTLS, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known, Certificates: []tls.Certificate{certificate}}}},
		"other CA":       {address: k.MTLS, transport: kafka.Transport{TLS: &tls.Config{RootCAs: strange, Certificates: []tls.Certificate{certificate}}}, fails: "unknown authority"},
		"no certificate": {address: k.MTLS, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known}}, fails: "tls: "},
		"wrong password": {address: k.SASL, transport: kafka.Transport{TLS: &tls.Config{RootCAs: known}, SASL: shaken(scram.SHA512, "guess")}, fails: "SASL Authentication Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			defer c.transport.CloseIdleConnections()
			client := &kafka.Client{Addr: kafka.TCP(c.address), Timeout: 20 * time.Second, Transport: &c.transport}
			produce := func() error {
				r, err := client.Produce(t.Context(), &kafka.ProduceRequest{Topic: "doors", RequiredAcks: kafka.RequireAll,
					Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte(name))})})
				if err == nil {
					err = r.Error
				}
				return err
			}
			_, err := client.Metadata(t.Context(), &kafka.MetadataRequest{Topics: []string{"doors"}})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("the error is %v, want %s", err, c.fails)
				}
				return
			}
			if err := errors.Join(err, produce()); err != nil {
				t.Fatal(err)
			}
			if !denied[name] {
				return
			}
			k.Deny(t, "doors")
			if err := produce(); !errors.Is(err, kafka.TopicAuthorizationFailed) {
				t.Errorf("denied: %v", err)
			}
			k.Allow(t, "doors")
			if err := produce(); err != nil {
				t.Errorf("allowed again: %v", err)
			}
		})
	}
}

func TestRealElasticsearch(t *testing.T) {
	for name, options := range map[string][]servers.Option{
		"http":  {servers.Setting("http.max_content_length: 64kb")},
		"https": {servers.HTTPS},
	} {
		t.Run(name, func(t *testing.T) {
			s := servers.Elasticsearch(t, options...)
			comeAndGo(t, s, func(i int) {
				if status, answer := s.Do(t, http.MethodPut, fmt.Sprintf("/kept/_create/%d", i), `{"a": 1}`); status != http.StatusCreated {
					t.Fatalf("status %d: %s", status, answer)
				}
			}, func() int {
				s.Do(t, http.MethodPost, "/kept/_refresh", "")
				status, answer := s.Do(t, http.MethodGet, "/kept/_count", "")
				var have struct{ Count int }
				if err := json.Unmarshal(answer, &have); err != nil || status != http.StatusOK {
					return -1
				}
				return have.Count
			})
			if name == "http" {
				if status, _ := s.Do(t, http.MethodPost, "/kept/_doc", `{"a": "`+strings.Repeat("x", 70<<10)+`"}`); status != http.StatusRequestEntityTooLarge {
					t.Errorf("status %d of a document above the setting's bound", status)
				}
				return
			}
			key := s.NewAPIKey(t, `{"writer": {"indices": [{"names": ["logs-*-*"], "privileges": ["auto_configure", "create_doc"]}]}}`)
			if len(key) < 20 {
				t.Errorf("the key %q", key)
			}
		})
	}
}

func TestRealLoki(t *testing.T) {
	for name, options := range map[string][]servers.Option{
		"plain":   nil,
		"https":   {servers.HTTPS},
		"tenants": {servers.Setting("auth_enabled: true"), servers.Setting("limits_config.max_line_size: 1KB")},
	} {
		t.Run(name, func(t *testing.T) {
			s := servers.Loki(t, options...)
			header := http.Header{"Content-Type": {"application/json"}}
			if name == "tenants" {
				header.Set("X-Scope-OrgID", "jupyter")
			}
			push := func(line string) (int, []byte) {
				return s.Do(t, http.MethodPost, "/loki/api/v1/push", header, fmt.Sprintf(
					`{"streams": [{"stream": {"job": "test"}, "values": [["%d", %q]]}]}`, time.Now().UnixNano(), line))
			}
			comeAndGo(t, s, func(i int) {
				if status, answer := push(fmt.Sprint(i)); status != http.StatusNoContent {
					t.Fatalf("status %d: %s", status, answer)
				}
			}, func() (n int) {
				_, answer := s.Do(t, http.MethodGet, "/loki/api/v1/query_range?query="+url.QueryEscape(`{job="test"}`), header, "")
				var have struct {
					Data struct{ Result []struct{ Values [][]string } }
				}
				if err := json.Unmarshal(answer, &have); err != nil {
					return -1
				}
				for _, r := range have.Data.Result {
					n += len(r.Values)
				}
				return n
			})
			status, _ := push(strings.Repeat("x", 2000))
			if want := map[string]int{"plain": http.StatusNoContent, "https": http.StatusNoContent, "tenants": http.StatusBadRequest}[name]; status != want {
				t.Errorf("status %d of a line of 2,000 bytes, want %d", status, want)
			}
		})
	}
}
