//go:build real

package servers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

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
			if want := map[string]int{"plain": http.StatusNoContent, "tenants": http.StatusBadRequest}[name]; status != want {
				t.Errorf("status %d of a line of 2,000 bytes, want %d", status, want)
			}
		})
	}
}
