package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/internal/telemetry"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

// reading is one configuration on its way from tables to a Config.
type reading struct {
	file, folder string
	kinds        Kinds
	mistakes     Mistakes
	named        []string
}

func (r *reading) mistake(format string, a ...any) {
	r.mistakes = append(r.mistakes, r.file+": "+fmt.Sprintf(format, a...))
}

// root are the keys outside of inputs, outputs, quarantine and rejected.
type root struct {
	StateDir  string         `toml:"state_dir"`
	IDKeyFile string         `toml:"id_key_file"`
	Grace     units.Duration `toml:"grace"`
	Log       struct {
		Level  string `toml:"level"`
		Format string `toml:"format"`
	} `toml:"log"`
	Retry struct {
		First units.Duration `toml:"first"`
		Max   units.Duration `toml:"max"`
	} `toml:"retry"`
	Schemas struct {
		Paths    []string `toml:"paths"`
		Overlays []string `toml:"overlays"`
		Catalog  bool     `toml:"catalog"`
		Lock     string   `toml:"lock"`
	} `toml:"schemas"`
	Categories struct {
		Aliases map[string]string `toml:"aliases"`
		Levels  []string          `toml:"levels"`
	} `toml:"categories"`
	Pseudonyms struct {
		KeyFile string `toml:"key_file"`
		Epoch   string `toml:"epoch"`
	} `toml:"pseudonyms"`
	Tokens struct {
		KeyFile string     `toml:"key_file"`
		MaxSize units.Size `toml:"max_size"`
	} `toml:"tokens"`
	Notice struct {
		Service  string `toml:"service"`
		Operator string `toml:"operator"`
		Contact  string `toml:"contact"`
	} `toml:"notice"`
	Telemetry  telemetry.Config `toml:"telemetry"`
	Inputs     any              `toml:"inputs"`
	Outputs    any              `toml:"outputs"`
	Quarantine any              `toml:"quarantine"`
	Rejected   any              `toml:"rejected"`
}

func (r *reading) all(tables map[string]any) *Config {
	keys := root{StateDir: "/var/lib/jupyter-events-agent", Grace: seconds(10)}
	keys.Log.Level, keys.Log.Format = "info", "auto"
	keys.Retry.First, keys.Retry.Max = units.Duration(200e6), seconds(30)
	keys.Schemas.Catalog, keys.Pseudonyms.Epoch = true, "month"
	keys.Tokens.MaxSize = 64 * units.MiB
	plain := map[string]any{}
	for key, value := range tables {
		if key != "inputs" && key != "outputs" && key != "quarantine" && key != "rejected" {
			plain[key] = value
		}
	}
	r.table("", "", plain, of(&keys))

	r.oneOf("log.level", keys.Log.Level, "debug", "info", "warn", "error")
	r.oneOf("log.format", keys.Log.Format, "auto", "text", "json")
	r.oneOf("pseudonyms.epoch", keys.Pseudonyms.Epoch, "month", "quarter", "year", "none")
	if keys.Tokens.MaxSize < units.KiB || keys.Tokens.MaxSize > units.GiB {
		r.mistake(`tokens.max_size: must be from "1KiB" to "1GiB"`)
	}
	if keys.StateDir == "" {
		r.mistake("state_dir: is empty: name the folder where the agent keeps how far it is")
	}
	if keys.Retry.First <= 0 {
		r.mistake(`retry.first: must be more than nothing, such as "200ms"`)
	} else if keys.Retry.Max < keys.Retry.First {
		r.mistake("retry.max: must not be less than retry.first")
	}
	c := &Config{
		File: r.file, StateDir: keys.StateDir, IDKeyFile: keys.IDKeyFile, Grace: keys.Grace.Std(),
		Log:        Log{Level: keys.Log.Level, Format: keys.Log.Format},
		Pseudonyms: Pseudonyms{KeyFile: keys.Pseudonyms.KeyFile, Epoch: keys.Pseudonyms.Epoch},
		Tokens:     Tokens{KeyFile: keys.Tokens.KeyFile, MaxSize: int64(keys.Tokens.MaxSize)},
		Retry:      pipeline.Retry{First: keys.Retry.First.Std(), Max: keys.Retry.Max.Std()},
		Schemas: schema.Config{
			Paths: keys.Schemas.Paths, Overlays: keys.Schemas.Overlays, Lock: keys.Schemas.Lock,
			Catalog: keys.Schemas.Catalog, Aliases: keys.Categories.Aliases, Levels: keys.Categories.Levels,
		},
	}
	c.Notice = Notice(keys.Notice)
	c.Telemetry = r.telemetry(tables, keys.Telemetry)
	r.quarantine(tables["quarantine"], c)
	r.rejected(tables["rejected"], c)
	r.inputs(tables["inputs"], c)
	r.outputs(tables["outputs"], c)
	return c
}

func (r *reading) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		r.mistake("%s: must be one of %s", key, strings.Join(allowed, ", "))
	}
}

// entry is one [[inputs.KIND]] or [[outputs.KIND]].
type entry struct {
	group, kind, name string
	at                string // begins its mistakes: `outputs.file "audit": `
	keys              map[string]any
}

var legalName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$`)

// entries are the tables of a group, kind by kind, with legal, unique names.
func (r *reading) entries(group string, value any, kinds []string) []entry {
	if value == nil {
		return nil
	}
	example := "[[" + group + ".file]]"
	byKind, ok := value.(map[string]any)
	if !ok {
		r.mistake("%s: begin each with its kind: %s", group, example)
		return nil
	}
	var all []entry
	seen := map[string]bool{}
	for _, kind := range sortedKeys(byKind) {
		if !slices.Contains(kinds, kind) {
			path := keyName([]string{group, kind})
			guess := near.Word(kind, kinds)
			if guess != "" {
				guess = fmt.Sprintf(" (did you mean %q?)", guess)
			} else {
				guess = " (" + thereAre(kinds) + ")"
			}
			r.mistake("%s: unknown kind%s", path, guess)
			continue
		}
		list, ok := tableList(byKind[kind])
		if !ok {
			r.mistake("%s.%s: write it in double brackets, as there may be several: [[%s.%s]]", group, kind, group, kind)
			continue
		}
		for i, keys := range list {
			e := entry{group: group, kind: kind, keys: keys}
			text := false
			e.name, text = keys["name"].(string)
			switch {
			case !legalName.MatchString(e.name):
				e.at = fmt.Sprintf("%s.%s #%d: ", group, kind, i+1)
				if _, ok := keys["name"]; !ok {
					r.mistake("%sname is missing: give it one that is unique among the %s", e.at, group)
				} else if e.name != "" {
					r.mistake("%sname: use letters, digits, - _ and . only, 64 at most, none that begins with a dot", e.at)
				} else if text { // what it is instead the table says
					r.mistake("%sname: must be a text in \"quotes\" that is not empty", e.at)
				}
				e.name = ""
			case seen[e.name]:
				e.at = where(group, kind, e.name) + ": "
				r.mistake("%sanother of the %s has this name: names are unique among all %s", e.at, group, group)
			default:
				e.at = where(group, kind, e.name) + ": "
			}
			seen[e.name] = true
			all = append(all, e)
		}
	}
	return all
}

// tableList is a list of tables, however TOML had it written.
func tableList(value any) ([]map[string]any, bool) {
	if list, ok := value.([]map[string]any); ok {
		return list, true
	}
	items, ok := value.([]any)
	var list []map[string]any
	for _, item := range items {
		table, isTable := item.(map[string]any)
		if !isTable {
			return nil, false
		}
		list = append(list, table)
	}
	return list, ok
}

func seconds(n int) units.Duration { return units.Duration(n * 1e9) }
