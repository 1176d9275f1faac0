package noninterference

import (
	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

// Config is what is tested: a configuration, compiled.
type Config struct {
	Registry *schema.Registry
	Inputs   []Input
	Outputs  []Output
	Pairs    int    // at each output
	Seed     uint64 // what is made up follows from it
	Folder   string // for what outputs and the pipeline write; empty
	// Until ends the test of an output, by its index, early where it gives false; nil: never.
	Until func(output int) bool

	made map[[2]int][]event // by input and schema
}

// Input is one input.
type Input struct {
	Name    string
	Rules   schema.Rules
	Checker *schema.Checker
}

// Output is one output. Its destination is not connected to: see
// outputs.Movable.
type Output struct {
	Kind, Name string
	Policy     filters.Policy
	Batch      pipeline.Batch
	Config     outputs.Config
}
