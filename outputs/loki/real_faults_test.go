//go:build real

package loki

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// TestRealRecordsAtFault: what Loki never takes is rejected by its class, and
// all else of the same batch is there, once.
func TestRealRecordsAtFault(t *testing.T) {
	s := servers.Loki(t)
	c, selector := run(t, s)
	o, r, now := mustOpen(t, c), newRecords(t, c), time.Now()
	if err := o.Write(t.Context(), r.batch(event{at: now, action: "stop", text: "newest of its stream"})); err != nil {
		t.Fatal(err)
	}
	want := map[int]string{}
	var events []event
	add := func(e event, class string) {
		if class != "" {
			want[len(events)] = class
		}
		events = append(events, e)
		for i := range 20 {
			events = append(events, event{at: now.Add(time.Duration(len(events)+i) * time.Microsecond), action: "start", text: "good"})
		}
	}
	add(event{at: now.AddDate(-1, 0, 0), text: "a clock that is a year behind"}, classTooOld)
	add(event{at: now.AddDate(1, 0, 0), text: "a clock that is a year ahead"}, classTooNew)
	add(event{at: now.Add(time.Hour), text: "an hour ahead"}, classTooNew)
	add(event{at: now.Add(-8 * 24 * time.Hour), text: "eight days"}, classTooOld)
	add(event{at: now.Add(-6 * 24 * time.Hour), team: "", text: "six days, in a stream that has nothing newer", action: "a b"}, "")
	add(event{at: now, text: strings.Repeat("x", 300<<10)}, classLineTooLong)
	add(event{at: now, text: strings.Repeat("x", 255<<10)}, "")
	add(event{at: now.Add(-61 * time.Minute), action: "stop", text: "61 minutes behind"}, classTooFarBehind)
	add(event{at: now.Add(-59 * time.Minute), action: "stop", text: "59 minutes behind"}, "")
	add(event{at: time.UnixMicro(0), text: "no time"}, classNoTime)
	batch := r.batch(events...)
	if got := rejections(t, o.Write(t.Context(), batch)); !reflect.DeepEqual(got, want) {
		t.Errorf("rejected are %v; want %v", got, want)
	}
	var good []filters.Record
	for i := range batch {
		if want[i] == "" {
			good = append(good, batch[i])
		}
	}
	newest := newRecords(t, c).batch(event{at: now, action: "stop", text: "newest of its stream"})
	wantThere(t, s, selector, append(good, newest...))
}

// TestRealBacklog: a batch of days is pushed in the order of time, so that
// nothing is too far behind, also where a line in it is at fault.
func TestRealBacklog(t *testing.T) {
	s := servers.Loki(t)
	c, selector := run(t, s)
	r := newRecords(t, c)
	batch := r.spaced(200, time.Now().Add(-150*time.Hour), 40*time.Minute)
	long := r.batch(event{at: time.Now().Add(-100 * time.Hour), text: strings.Repeat("x", 300<<10)})
	if got := rejections(t, mustOpen(t, c).Write(t.Context(), append(long, batch...))); !reflect.DeepEqual(got, map[int]string{0: classLineTooLong}) {
		t.Errorf("rejected are %v", got)
	}
	wantThere(t, s, selector, batch)
}

// TestRealStops: stopped or killed and started again, and the agent begun anew:
// every record is there, once.
func TestRealStops(t *testing.T) {
	for name, how := range map[string][]servers.How{"stopped": nil, "killed": {servers.Kill}} {
		t.Run(name, func(t *testing.T) {
			s := special(t, "limits_config.shard_streams.enabled: false")
			c, selector := run(t, s)
			c.Timeout = units.Duration(2 * time.Second)
			r := newRecords(t, c)
			first, second := r.spaced(500, time.Now(), time.Microsecond), r.spaced(500, time.Now().Add(time.Second), time.Microsecond)
			o := mustOpen(t, c)
			if err := o.Write(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			s.Stop(t, how...)
			err := o.Write(t.Context(), second)
			if err == nil || outputs.IsPermanent(err) || outputs.IsRefused(err) || !strings.Contains(err.Error(), strings.TrimPrefix(s.URL, "http://")) {
				t.Errorf("while it is away: %v", err)
			}
			if err := o.Probe(t.Context()); err == nil {
				t.Error("Probe says that a stopped Loki would take records")
			}
			s.Start(t)
			until(t, func() error { return o.Write(t.Context(), second) })
			// An agent that has not noted how far it was.
			until(t, func() error { return mustOpen(t, c).Write(t.Context(), append(first, second...)) })
			wantThere(t, s, selector, append(first, second...))
		})
	}
}

// TestRealLimits: rates and bursts below what comes only slow it down.
func TestRealLimits(t *testing.T) {
	for _, settings := range [][]string{
		{"limits_config.ingestion_rate_mb: 0.2", "limits_config.ingestion_burst_size_mb: 0.05"},
		{"limits_config.per_stream_rate_limit: 200KB", "limits_config.per_stream_rate_limit_burst: 50KB", "limits_config.shard_streams.enabled: false"},
	} {
		t.Run(settings[0], func(t *testing.T) {
			s := special(t, settings...)
			c, selector := run(t, s)
			o := mustOpen(t, c)
			batch := newRecords(t, c).spaced(1500, time.Now(), time.Microsecond)
			rest, slowed := batch, 0
			until(t, func() error {
				err := o.Write(t.Context(), rest)
				var partial *outputs.PartialError
				if errors.As(err, &partial) {
					if len(partial.Rejected) > 0 {
						t.Fatalf("%+v: nothing is at fault", partial.Rejected)
					}
					rest = rest[partial.Retry[0]:]
				}
				if err != nil {
					slowed++
					if outputs.IsRefused(err) || !strings.Contains(err.Error(), "status 429") {
						t.Fatal(err)
					}
				}
				return err
			})
			if slowed == 0 {
				t.Error("it was never slowed down")
			}
			wantThere(t, s, selector, batch)
		})
	}
}

// TestRealTenants: with authentication on, a tenant is asked for, and each has
// its own.
func TestRealTenants(t *testing.T) {
	s := special(t, "auth_enabled: true")
	c, selector := run(t, s)
	now := time.Now()
	without := mustOpen(t, c)
	err := without.Write(t.Context(), newRecords(t, c).batch(event{at: now}))
	if !outputs.IsRefused(err) || !strings.Contains(err.Error(), "set tenant") {
		t.Errorf("without a tenant: %v", err)
	}
	if err := without.Probe(t.Context()); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "set tenant") {
		t.Errorf("Probe without a tenant: %v", err)
	}
	c.Tenant = "{team|none}"
	o := mustOpen(t, c)
	if err := o.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	batch := newRecords(t, c).batch(
		event{at: now, team: "red", text: "1"}, event{at: now, team: "a/b", text: "2"}, event{at: now, text: "3"}, event{at: now, team: ".", text: "4"},
	)
	if got := rejections(t, o.Write(t.Context(), batch)); !reflect.DeepEqual(got, map[int]string{3: classTenant}) {
		t.Errorf("rejected are %v", got)
	}
	for i, tenant := range []string{"red", "a!2Fb", "none"} {
		if got := query(t, s, tenant, selector); len(got) != 1 || got[0].text != string(batch[i].JSON()) {
			t.Errorf("the tenant %s has %v", tenant, got)
		}
	}
}

// TestRealSettings: limits of a Loki that is set to less than it is delivered
// with. Nothing is dropped where somebody is to change a setting.
func TestRealSettings(t *testing.T) {
	for _, c := range []struct {
		setting string
		change  func(*Config)
		class   string // of the first record; "": Refused with words
		words   string
	}{
		{"limits_config.max_label_names_per_series: 2", nil, classTooManyLabels, ""},
		{"limits_config.max_label_value_length: 40", func(c *Config) {
			c.Labels["free"], c.AllowHighCardinality = strings.Repeat("v", 200), true
		}, classLabelValue, ""},
		{"limits_config.max_label_name_length: 10", func(c *Config) { c.Labels["a_name_that_is_long"] = "x" }, classLabelName, ""},
		{"limits_config.max_structured_metadata_size: 60", nil, classMetadata, ""},
		{"limits_config.allow_structured_metadata: false", nil, "", "metadata = []"},
		{"limits_config.enforced_labels: [team]", nil, "", "enforced_labels"},
		{"limits_config.block_ingestion_until: 2100-01-01T00:00:00Z", nil, "", "block_ingestion_until"},
	} {
		t.Run(c.setting, func(t *testing.T) {
			s := special(t, c.setting)
			config, _ := run(t, s)
			if c.change != nil {
				c.change(config)
			}
			batch := newRecords(t, config).spaced(3, time.Now(), time.Microsecond)
			err := mustOpen(t, config).Write(t.Context(), batch)
			switch {
			case c.class == "":
				if !outputs.IsRefused(err) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("%v; want Refused with %q", err, c.words)
				}
			default:
				if got := rejections(t, err); !reflect.DeepEqual(got, map[int]string{0: c.class, 1: c.class, 2: c.class}) {
					t.Errorf("rejected are %v; want all as %s", got, c.class)
				}
			}
		})
	}
}

// TestRealTooLarge: where a message between Loki's parts, or a push, may be
// smaller than burst, pushes become smaller.
func TestRealTooLarge(t *testing.T) {
	for _, setting := range []string{
		"distributor.max_recv_msg_size: 20000",
		"server.grpc_server_max_recv_msg_size: 60000",
	} {
		t.Run(setting, func(t *testing.T) {
			s := special(t, setting)
			c, selector := run(t, s)
			batch := newRecords(t, c).spaced(1000, time.Now(), time.Microsecond)
			o := mustOpen(t, c)
			if err := o.Write(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			if o.most == int(units.MiB) {
				t.Error("it was never too large")
			}
			// Lines would be too large for its answers as well.
			if n := count(t, s, selector); n != len(batch) {
				t.Errorf("%d lines are there, want %d", n, len(batch))
			}
		})
	}
}

// TestRealLongLabels: a value beyond what Loki takes is cut, and the line keeps it.
func TestRealLongLabels(t *testing.T) {
	s := servers.Loki(t)
	c, selector := run(t, s)
	c.Labels["free"], c.AllowHighCardinality = "{free}", true
	batch := newRecords(t, c).batch(event{at: time.Now(), free: strings.Repeat("ä", 2000)})
	if err := mustOpen(t, c).Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	wantThere(t, s, selector, batch)
	if got := query(t, s, "", selector); len(got) != 1 || got[0].labels["free"] != strings.Repeat("ä", 1024) {
		t.Errorf("the lines are %.300v", got)
	}
}

// TestRealShards: Loki spreads a stream with much traffic over shards by
// itself, in turns: what is sent again then may lie in another, and be there
// twice. Without shards it is there once, at any rate.
func TestRealShards(t *testing.T) {
	for _, shards := range []bool{true, false} {
		s := special(t, fmt.Sprintf("limits_config.shard_streams.enabled: %v", shards), "limits_config.shard_streams.desired_rate: 1KB")
		c, selector := run(t, s)
		o, r := mustOpen(t, c), newRecords(t, c)
		var batch []filters.Record
		for i := range 30 { // for some seconds, as Loki measures rates
			part := r.spaced(100, time.Now(), time.Microsecond)
			batch = append(batch, part...)
			for range 3 {
				if err := o.Write(t.Context(), part); err != nil {
					t.Fatal(err)
				}
			}
			<-time.After(time.Duration(10*i) * time.Millisecond)
		}
		n := len(query(t, s, "", selector))
		t.Logf("shards %v: %d lines of %d records", shards, n, len(batch))
		if !shards && n != len(batch) {
			t.Errorf("%d lines of %d records", n, len(batch))
		}
	}
}

// TestRealTimeShards: with time sharding nothing is too far behind.
func TestRealTimeShards(t *testing.T) {
	s := special(t, "limits_config.shard_streams.time_sharding_enabled: true")
	c, selector := run(t, s)
	o, r := mustOpen(t, c), newRecords(t, c)
	batch := r.spaced(10, time.Now().Add(-5*time.Minute), time.Second)
	older := r.spaced(10, time.Now().Add(-30*time.Hour), time.Hour)
	for _, part := range [][]filters.Record{batch, older, older} {
		if err := o.Write(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	wantThere(t, s, selector, append(batch, older...))
}
