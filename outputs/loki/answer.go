package loki

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/outputs"
)

// The classes of rejection: a fixed list, never Loki's own text, which holds
// values of labels.
const (
	classTooOld        = "too_old"
	classTooNew        = "too_new"
	classTooFarBehind  = "too_far_behind"
	classOutOfOrder    = "out_of_order"
	classLineTooLong   = "line_too_long"
	classTooManyLabels = "too_many_labels"
	classLabelName     = "label_name_too_long"
	classLabelValue    = "label_value_too_long"
	classInvalidLabels = "invalid_labels"
	classNoLabels      = "no_labels"
	classMetadata      = "metadata_too_large"
	classTooLarge      = "too_large"
	classTenant        = "invalid_tenant"
	classNoTime        = "no_time"
	classEmpty         = "empty" // only a Probe pushes nothing
	classOther         = "other" // see convict
)

// blocked is what to do where Loki is set to take nothing for a while.
const blocked = "it is set to take nothing of this tenant, or nothing of a policy, for a while: see its limits_config.block_ingestion_until and block_ingestion_policy_until"

// phrases are what Loki says where it refuses a push (its package validation,
// chunkenc/interface.go, and dskit's tenant and user): what is wrong with a
// record, or what is not set up, and then nothing is rejected.
var phrases = []struct{ said, class, todo string }{
	{"has timestamp too old", classTooOld, ""},
	{"has timestamp too new", classTooNew, ""},
	{"entry too far behind", classTooFarBehind, ""},
	{"entry out of order", classOutOfOrder, ""},
	{"max entry size", classLineTooLong, ""},
	{"label names; limit", classTooManyLabels, ""},
	{"has label name too long", classLabelName, ""},
	{"has label value too long", classLabelValue, ""},
	{"has duplicate label name", classInvalidLabels, ""},
	{"error parsing labels", classInvalidLabels, ""},
	{"at least one label pair is required", classNoLabels, ""},
	{"has structured metadata too large", classMetadata, ""},
	{"has too many structured metadata labels", classMetadata, ""},
	{"at least one valid stream is required", classEmpty, ""},
	{"ingestion blocked for user", "", blocked},
	{"HTTP request to an HTTPS server", "", "it speaks TLS there: write https:// in url"},
	{"this feature is disallowed", "", `it is set to refuse structured metadata: set limits_config.allow_structured_metadata there, or metadata = [] for this output`},
	{"missing required labels", "", `it is set to demand labels that this output does not give: add those of its limits_config.enforced_labels to labels`},
	{"tenant ID", "", `it does not take the tenant: check tenant`},
	{"no org id", "", `it asks for a tenant: set tenant`},
}

// answer is what Loki said to a push: taken where all is empty.
type answer struct {
	class string // something in it is at fault
	large bool   // of the faults: it is too large
	slow  bool   // it asks for less
	err   error  // it may be taken later; beside classOther: why, where nothing is found to be at fault
}

// post sends a body, which holds the entries, to Loki's push and judges the
// answer. Only what Loki says to what it takes is taken.
func (o *output) post(ctx context.Context, tenant string, body []byte, entries []entry) answer {
	status, page, text, err := o.request(ctx, http.MethodPost, o.url, tenant, body)
	switch {
	case err != nil:
		return answer{err: unreached(err)}
	case page && (status < 300 || httpsend.Classify(status) == httpsend.Fault):
		return answer{err: o.refused(status, "what answers is a page for people, not Loki: check that url is Loki's or its gateway's")}
	case status == http.StatusNoContent:
		return answer{}
	case status == 260: // as delivered, how Loki says that it throws the push away
		return answer{err: o.refused(status, blocked)}
	case status < 300:
		return answer{err: o.refused(status, "Loki says 204 to what it takes: check that url is Loki's or its gateway's, and that its block_ingestion_status_code is not this")}
	}
	// Its parts pass messages to each other, with a limit of their own.
	if status >= 500 && bytes.Contains(text, []byte("message larger than max")) {
		return o.about(status, answer{class: classTooLarge, large: true})
	}
	switch httpsend.Classify(status) {
	case httpsend.TooLarge:
		return o.about(status, answer{class: classTooLarge, large: true})
	case httpsend.Fault:
		return o.fault(status, unwrapped(text), entries)
	}
	err = o.said(status, o.advice(status, text))
	if httpsend.Classify(status) == httpsend.Denied {
		err = outputs.Refused(err)
	}
	return answer{err: err, slow: status == http.StatusTooManyRequests}
}

// fault judges what was said to a push that is not taken as it is.
func (o *output) fault(status int, text []byte, entries []entry) answer {
	class, todo := heard(text)
	switch {
	case todo != "":
		return answer{err: o.refused(status, todo)}
	case class == classEmpty && len(entries) > 0:
		return answer{err: o.refused(status, "it got an empty push: something on the way takes the body out, such as a gateway that redirects")}
	case class != classOther:
		return o.about(status, answer{class: class})
	case o.streams.named(text, entries):
		return o.about(status, answer{class: classOther, err: o.refused(status, "it refuses records in words that the agent does not know, and nothing shows that these records alone are at fault: see Loki's log for why, and mend that there, or take a newer agent")})
	}
	return answer{err: o.refused(status, "nothing in the answer shows that Loki has read the push: `check --connect` says whether this is Loki; where it is, see its log for why")}
}

// about notes who says what is about the records at fault.
func (o *output) about(status int, a answer) answer {
	o.by = fmt.Sprintf("%s, status %d", o.address, status)
	return a
}

// unreached is the error of a push that got no answer.
func unreached(err error) error {
	err = fmt.Errorf("push to Loki: %w", err)
	if httpsend.Refuses(err) {
		return outputs.Refused(err)
	}
	return err
}

// request sends one request; page says that the answer is HTML. text may echo
// what was sent and must not get out.
func (o *output) request(ctx context.Context, method, url, tenant string, body []byte) (status int, page bool, text []byte, err error) {
	within, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(within, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, false, nil, errors.New("the address is not right: check url")
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-protobuf")
	}
	if tenant != "" {
		req.Header.Set("X-Scope-OrgID", tenant)
	}
	res, err := o.sender.RoundTrip(req)
	if err != nil {
		return 0, false, nil, err
	}
	defer res.Body.Close()
	text, err = io.ReadAll(res.Body)
	var long *httpsend.LongError
	if err != nil && !errors.As(err, &long) { // what is too long is none the less an answer
		return 0, false, nil, err
	}
	return res.StatusCode, strings.HasPrefix(res.Header.Get("Content-Type"), "text/html"), text, nil
}

// unwrapped is what Loki says, also where a gateway has put it into JSON.
func unwrapped(text []byte) []byte {
	if !json.Valid(text) {
		return text
	}
	var said []byte
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if err != nil {
			return said
		}
		if s, ok := token.(string); ok {
			said = append(append(said, s...), '\n')
		}
	}
}

// heard finds what is at fault in Loki's text, or what is to be done.
func heard(text []byte) (class, todo string) {
	said := withoutQuoted(text)
	first := len(said)
	class = classOther
	for _, p := range phrases {
		// The first counts: some of Loki's sentences end with a value.
		if at := bytes.Index(said, []byte(p.said)); at >= 0 && at < first {
			first, class, todo = at, p.class, p.todo
		}
	}
	return class, todo
}

// withoutQuoted leaves out what stands in double quotes: the values of labels,
// which could say anything.
func withoutQuoted(text []byte) []byte {
	var plain []byte
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted:
			plain = append(plain, c)
		}
	}
	return plain
}

// advice is what to do after a status that is not about what was sent.
func (o *output) advice(status int, text []byte) string {
	switch status {
	case http.StatusUnauthorized:
		if class, todo := heard(unwrapped(text)); class == "" {
			return todo
		}
		return "the login is missing or wrong: check username and password_file, or bearer_token_file, and tenant"
	case http.StatusForbidden:
		return "the login may not write here: give it the right to, or check tenant"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "there is no " + pushPath + ": check url, which is what stands before that path"
	case http.StatusTooManyRequests:
		return "it asks for less: it is sent more slowly, in smaller pushes; where this goes on, raise its ingestion_rate_mb, ingestion_burst_size_mb and per_stream_rate_limit"
	}
	return ""
}

// said is the error of a status, in words of our own.
func (o *output) said(status int, advice string) error {
	if advice == "" {
		return fmt.Errorf("push to Loki: %w", o.sender.Refused(o.address, status))
	}
	return fmt.Errorf("push to Loki: %s: status %d: %s", o.address, status, advice)
}

// refused is said, where somebody has to act.
func (o *output) refused(status int, advice string) error {
	return outputs.Refused(o.said(status, advice))
}
