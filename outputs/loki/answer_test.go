package loki

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/outputs"
)

// TestWhatLokiSays: which class follows from its texts, as it was seen to say
// them.
func TestWhatLokiSays(t *testing.T) {
	for said, want := range map[string]string{
		`entry for stream '{app="old"}' has timestamp too old: 2026-11-14T16:00:00Z, oldest acceptable timestamp is: 2026-11-15T16:00:00Z`:                                                                                                                            classTooOld,
		`12 errors like: entry for stream '{app="old"}' has timestamp too old: 2026-11-14T16:00:00Z, oldest acceptable timestamp is: 2026-11-15T16:00:00Z`:                                                                                                            classTooOld,
		`entry for stream '{app="fut"}' has timestamp too new: 2026-11-22T17:00:00Z`:                                                                                                                                                                                  classTooNew,
		`max entry size '262144' bytes exceeded for stream '{app="big"}' while adding an entry with length '300000' bytes`:                                                                                                                                            classLineTooLong,
		"entry with timestamp 2026-11-22 15:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-22T15:00:00Z, oldest acceptable timestamp is: 2026-11-22T15:01:00Z',\nuser 'fake', total ignored: 1 out of 2 for stream: {app=\"t\"}": classTooFarBehind,
		"entry with timestamp 2026-11-22 15:00:00 +0000 UTC ignored, reason: 'entry out of order',\nuser 'fake', total ignored: 1 out of 2 for stream: {app=\"t\"}":                                                                                                   classOutOfOrder,
		`entry for stream '{a="1", b="2"}' has 16 label names; limit 15`:                                                                                                                                                                                              classTooManyLabels,
		`stream '{a="xxx"}' has label value too long: 'max entry size'`:                                                                                                                                                                                               classLabelValue,
		`stream '{aaa="x"}' has label name too long: 'aaa'`:                                                                                                                                                                                                           classLabelName,
		`error parsing labels '{a.b="x"}' with error: 1:3: parse error: unexpected character: '.'`:                                                                                                                                                                    classInvalidLabels,
		`error at least one label pair is required per stream`:                                                                                                                                                                                                        classNoLabels,
		"stream '{a=\"x\"}' has structured metadata too large: '70000' bytes, limit: '65536' bytes. Please see `limits_config.max_structured_metadata_size` or contact your Loki administrator to increase it":                                                        classMetadata,
		// A value that speaks Loki's own words decides nothing.
		`entry for stream '{a="this feature is disallowed", b="x \" missing required labels"}' has timestamp too new: 2026-11-22T17:00:00Z`: classTooNew,
		`stream '{a="no org id"}' has label value too long: 'no org id missing required labels'`:                                            classLabelValue,
		`something new`: classOther,
		``:              classOther,
	} {
		inJSON, err := json.Marshal(map[string]any{"code": 400, "message": said})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{said, string(inJSON)} {
			if class, todo := heard(unwrapped([]byte(text))); class != want || todo != "" {
				t.Errorf("%s: %q, %q; want %q", text, class, todo, want)
			}
		}
	}
}

// TestAnswers: after each of these nothing is dropped, and the words say what
// to do. Refused where waiting alone does not help.
func TestAnswers(t *testing.T) {
	const canary = "canary-7d20"
	for _, c := range []struct {
		status  int
		said    string
		header  string // content type
		refused bool
		words   string
	}{
		{401, "no org id", "", true, "set tenant"},
		{401, "", "", true, "password_file"},
		{403, "", "", true, "check tenant"},
		{404, "404 page not found", "", true, "check url"},
		{405, "", "", true, "check url"},
		{302, "", "", true, "status 302"},
		{200, "<html>", "text/html; charset=utf-8", true, "check that url"},
		{400, "<html>The plain HTTP request was sent to HTTPS port</html>", "text/html", true, "check that url"},
		{400, "tenant ID 'a/b' contains unsupported character '/'", "", true, "check tenant"},
		{400, "stream '{a=\"x\"}' includes structured metadata, but this feature is disallowed. Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it", "", true, "metadata = []"},
		{400, "missing required labels 'team' for user 'fake' for stream '{a=\"x\"}' (policy: '')", "", true, "enforced_labels"},
		{260, "ingestion blocked for user 'fake' until '2027-01-01T00:00:00Z' with status code '260'", "", true, "block_ingestion_until"},
		{200, `{"message": "hello, this is no Loki"}`, "application/json", true, "204"},
		{201, "", "", true, "check that url"},
		{202, "", "", true, "check that url"},
		// What stands before Loki, or in its place.
		{400, "Client sent an HTTP request to an HTTPS server.\n", "", true, "write https://"},
		{400, "Bad Request", "text/plain", true, "check --connect"},
		{400, "", "", true, "check --connect"},
		{422, `{"error": {"code": 7, "reason": "not this"}}`, "application/json", true, "check --connect"},
		{400, "snappy: corrupt input", "", true, "see its log"},
		{422, "error at least one valid stream is required for ingestion", "", true, "takes the body out"},
		{400, "ingestion blocked for user 'fake' until '2027-01-01T00:00:00Z' with status code '400'", "", true, "block_ingestion_until"},
		{400, "ingestion blocked for user 'fake' (policy: 'some') until '2027-01-01T00:00:00Z' with status code '400'", "", true, "block_ingestion_policy_until"},
		{400, `{"code": 400, "message": "missing required labels 'team' for user 'fake' for stream '{a=\"x\"}' (policy: '')"}`, "application/json", true, "enforced_labels"},
		{401, `{"error": "no org id"}`, "application/json", true, "set tenant"},
		{408, "", "", false, "status 408"},
		{429, "ingestion rate limit exceeded", "", false, "ingestion_rate_mb"},
		{429, "Per stream rate limit exceeded", "", false, "per_stream_rate_limit"},
		{429, "maximum active stream limit exceeded", "", false, "smaller pushes"},
		{499, "", "", true, "status 499"},
		{500, "rpc error: code = Unavailable", "", false, "status 500"},
		{502, "<html>", "text/html", false, "status 502"},
		{503, "", "", false, "status 503"},
		{504, "", "", false, "status 504"},
	} {
		s := newStandIn(t)
		s.does(func(w http.ResponseWriter, _ *http.Request, _ []pushed) bool {
			if c.header != "" {
				w.Header().Set("Content-Type", c.header)
			}
			w.WriteHeader(c.status)
			said := c.said + canary
			if c.header == "application/json" {
				said = strings.TrimSuffix(c.said, "}") + `, "more": "` + canary + `"}`
			}
			if _, err := w.Write([]byte(said)); err != nil {
				return true // a status that has no body
			}
			return true
		})
		config := testConfig(s.URL)
		o := mustOpen(t, config)
		batch := newRecords(t, config).spaced(3, time.Now(), 0)
		err := o.Write(t.Context(), batch)
		if err == nil || outputs.IsPermanent(err) || outputs.IsRefused(err) != c.refused || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%d %s: %v; want refused %v and %q", c.status, c.said, err, c.refused, c.words)
			continue
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%d: the error holds the answer's text: %v", c.status, err)
		}
		if s.pushes != 1 {
			t.Errorf("%d: %d pushes; want one and then the pipeline's wait", c.status, s.pushes)
		}
		s.does(nil)
		if err := o.Write(t.Context(), batch); err != nil || len(s.all()) != 3 {
			t.Errorf("%d: %v, %d lines are stored afterwards", c.status, err, len(s.all()))
		}
	}
}

func TestProbe(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	o := mustOpen(t, c)
	if err := o.Probe(t.Context()); err != nil || len(s.names()) != 0 {
		t.Errorf("%v, streams %v", err, s.names())
	}
	s.mu.Lock()
	s.limits.auth = true
	s.mu.Unlock()
	if err := o.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "set tenant") {
		t.Errorf("%v; want the tenant asked for", err)
	}
	for tenant, want := range map[string]string{"jupyter": "jupyter", "{team|none}": "none", "a-{team}": "a-probe"} {
		c := testConfig(s.URL)
		c.Tenant = tenant
		if err := mustOpen(t, c).Probe(t.Context()); err != nil || s.requests[len(s.requests)-1].Header.Get("X-Scope-OrgID") != want {
			t.Errorf("%s: %v; want it asked as %q", tenant, err, want)
		}
	}
	for _, status := range []int{http.StatusOK, http.StatusNoContent, http.StatusBadRequest, http.StatusUnprocessableEntity} {
		s.says(status, "what is this")
		if err := o.Probe(t.Context()); !outputs.IsRefused(err) {
			t.Errorf("%d: %v; a server that answers so does not know pushes, and is no Loki", status, err)
		}
	}
	s.says(http.StatusBadRequest, "max entry size '1' bytes exceeded for stream '{}' while adding an entry with length '100' bytes")
	if err := o.Probe(t.Context()); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "check that url") {
		t.Errorf("%v; an empty push has no entry", err)
	}
	s.Close()
	if err := o.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v; want the address named", err)
	}
}
