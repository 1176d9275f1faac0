package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/signkey"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

// audit finds what may not stand beside audit = true: an audit file has every
// event of the trusted inputs, or says in its configuration what it leaves out.
func (l *loaded) audit(i int) (mistakes config.Mistakes) {
	out := &l.config.Outputs[i]
	if !out.Audit {
		return nil
	}
	mistake := func(format string, a ...any) {
		mistakes = append(mistakes, l.config.File+": "+out.Where()+": "+fmt.Sprintf(format, a...))
	}
	if len(out.Policy.DropEvents) > 0 {
		mistake("policy.drop_events_with: would leave events out of an audit file, and nobody who reads it could know: take it out, and let the policy's categories withhold what must not go here")
	}
	trusted, others := l.byTrust()
	if len(l.config.Inputs) > 0 && len(trusted) == 0 {
		mistake("audit: takes only events of trusted inputs, and there is none: vouch for who can write into one with trusted = true, or take audit out")
	}
	if left, input := l.leftOut(i, trusted); len(left) > 0 {
		more := ""
		if n := len(left) - 1; n > 0 {
			more = fmt.Sprintf(" and of %s", count(n, "other schema"))
		}
		mistake("policy.schemas: would leave events of %s%s out of an audit file, which %s may bring: take policy.schemas out, or pin the trusted inputs to the same schemas by their key schemas, so that other events are faults, which are kept", left[0], more, input.Where())
	}
	if path := l.signingKey(i); path != l.config.MadeKey || !missing(path) {
		if _, err := signkey.Read(path); err != nil {
			mistake("sign.key_file: %v", err)
		}
	}
	if len(others) > 0 && !out.TrustSaid {
		var names []string
		for _, in := range others {
			names = append(names, in.Where())
		}
		l.warnings = append(l.warnings, out.Where()+": audit: events of "+strings.Join(names, ", ")+" do not go here, as nobody vouches for who can write there; policy.trusted_only = true says that this is known")
	}
	return mistakes
}

// byTrust parts the inputs.
func (l *loaded) byTrust() (trusted, others []*config.Input) {
	for i := range l.config.Inputs {
		if in := &l.config.Inputs[i]; in.Rules.Source.Trusted {
			trusted = append(trusted, in)
		} else {
			others = append(others, in)
		}
	}
	return trusted, others
}

// leftOut are the schemas whose events one of the inputs may bring and the
// output does not take, and the first such input.
func (l *loaded) leftOut(i int, from []*config.Input) (left []string, first *config.Input) {
	if l.filters[i] == nil { // its policy has mistakes of its own
		return nil, nil
	}
	for _, s := range l.registry.Schemas() {
		if l.filters[i].Takes(s) {
			continue
		}
		for _, in := range from {
			if !l.brings(in, s) {
				continue
			}
			if left = append(left, s.ID()+" version "+s.Version()); first == nil {
				first = in
			}
			break
		}
	}
	return left, first
}

// brings says whether events of the schema may come from the input.
func (l *loaded) brings(in *config.Input, s *schema.Schema) bool {
	if in.Rules.Envelope == schema.None && !slices.Contains(l.registry.Match([]string{in.Rules.Schema}), s) {
		return false
	}
	return len(in.Rules.Schemas) == 0 || slices.Contains(l.registry.Match(in.Rules.Schemas), s)
}

// signingKey is the file of the keys of an audit output.
func (l *loaded) signingKey(i int) string {
	a, ok := l.config.Outputs[i].Config.(outputs.Auditing)
	if !ok {
		return ""
	}
	return *a.SigningKey()
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// signing makes the key of audit files in state_dir, where the configuration
// names none and it is not there yet.
func (w *wiring) signing(c *config.Config) error {
	if c.MadeKey == "" || !missing(c.MadeKey) {
		return nil
	}
	public, err := signkey.New(c.MadeKey)
	if err != nil {
		return err
	}
	w.log.Warn("made the key that audit files are signed with: keep its public key where who can change the audit files cannot write",
		"public", c.MadeKey+signkey.PublicSuffix, "key", public.ID)
	return nil
}
