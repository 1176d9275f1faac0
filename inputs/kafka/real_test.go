//go:build real

package kafka

import (
	"testing"

	"jupyter-events-agent/internal/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

func TestRealOnceReadsWhatIsThere(t *testing.T) {
	k := servers.Kafka(t)
	k.Topic(t, "once", 3, nil)
	for p := range 3 {
		produce(t, k.Plain, "once", p, 100*p, 100)
	}
	c := Config{Brokers: []string{k.Plain}, Topics: []string{"once"}}
	dir := t.TempDir()
	a := open(t, dir, c, true)
	first, second := a.consumer("one"), a.consumer("two")
	first.all()
	second.all()
	count(t, first.numbers(), 300)
	count(t, second.numbers(), 300)
	a.close(first, second)

	produce(t, k.Plain, "once", 1, 300, 10)
	a = open(t, dir, c, true)
	again := a.consumer("one")
	again.all()
	if len(again.lines) != 10 {
		t.Errorf("%d lines after 10 new ones", len(again.lines))
	}
	a.close(again)

	// Without the state the group tells where to go on.
	a = open(t, t.TempDir(), c, true)
	other := a.consumer("one")
	other.all()
	if len(other.lines) != 0 {
		t.Errorf("%d lines though the group has all", len(other.lines))
	}
	a.close(other)
}
