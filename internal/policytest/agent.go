package policytest

import (
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

// Agent is what the tests are about: a configuration with everything compiled.
type Agent struct {
	Registry *schema.Registry
	Consent  *Consent // that the Filters ask; nil where no output asks anybody
	Inputs   []Input
	Outputs  []Output
}

// Input is one input of the configuration.
type Input struct {
	Name    string
	Checker *schema.Checker
	Source  *inputs.Source
	MaxLine int // bytes
}

// Output is one output of the configuration.
type Output struct {
	Name        string
	Filter      *filters.Filter
	Config      outputs.Config
	TrustedOnly bool
}

func (a *Agent) input(name string) *Input {
	for i := range a.Inputs {
		if a.Inputs[i].Name == name {
			return &a.Inputs[i]
		}
	}
	return nil
}

func (a *Agent) output(name string) *Output {
	for i := range a.Outputs {
		if a.Outputs[i].Name == name {
			return &a.Outputs[i]
		}
	}
	return nil
}

func (a *Agent) inputNames() (names []string) {
	for i := range a.Inputs {
		names = append(names, a.Inputs[i].Name)
	}
	return names
}

func (a *Agent) outputNames() (names []string) {
	for i := range a.Outputs {
		names = append(names, a.Outputs[i].Name)
	}
	return names
}
