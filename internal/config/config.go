package config

import (
	"os"
	"path/filepath"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/aside"
	"jupyter-events-agent/internal/telemetry"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

// DefaultFile is read where no other file is named.
const DefaultFile = "/etc/jupyter-events-agent/agent.toml"

// Kinds are the kinds of inputs and outputs that a configuration may name,
// each with the constructor of its part with its defaults.
type Kinds struct {
	Inputs  map[string]func() inputs.Config
	Outputs map[string]func() outputs.Config
}

// Config is a configuration, defaults filled in and relative paths resolved.
type Config struct {
	File       string // as it was named
	StateDir   string
	IDKeyFile  string        // "": id.key in StateDir, made where it is missing
	Grace      time.Duration // how long a stop may take
	Log        Log
	Retry      pipeline.Retry
	Schemas    schema.Config
	Inputs     []Input
	Outputs    []Output
	MadeKey    string // in StateDir, made where it is missing: what audit files without a key_file are signed with; "" for none
	Pseudonyms Pseudonyms
	Tokens     Tokens
	Quarantine *aside.Config     // nil: faults are only counted
	Telemetry  *telemetry.Config // nil: nothing listens
	Rejected   aside.Config      // its path holds a folder for each output
	Notice     Notice
	Named      []string // the files that keys ending in _file name, but for id_key_file, in the order in which they stand
}

// Log is how the agent's own log is written.
type Log struct {
	Level  string // debug | info | warn | error
	Format string // auto | text | json
}

// Tokens are what the action tokenize keeps its table with.
type Tokens struct {
	KeyFile string // that it is sealed with; "" for no table
	MaxSize int64  // bytes of the table
}

// Pseudonyms are what the action pseudonymize works with.
type Pseudonyms struct {
	KeyFile string // "" for none
	Epoch   string // month | quarter | year | none
}

// Notice is what the page for users says of who runs the service; all may be "".
type Notice struct {
	Service  string // what people call it
	Operator string // who runs it
	Contact  string // whom to ask
}

// Input is one [[inputs.KIND]].
type Input struct {
	Kind, Name string
	Rules      schema.Rules
	Config     inputs.Config
}

// Output is one [[outputs.KIND]]. The policy's Key is left for the caller:
// it is made from the instance's secret.
type Output struct {
	Kind, Name string
	Policy     filters.Policy
	Batch      pipeline.Batch
	Config     outputs.Config
	Consent    Consent
	Audit      bool   // its records are chained and signed, and of trusted inputs alone
	TrustSaid  bool   // the policy says itself that it takes trusted inputs alone
	Recipient  string // for people: who receives the records; "" for its name
	Purpose    string // for people: what for; "" where nobody has said
}

// Where names an input in messages, as mistakes do: inputs.file "hub".
func (i *Input) Where() string { return where("inputs", i.Kind, i.Name) }

// Where names an output in messages: outputs.file "audit".
func (o *Output) Where() string { return where("outputs", o.Kind, o.Name) }

// Load reads and checks a file. The error is always Mistakes; the Config beside
// it holds what is right, so that the rest can be checked as well, and is nil
// only where nothing could be read.
func Load(file string, kinds Kinds) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, Mistakes{unreadable(file, err)}
	}
	return Parse(file, string(text), kinds)
}

// Parse is Load of a text; file gives its name in mistakes and the folder
// that relative paths start from.
func Parse(file, text string, kinds Kinds) (*Config, error) {
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, Mistakes{unreadable(file, err)}
	}
	tables, mistake := syntax(text)
	if mistake != "" {
		return nil, Mistakes{file + mistake}
	}
	r := &reading{file: file, folder: folder, kinds: kinds}
	c := r.all(tables)
	c.Named = r.named
	r.disjoint(c)
	if len(r.mistakes) > 0 {
		return c, r.mistakes
	}
	return c, nil
}

// Runnable says what is missing for a run: an agent without inputs or outputs
// would do nothing and look well.
func (c *Config) Runnable() error {
	var m Mistakes
	if len(c.Inputs) == 0 {
		m = append(m, c.File+`: there is no input: add one, such as [[inputs.file]] with name and paths`)
	}
	if len(c.Outputs) == 0 {
		m = append(m, c.File+`: there is no output: add one, such as [[outputs.file]] with name, path and policy`)
	}
	if len(m) > 0 {
		return m
	}
	return nil
}
