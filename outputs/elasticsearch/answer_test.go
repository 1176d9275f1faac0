package elasticsearch

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestItems: what becomes of one record by what the destination says of it.
func TestItems(t *testing.T) {
	const retry, gone, stored = "sent again", "rejected", "stored"
	for _, c := range []struct {
		status  int
		kind    string
		want    string
		refused bool   // somebody has to act
		says    string // class where rejected
	}{
		{201, "", stored, false, ""},
		{200, "", stored, false, ""},
		{409, "version_conflict_engine_exception", stored, false, ""},
		{400, "document_parsing_exception", gone, false, "document_parsing_exception"},
		{400, "mapper_parsing_exception", gone, false, "mapper_parsing_exception"},
		{400, "strict_dynamic_mapping_exception", gone, false, "strict_dynamic_mapping_exception"},
		{400, "illegal_argument_exception", gone, false, "illegal_argument_exception"},
		{400, "canary", gone, false, "other"},
		{400, "", gone, false, "other"},
		{400, "illegal_state_exception", gone, false, "illegal_state_exception"},
		{413, "canary", gone, false, "other"},
		{400, "validation_exception", retry, true, "cluster.max_shards_per_node"},
		{400, "index_closed_exception", retry, true, "it is closed: open it"},
		{400, "invalid_index_name_exception", retry, true, "correct index"},
		{403, "security_exception", retry, true, "privileges auto_configure and create_doc"},
		{403, "cluster_block_exception", retry, true, "blocked for writing"},
		{403, "canary", retry, true, "(other)"},
		{401, "security_exception", retry, true, "check --connect"},
		{404, "index_not_found_exception", retry, true, "setup elasticsearch --output elk --apply"},
		{405, "", retry, true, "check --connect"},
		{429, "es_rejected_execution_exception", retry, false, "cannot take them now"},
		{429, "cluster_block_exception", retry, false, "cannot take them now"},
		{500, "canary", retry, false, "cannot take them now"},
		{503, "unavailable_shards_exception", retry, false, "cannot take them now"},
		{0, "", retry, false, "status 0"},
	} {
		s := newStandIn(t)
		config := testConfig(s.URL)
		o := mustOpen(t, config)
		batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`, `"n": 2`, `"n": 3`)
		s.each = func(d document) (int, string) {
			if strings.Contains(d.source, `"n":2`) {
				return c.status, c.kind
			}
			return http.StatusCreated, ""
		}
		err := o.Write(t.Context(), batch)
		got := stored
		var partial *outputs.PartialError
		if errors.As(err, &partial) {
			switch {
			case reflect.DeepEqual(partial.Retry, []int{1}) && len(partial.Rejected) == 0:
				got = retry
			case reflect.DeepEqual(partial.Rejected, []outputs.Rejection{{Index: 1, Class: c.says}}) && len(partial.Retry) == 0:
				got = gone
			}
		} else if err != nil {
			got = err.Error()
		}
		switch {
		case got != c.want:
			t.Errorf("%d %s: %s; want %s (%v)", c.status, c.kind, got, c.want, err)
		case outputs.IsRefused(err) != c.refused:
			t.Errorf("%d %s: refused is %v", c.status, c.kind, !c.refused)
		case got == gone && !strings.HasSuffix(err.Error(), fmt.Sprintf("1 rejected (1 %s) by %s, status %d", c.says, strings.TrimPrefix(s.URL, "http://"), c.status)):
			t.Errorf("%d %s: %v; want it said who rejects", c.status, c.kind, err)
		case got == retry && !strings.Contains(err.Error(), c.says):
			t.Errorf("%d %s: %v; want %q in it", c.status, c.kind, err, c.says)
		case err != nil && strings.Contains(err.Error(), "canary"):
			t.Errorf("%d %s: %v shows what the destination said", c.status, c.kind, err)
		}
	}
}

// TestWorstIsSaid: of several reasons to send again the one that somebody has
// to act on is said.
func TestWorstIsSaid(t *testing.T) {
	s := newStandIn(t)
	config := testConfig(s.URL)
	o := mustOpen(t, config)
	batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`, `"n": 2`, `"n": 3`)
	s.each = func(d document) (int, string) {
		switch {
		case strings.Contains(d.source, `"n":1`):
			return 429, "es_rejected_execution_exception"
		case strings.Contains(d.source, `"n":2`):
			return 404, "index_not_found_exception"
		}
		return 503, "unavailable_shards_exception"
	}
	err := o.Write(t.Context(), batch)
	if partial := (*outputs.PartialError)(nil); errors.As(err, &partial) {
		t.Errorf("%v: none was taken, so nothing is partial", err)
	}
	if !outputs.IsRefused(err) || !strings.Contains(err.Error(), "404") {
		t.Error(err)
	}
}

// TestNoAnswer: what becomes of a batch that no cluster answers to. Somebody has
// to act on a certificate and on a file that is not there; a server that is away
// comes back by itself.
func TestNoAnswer(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	other.Config.ErrorLog = log.New(io.Discard, "", 0)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a2V5"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config  Config
		refused bool
		says    string
	}{
		"another authority":    {Config{URLs: []string{other.URL}}, true, "signed by an unknown authority: set tls.ca_file"},
		"no file of the key":   {Config{URLs: []string{newStandIn(t).URL}, APIKeyFile: key}, true, "read the secret " + key},
		"nobody is there":      {Config{URLs: []string{"http://127.0.0.1:1"}}, false, "connection refused"},
		"one of both is there": {Config{URLs: []string{"http://127.0.0.1:1", other.URL}}, true, "unknown authority"},
	} {
		config := testConfig(c.config.URLs...)
		config.APIKeyFile = c.config.APIKeyFile
		o := mustOpen(t, config)
		if c.config.APIKeyFile != "" {
			if err := os.Remove(key); err != nil {
				t.Fatal(err)
			}
		}
		batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`)
		for what, err := range map[string]error{"Write": o.Write(t.Context(), batch), "Probe": o.Probe(t.Context())} {
			if err == nil || outputs.IsRefused(err) != c.refused || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, %s: %v (refused: %v)", name, what, err, outputs.IsRefused(err))
			}
		}
	}
}

// TestWhole: what becomes of a batch by what the destination says of the
// request. Nothing of it is ever given up but by halves.
func TestWhole(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		refused bool
		says    string
	}{
		"wrong login":         {401, `{"error":{"type":"security_exception","reason":"canary"},"status":401}`, true, "the service asks for a login"},
		"no right":            {403, `{"error":{"type":"security_exception","reason":"canary"},"status":403}`, true, "privileges auto_configure and create_doc on logs-jupyter.events-default"},
		"wrong path":          {404, `<html>canary</html>`, true, "no such place"},
		"a redirect":          {302, ``, true, "sends the agent elsewhere"},
		"not understood":      {400, `{"error":{"root_cause":[],"type":"illegal_argument_exception","reason":"canary"},"status":400}`, true, "status 400 (illegal_argument_exception)"},
		"not understood, odd": {400, `{"error":"no handler found for uri [canary]"}`, true, "status 400 (other)"},
		"busy":                {429, `{"error":{"type":"es_rejected_execution_exception"},"status":429}`, false, "429"},
		"away":                {503, ``, false, "503"},
		"not JSON":            {200, `<html>canary</html>`, false, "not one of _bulk"},
		"cut":                 {200, `{"errors":false,"items":[{"create":{"status":201}},{"crea`, false, "not one of _bulk"},
		"nothing":             {200, ``, false, "not one of _bulk"},
		"too few items":       {200, `{"errors":false,"items":[{"create":{"status":201}}]}`, false, "about 1 records and 2 were sent"},
		"too many items":      {200, `{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}},{"create":{"status":201}}]}`, false, "about 3 records and 2 were sent"},
		"no items":            {200, `{"errors":false}`, false, "about 0 records and 2 were sent"},
		"other actions":       {200, `{"errors":false,"items":[{"index":{"status":201}},{"index":{"status":201}}]}`, false, "not one of _bulk"},
		"too long":            {200, strings.Repeat(" ", 10_000), false, "longer than"},
		"a page after it":     {200, `{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}canary`, false, "not one of _bulk"},
	} {
		s := newStandIn(t)
		config := testConfig(s.URL)
		o := mustOpen(t, config)
		batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`, `"n": 2`)
		s.whole = status(c.status, c.body)
		err := o.Write(t.Context(), batch)
		var partial *outputs.PartialError
		if err == nil || errors.As(err, &partial) || outputs.IsPermanent(err) || errors.Is(err, outputs.ErrTooLarge) {
			t.Errorf("%s: %v: want that the whole is sent again", name, err)
			continue
		}
		if outputs.IsRefused(err) != c.refused || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v (refused: %v)", name, err, outputs.IsRefused(err))
		}
		s.set(func() { s.whole = nil })
		if err := o.Write(t.Context(), batch); err != nil {
			t.Errorf("%s: and then: %v", name, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	s := newStandIn(t)
	config := testConfig(s.URL)
	o := mustOpen(t, config)
	s.whole = status(413, "")
	err := o.Write(t.Context(), newMaker(t, config, filters.Policy{}).of(`"n": 1`))
	if !errors.Is(err, outputs.ErrTooLarge) || !strings.Contains(err.Error(), "http.max_content_length") {
		t.Error(err)
	}
}

// TestOtherForms: an answer with the same meaning in another form is read.
func TestOtherForms(t *testing.T) {
	o := mustOpen(t, testConfig("http://127.0.0.1:1"))
	for _, answer := range []string{
		`{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}`,
		`{"items":[{"create":{"status":201}},{"create":{"status":201}}],"errors":false}`,
		`{"took":30,"errors":false,"items":[{"create":{"_index":"x","_id":"1","status":201}},{"create":{"_index":"x","_id":"2","status":409,"error":{"type":"x"}}}]}` + "\n",
		`{"errors":true,"items":[{"create":{"status":409}},{"create":{"status":201}}]}`,
	} {
		items, err := o.items([]byte(answer), 2)
		if err == nil {
			err = o.judge(items)
		}
		if err != nil {
			t.Errorf("%s: %v", answer, err)
		}
	}
	for _, answer := range []string{
		`{"errors":false,"items":[{"create":{"status":201}};{"create":{"status":201}}]}`,
		`{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}}}`,
		`{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201},"delete":{"status":200}}]}`,
	} {
		if _, err := o.items([]byte(answer), 2); err == nil {
			t.Errorf("%s is taken for a yes", answer)
		}
	}
}
