package filters

// Policy is one output's policy as the configuration says it (policy.md §3),
// together with what the output asks of its records.
type Policy struct {
	Output      string // the output's name
	Categories  []string
	Schemas     []string // patterns of schema ids; empty: every schema known
	Match       string   // "" or "all" | "any"
	Denied      string   // "" or "drop" | "null"
	Undeclared  string   // "" or "deny" | "inherit"
	Properties  map[string][]string
	TrustedOnly bool

	Metadata []string // nil: the default id, categories, redacted
	Key      [32]byte // the event ids' key of this output: HKDF(instance secret, output name)

	// Templates are the templates of the output over permitted fields, by what
	// they are for; Record.Field(i) is the value of the i-th.
	Templates []Template
}

// Template is a text with {places} in it, see policy.md §3.
type Template struct {
	Use    string // where the configuration has it: "topic", "key", "labels.action", …
	Text   string
	Closed bool // only places limited by enum, const or boolean (topic, index, tenant); no absent values
}
