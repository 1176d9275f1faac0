package pages

import (
	"crypto/sha256"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/schema"
)

// Agent is a compiled configuration as the pages speak of it.
type Agent struct {
	file     string // the configuration's name without folders
	folder   string // its folder, with a separator at the end: files in it are named from there
	config   *config.Config
	registry *schema.Registry
	checkers []*schema.Checker // by index of config.Inputs
	outputs  []output
	warnings []string
}

// output is one that the pages are to speak of.
type output struct {
	*config.Output
	filter *filters.Filter
	maker  *filters.Filter // of samples: the same with an example's keys
	rows   []filters.Row   // Rows
	loose  bool            // members that no schema declares go out with what holds them
}

// Gather takes what a configuration was compiled to: the checkers by index of
// its inputs, the filters by index of its outputs, the outputs that the pages
// are to speak of, and what check warns of. An error says which policy does not hold.
func Gather(c *config.Config, r *schema.Registry, checkers []*schema.Checker, made []*filters.Filter, outputs []int, warnings []string) (*Agent, error) {
	folder, err := filepath.Abs(filepath.Dir(c.File))
	if err != nil {
		return nil, fmt.Errorf("finding the folder of %s: %w", c.File, err)
	}
	a := &Agent{
		file: filepath.Base(c.File), folder: strings.TrimSuffix(folder, string(filepath.Separator)) + string(filepath.Separator),
		config: c, registry: r, checkers: checkers,
	}
	compiler := filters.NewCompiler(r)
	for _, i := range outputs {
		o := output{Output: &c.Outputs[i], filter: made[i], rows: Rows(c, r, checkers, made[i])}
		o.loose = o.inherits() && slices.ContainsFunc(o.rows, func(row filters.Row) bool {
			return row.Verdict == "sent" && row.Input == "" && r.Find(row.Schema, row.Version).Places()[row.Place].Types&^schema.ScalarTypes != 0
		})
		policy := o.Policy
		show(&policy)
		if o.maker, _, err = compiler.Compile(policy); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Where(), err)
		}
		a.outputs = append(a.outputs, o)
	}
	for _, w := range warnings {
		a.warnings = append(a.warnings, a.text(w))
	}
	return a, nil
}

// show makes a policy one whose records may stand on a page. Real keys would
// tell which code stands for a name that somebody has, real tokens would be
// made and kept, and who has said yes is nobody's business; and a page is the
// same after a key was rotated.
func show(p *filters.Policy) {
	p.Key = filters.OutputKey([]byte("an example, of no agent"), p.Output)
	if p.Pseudonyms != nil && len(p.Pseudonyms.Keys) > 0 {
		p.Pseudonyms = &filters.Pseudonyms{Epoch: p.Pseudonyms.Epoch, Keys: []filters.PseudonymKey{{Since: math.MinInt64}}}
	}
	if p.Tokens != nil {
		p.Tokens = func(scope ...string) func([]byte) ([16]byte, bool) {
			return func(value []byte) (token [16]byte, ok bool) {
				sum := sha256.Sum256(append([]byte(strings.Join(scope, "\x00")+"\x00"), value...))
				return [16]byte(sum[:16]), true
			}
		}
	}
	if p.Consent != nil {
		p.Consent = &filters.Consent{Yes: func([]byte) bool { return true }, WithoutSubject: p.Consent.WithoutSubject}
	}
}

// text is a text with the files of the configuration's folder named from there,
// so that a page does not depend on where that is.
func (a *Agent) text(s string) string { return plain(strings.ReplaceAll(s, a.folder, "")) }

// allowed are the inputs that take events of the schema.
func (a *Agent) allowed(s *schema.Schema) (inputs []int) {
	for i, c := range a.checkers {
		if c.Allows(s) {
			inputs = append(inputs, i)
		}
	}
	return inputs
}

// Rows explain an output's policy, without what no input brings it.
func Rows(c *config.Config, r *schema.Registry, checkers []*schema.Checker, f *filters.Filter) []filters.Row {
	brings := map[string]bool{} // by name of an input
	for _, s := range r.Schemas() {
		for _, i := range f.From(checkers, s) {
			brings[c.Inputs[i].Name] = true
		}
	}
	return slices.DeleteFunc(f.Explain(), func(row filters.Row) bool {
		if row.Input != "" {
			return !brings[row.Input] && !row.Drops // one that drops all says why nothing comes
		}
		return !f.Gets(checkers, r.Find(row.Schema, row.Version))
	})
}

// gets says whether events of the schema go to the output.
func (a *Agent) gets(o *output, s *schema.Schema) bool { return o.filter.Gets(a.checkers, s) }

// taken says whether events of the schema go to any of the outputs.
func (a *Agent) taken(s *schema.Schema) bool {
	return slices.ContainsFunc(a.outputs, func(o output) bool { return a.gets(&o, s) })
}

// inherits says whether the output gets members that no schema declares with
// those that hold them.
func (o *output) inherits() bool { return o.Policy.Undeclared == "inherit" }

// everything says whether the policy is categories = ["*"].
func (o *output) everything() bool { return slices.Contains(o.Policy.Categories, "*") }
