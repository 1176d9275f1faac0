package main

import (
	"errors"
	"fmt"
	"strings"

	inputkinds "jupyter-events-agent/inputs/all"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/consent"
	"jupyter-events-agent/internal/keyring"
	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/internal/tokens"
	outputkinds "jupyter-events-agent/outputs/all"
	"jupyter-events-agent/schema"
)

// loaded is a configuration with everything compiled that it names.
type loaded struct {
	config   *config.Config
	registry *schema.Registry
	checkers []*schema.Checker // by index of config.Inputs
	filters  []*filters.Filter // by index of config.Outputs; without event keys, and with tokens that are not kept
	consents []*consent.File   // by index of config.Outputs; nil where nobody is asked
	secrets  [][32]byte        // of the table of tokens
	warnings []string
}

func kinds() config.Kinds {
	return config.Kinds{Inputs: inputkinds.Kinds, Outputs: outputkinds.Kinds}
}

// load reads the configuration, the schemas and the policies. It opens no
// destination and no state. The error is every mistake that could be found.
func load(file string) (*loaded, error) {
	c, err := config.Load(file, kinds())
	return compile(c, err)
}

// runnable is load for a run, which reads every secret and certificate that is
// named. byHand: another process does; what systemd shows to the agent alone is
// then a warning.
func runnable(file string, byHand bool) (*loaded, error) {
	c, err := config.Load(file, kinds())
	unread, unseen := unreadable(c, byHand)
	if c != nil && len(unread) > 0 {
		var mistakes config.Mistakes
		errors.As(err, &mistakes)
		err = append(mistakes, unread...)
	}
	l, err := compile(c, err)
	if err == nil {
		l.warnings = append(l.warnings, unseen...)
		err = l.config.Runnable()
	}
	if err == nil {
		err = l.locked()
	}
	if err == nil {
		err = l.asked()
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// compile goes on from a configuration that was read. Where that had
// mistakes the rest is compiled all the same, to find the others.
func compile(c *config.Config, err error) (*loaded, error) {
	var mistakes config.Mistakes
	if err != nil {
		if !errors.As(err, &mistakes) || c == nil {
			return nil, err
		}
	}
	l := &loaded{config: c}
	var failed error
	l.registry, failed = schema.Load(c.Schemas)
	mistakes = append(mistakes, lines(c.File+": schemas: ", failed)...)
	l.warnings = append(l.warnings, l.registry.Warnings()...)
	for i := range c.Inputs {
		if failed != nil {
			continue // what it carries may be among the schemas that failed
		}
		checker, err := l.registry.Checker(c.Inputs[i].Rules)
		mistakes = append(mistakes, lines(c.File+": "+c.Inputs[i].Where()+": ", err)...)
		l.checkers = append(l.checkers, checker)
		l.unread(&c.Inputs[i])
	}
	pseudonyms, err := pseudonyms(c.Pseudonyms)
	mistakes = append(mistakes, lines(c.File+": pseudonyms.key_file: ", err)...)
	l.secrets, err = tokenSecrets(c.Tokens)
	mistakes = append(mistakes, lines(c.File+": tokens.key_file: ", err)...)
	var sources []*inputs.Source
	for i := range c.Inputs {
		sources = append(sources, c.Inputs[i].Rules.Source)
	}
	compiler := filters.NewCompiler(l.registry)
	for i := range c.Outputs {
		at := c.Outputs[i].Where() + ": "
		c.Outputs[i].Policy.Pseudonyms = pseudonyms
		c.Outputs[i].Policy.Sources = sources
		if c.Tokens.KeyFile != "" {
			c.Outputs[i].Policy.Tokens = tokens.Fresh().Scope
		}
		l.consents = append(l.consents, whom(&c.Outputs[i]))
		filter, warnings, err := compiler.Compile(c.Outputs[i].Policy)
		mistakes = append(mistakes, lines(c.File+": "+at, err)...)
		for _, w := range warnings {
			l.warnings = append(l.warnings, at+w)
		}
		l.filters = append(l.filters, filter)
		mistakes = append(mistakes, l.audit(i)...)
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	l.persons()
	return l, nil
}

// unread warns of lines of an input that can never be events: the input is
// pinned to what no schema is called, or its pattern does not fit its paths.
func (l *loaded) unread(in *config.Input) {
	for _, w := range in.Strays() {
		l.warnings = append(l.warnings, in.Where()+": "+w)
	}
	pins := in.Rules.Schemas
	for _, pin := range pins {
		if len(l.registry.Match([]string{pin})) == 0 {
			l.warnings = append(l.warnings, fmt.Sprintf("%s: schemas: no schema is called %q%s", in.Where(), pin, near.HintOfPattern(pin, l.registry.IDs())))
		}
	}
	if len(pins) > 0 && len(l.registry.Match(pins)) == 0 {
		l.warnings = append(l.warnings, in.Where()+": schemas: none is known, so every event here is a fault and goes nowhere (see schemas.paths)")
	}
}

// pseudonyms are what the configuration has them made with; nil for nothing.
func pseudonyms(c config.Pseudonyms) (*filters.Pseudonyms, error) {
	if c.KeyFile == "" {
		return nil, nil
	}
	p := &filters.Pseudonyms{Epoch: c.Epoch}
	keys, err := keyring.Read(c.KeyFile)
	for _, k := range keys {
		p.Keys = append(p.Keys, filters.PseudonymKey{Since: k.Since.UnixMicro(), Secret: k.Secret})
	}
	return p, err
}

// lines are the errors that were joined, one by one.
func lines(at string, err error) (all config.Mistakes) {
	for _, e := range parts(err) {
		all = append(all, at+e.Error())
	}
	return all
}

// parts are the errors that were joined.
func parts(err error) (all []error) {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		for _, e := range joined.Unwrap() {
			all = append(all, parts(e)...)
		}
		return all
	}
	return []error{err}
}

// output is the index of the output of that name.
func (l *loaded) output(name string) (int, error) {
	var names []string
	for i := range l.config.Outputs {
		if l.config.Outputs[i].Name == name {
			return i, nil
		}
		names = append(names, l.config.Outputs[i].Name)
	}
	if len(names) == 0 {
		return 0, config.Mistakes{l.config.File + ": there is no output: add one, such as [[outputs.file]] with name, path and policy"}
	}
	return 0, usage{fmt.Errorf("--output: there is no output %q in %s, only %s", name, l.config.File, strings.Join(names, ", "))}
}

// input is the index of the input of that name, of the first where it is "".
func (l *loaded) input(name string) (int, error) {
	var names []string
	for i := range l.config.Inputs {
		if l.config.Inputs[i].Name == name || name == "" {
			return i, nil
		}
		names = append(names, l.config.Inputs[i].Name)
	}
	if len(names) == 0 {
		return 0, config.Mistakes{l.config.File + ": there is no input: add one, such as [[inputs.file]] with name and paths"}
	}
	return 0, usage{fmt.Errorf("--input: there is no input %q in %s, only %s", name, l.config.File, strings.Join(names, ", "))}
}
