package loki

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/tlsfiles/tlstest"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// rejections are the classes of a Write's answer by index; nil error for none.
func rejections(tb testing.TB, err error) map[int]string {
	tb.Helper()
	classes := map[int]string{}
	if err == nil {
		return classes
	}
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 {
		tb.Fatalf("%v: want nothing to send again", err)
	}
	for _, r := range partial.Rejected {
		if classes[r.Index] != "" {
			tb.Errorf("record %d is rejected twice", r.Index)
		}
		classes[r.Index] = r.Class
	}
	return classes
}

// TestTenants: each tenant gets pushes of its own.
func TestTenants(t *testing.T) {
	s := newStandIn(t)
	s.limits.auth = true
	c := testConfig(s.URL)
	c.Tenant = "t-{team|none}"
	r := newRecords(t, c)
	now := time.Now()
	batch := r.batch(
		event{at: now, team: "red", text: "1"}, event{at: now, text: "2"}, event{at: now, team: "a/b", text: "3"},
		event{at: now, team: "red", text: "4"}, event{at: now, team: ".", text: "5"},
	)
	if err := mustOpen(t, c).Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, name := range s.names() {
		for _, l := range s.lines(name) {
			got[name] = append(got[name], l.text)
		}
	}
	b, labels := bodies(batch), ` {action="none", job="jupyter"}`
	want := map[string][]string{
		"t-red" + labels: {b[0], b[3]}, "t-none" + labels: {b[1]}, "t-a!2Fb" + labels: {b[2]}, "t-." + labels: {b[4]},
	}
	if !reflect.DeepEqual(got, want) || s.pushes != 4 {
		t.Errorf("in %d pushes %q; want %q", s.pushes, got, want)
	}
}

// TestTenantThatIsNone: what no tenant can be called is rejected, the rest is
// delivered.
func TestTenantThatIsNone(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	c.Tenant = "{team|none}"
	now := time.Now()
	batch := newRecords(t, c).batch(event{at: now, team: "."}, event{at: now, team: "red"}, event{at: now, team: "empty"})
	got := rejections(t, mustOpen(t, c).Write(t.Context(), batch))
	if want := map[int]string{0: classTenant, 2: classTenant}; !reflect.DeepEqual(got, want) || len(s.all()) != 1 {
		t.Errorf("%v rejected, %d stored; want %v", got, len(s.all()), want)
	}
}

// TestLabels: absent and empty values leave a label out, long ones are cut, and
// a record without any label is not pushed.
func TestLabels(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	c.AllowHighCardinality, c.Labels = true, map[string]string{"free": "{free}", "action": "{action|none}"}
	now := time.Now()
	batch := newRecords(t, c).batch(
		event{at: now, action: "a b", free: strings.Repeat("ä", 1025)},
		event{at: now, action: "start"},
		event{at: now, action: "empty"},
	)
	got := rejections(t, mustOpen(t, c).Write(t.Context(), batch))
	if want := map[int]string{2: classNoLabels}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v rejected; want %v", got, want)
	}
	want := []string{` {action="a b", free="` + strings.Repeat("ä", 1024) + `"}`, ` {action="start"}`}
	if names := s.names(); !slices.Equal(names, want) {
		t.Errorf("the streams are %q; want %q", names, want)
	}
}

// TestBurst: a push is never larger, but for a record that is so by itself.
func TestBurst(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	c.Burst = 4 * units.KiB
	r := newRecords(t, c)
	if err := mustOpen(t, c).Write(t.Context(), r.spaced(1000, time.Now(), time.Microsecond)); err != nil {
		t.Fatal(err)
	}
	if s.largest > 4<<10+100 || s.pushes < 50 || len(s.all()) != 1000 {
		t.Errorf("%d lines in %d pushes of up to %d bytes", len(s.all()), s.pushes, s.largest)
	}
	if err := mustOpen(t, c).Write(t.Context(), r.batch(event{at: time.Now(), text: strings.Repeat("x", 100_000)})); err != nil || len(s.all()) != 1001 {
		t.Errorf("%v; a record larger than burst goes by itself", err)
	}
}

// TestReach: records far apart in time go in pushes of ten minutes, the oldest
// first, so that what is sent again is never too far behind.
func TestReach(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	r := newRecords(t, c)
	now := time.Now()
	batch := r.spaced(300, now.Add(-5*time.Hour), time.Minute)
	slices.Reverse(batch)
	poison := r.batch(event{at: now.Add(-4 * time.Hour), text: strings.Repeat("x", 300_000)})
	if got := rejections(t, mustOpen(t, c).Write(t.Context(), append(batch, poison...))); !reflect.DeepEqual(got, map[int]string{300: classLineTooLong}) {
		t.Fatalf("%v rejected; want the long line only", got)
	}
	if s.maxOfTime > 10*time.Minute || len(s.all()) != 300 {
		t.Errorf("a push covers %v, %d lines are stored", s.maxOfTime, len(s.all()))
	}
}

// TestSentAgain: a batch that comes again, cut in another way, is there once.
func TestSentAgain(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	batch := newRecords(t, c).spaced(100, time.Now(), 0)
	for _, part := range [][]filters.Record{batch, batch[:30], batch[20:], batch} {
		if err := mustOpen(t, c).Write(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.all(); !slices.Equal(got, bodies(batch)) {
		t.Errorf("%d lines are stored, want 100", len(got))
	}
}

// TestTwins: two events of the same content and time are two by their ids, and
// one where metadata leaves the id out.
func TestTwins(t *testing.T) {
	for want, metadata := range map[int][]string{2: {"id"}, 1: none} {
		s := newStandIn(t)
		c := testConfig(s.URL)
		now := time.Now()
		batch := newRecords(t, c, metadata...).batch(event{at: now, text: "twin"}, event{at: now, text: "twin"})
		if err := mustOpen(t, c).Write(t.Context(), batch); err != nil || len(s.all()) != want {
			t.Errorf("metadata %v: %v, %d lines are stored, want %d", metadata, err, len(s.all()), want)
		}
	}
}

// TestAnErrorLater: what was pushed before it is delivered, and what was
// rejected stays rejected.
func TestAnErrorLater(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	c.Burst = 1
	o := mustOpen(t, c)
	now := time.Now()
	batch := newRecords(t, c).batch(
		event{at: now.Add(3), text: "1"}, event{at: now.Add(-8 * 24 * time.Hour), text: "2"},
		event{at: now, text: "3"}, event{at: now.Add(2 * time.Second), text: "4"},
	)
	s.does(func(w http.ResponseWriter, _ *http.Request, streams []pushed) bool {
		if s.pushes < 3 {
			return false
		}
		http.Error(w, "context deadline exceeded", http.StatusInternalServerError)
		return true
	})
	err := o.Write(t.Context(), batch)
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || partial.Err == nil || len(partial.Rejected) != 1 || partial.Rejected[0] != (outputs.Rejection{Index: 1, Class: classTooOld}) || len(partial.Retry) != 2 {
		t.Fatalf("%+v", err)
	}
	s.does(nil)
	if err := o.Write(t.Context(), []filters.Record{batch[partial.Retry[0]], batch[partial.Retry[1]]}); err != nil || len(s.all()) != 3 {
		t.Errorf("%v, %d lines are stored", err, len(s.all()))
	}
}

// TestLogin: user and password, or a token, and the tenant, go with each push.
func TestLogin(t *testing.T) {
	s := newStandIn(t)
	secret := t.TempDir() + "/secret"
	writeFile(t, secret, "p4ss\n")
	for want, change := range map[string]func(*Config){
		"Basic YWdlbnQ6cDRzcw==": func(c *Config) { c.Username, c.PasswordFile = "agent", secret },
		"Bearer p4ss":            func(c *Config) { c.BearerTokenFile = secret },
		"":                       func(*Config) {},
	} {
		c := testConfig(s.URL)
		c.Tenant = "jupyter"
		change(c)
		if err := mustOpen(t, c).Write(t.Context(), newRecords(t, c).spaced(1, time.Now(), 0)); err != nil {
			t.Fatal(err)
		}
		r := s.requests[len(s.requests)-1]
		if got := r.Header.Get("Authorization"); got != want || r.Header.Get("X-Scope-OrgID") != "jupyter" || r.Header.Get("User-Agent") != "jupyter-events-agent" {
			t.Errorf("the headers are %v; want %q", r.Header, want)
		}
	}
	c := testConfig(s.URL)
	c.BearerTokenFile = secret
	o := mustOpen(t, c)
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if err := o.Write(t.Context(), newRecords(t, c).spaced(1, time.Now(), 0)); !outputs.IsRefused(err) || !strings.Contains(err.Error(), secret) {
		t.Errorf("the secret's file is gone: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	s := newStandIn(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	s.does(func(_ http.ResponseWriter, r *http.Request, _ []pushed) bool {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return true
	})
	c := testConfig(s.URL)
	c.Timeout = units.Duration(20 * time.Millisecond)
	err := mustOpen(t, c).Write(t.Context(), newRecords(t, c).spaced(1, time.Now(), 0))
	if err == nil || outputs.IsPermanent(err) || outputs.IsRefused(err) {
		t.Errorf("%v; want an error after the timeout", err)
	}
	t.Log(fmt.Sprint(err))
}

// TestCertificates: one of another authority is not taken, by either side; the
// right ones are taken once the files hold them.
func TestCertificates(t *testing.T) {
	right, other := tlstest.New(t, "right"), tlstest.New(t, "other")
	s := overTLS(t, right)
	c := testConfig(s.URL)
	pair := other.Client(t, "agent")
	c.TLS = tlsfiles.Config{CAFile: other.File, CertFile: pair.CertFile, KeyFile: pair.KeyFile}
	o := mustOpen(t, c)
	batch := newRecords(t, c).spaced(1, time.Now(), 0)
	if err := o.Write(t.Context(), batch); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "ca_file") {
		t.Errorf("the server's certificate is of another authority: %v", err)
	}
	tlstest.Write(t, other.File, right.PEM)
	if err := o.Write(t.Context(), batch); err == nil || !strings.Contains(err.Error(), "tls.cert_file") {
		t.Errorf("the agent's certificate is of another authority: %v", err)
	}
	agent := right.Client(t, "agent")
	tlstest.Write(t, pair.CertFile, agent.Cert)
	tlstest.Write(t, pair.KeyFile, agent.Key)
	if err := o.Write(t.Context(), batch); err != nil || len(s.all()) != 1 {
		t.Errorf("with the right files: %v, %d lines are stored", err, len(s.all()))
	}
}
