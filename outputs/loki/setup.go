package loki

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// limit is one of Loki's limits_config that matters to an output.
type limit struct {
	key   string // with a dot where it is nested
	value string // to set
	why   string
	must  bool // without it records are not taken
	holds func(c *Config, value any) bool
}

var matters = []limit{
	{"allow_structured_metadata", "true", `the event id and what else metadata names stand there; or metadata = [] for the output`, true, is(true)},
	{"shard_streams.enabled", "false", "what is sent again is then dropped; with it such a line may be there twice, with one __event_id__", false, is(false)},
	{"increment_duplicate_timestamp", "false", "with it a line that is sent again is there twice", false, is(false)},
	{"unordered_writes", "true", "without it a line that is older than its stream's newest is rejected", false, is(true)},
	{"max_line_size", "1MB", "longer records are rejected; the agent's lines are up to 1MiB (max_line)", false, atLeast(1 << 20)},
	{"max_line_size_truncate", "false", "with it long records are cut, and then they are no JSON", false, is(false)},
	{"reject_old_samples", "false", "with it events older than reject_old_samples_max_age are rejected, as of a log that is read for the first time", false, is(false)},
	{"max_label_names_per_series", "15", "a record with more labels is rejected; Loki adds one or two of its own", true, func(c *Config, v any) bool {
		n, ok := v.(int)
		return !ok || n == 0 || n >= len(c.Labels)
	}},
	{"ingestion_burst_size_mb", "6", "a larger push is refused whole: keep the output's burst below it", false, func(c *Config, v any) bool {
		switch n := v.(type) {
		case int:
			return int64(n)<<20 >= int64(c.Burst)
		case float64:
			return int64(n*(1<<20)) >= int64(c.Burst)
		}
		return true
	}},
}

func is(want bool) func(*Config, any) bool {
	return func(_ *Config, v any) bool { return v == want }
}

func atLeast(bytes units.Size) func(*Config, any) bool {
	return func(_ *Config, v any) bool {
		text := fmt.Sprint(v)
		var has units.Size
		// Loki's KB are 1024 bytes.
		if has.UnmarshalText([]byte(strings.NewReplacer("KB", "KiB", "MB", "MiB", "GB", "GiB").Replace(text))) != nil {
			return true
		}
		return has == 0 || has >= bytes
	}
}

// Limits is the piece of Loki's configuration that the output asks for, YAML.
func (c *Config) Limits() string {
	var b strings.Builder
	b.WriteString("limits_config:\n")
	table := ""
	for _, l := range matters {
		key, indent := l.key, "  "
		if above, name, nested := strings.Cut(l.key, "."); nested {
			if above != table {
				fmt.Fprintf(&b, "  %s:\n", above)
			}
			table, key, indent = above, name, "    "
		}
		fmt.Fprintf(&b, "%s%s: %s    # %s\n", indent, key, l.value, l.why)
	}
	return b.String()
}

// Compare asks Loki for its configuration and says of each limit that matters
// whether it is as it should be, a line each. It changes nothing: Loki has no
// request for that. wrong says that records would not be taken.
func (c *Config) Compare(ctx context.Context) (said []string, wrong bool, err error) {
	sender, err := httpsend.Open(c.connection())
	if err != nil {
		return nil, false, err
	}
	defer sender.Close()
	o := &output{sender: sender, server: c.server(), address: c.server(), timeout: c.Timeout.Std()}
	status, page, text, err := o.request(ctx, http.MethodGet, o.server+"/config", c.probeTenant(), nil)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("asking Loki for its configuration: %w", err)
	case status != http.StatusOK || page:
		return nil, false, outputs.Refused(fmt.Errorf("%s/config: status %d: it does not show its configuration there, as gateways do not: compare what --print shows with it by hand, or name Loki itself in url for this command", o.server, status))
	}
	var has struct {
		Limits map[string]any `yaml:"limits_config"`
	}
	if yaml.Unmarshal(text, &has) != nil || len(has.Limits) == 0 {
		return nil, false, errors.New(o.server + "/config: is not Loki's configuration: check url")
	}
	for _, l := range matters {
		value, known := find(has.Limits, strings.Split(l.key, "."))
		switch {
		case !known:
			said = append(said, l.key+": this Loki does not have it")
		case l.holds(c, value):
			said = append(said, l.key+": is as it should be")
		default:
			said = append(said, fmt.Sprintf("%s: set it to %s: %s", l.key, l.value, l.why))
			wrong = wrong || l.must
		}
	}
	slices.SortStableFunc(said, func(a, b string) int { return rankOf(a) - rankOf(b) })
	return said, wrong, nil
}

// rankOf puts what is to be done before what is right.
func rankOf(line string) int {
	if strings.Contains(line, ": set it to ") {
		return 0
	}
	return 1
}

// find is a value in nested tables.
func find(in map[string]any, path []string) (any, bool) {
	value, ok := in[path[0]]
	if !ok || len(path) == 1 {
		return value, ok
	}
	below, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return find(below, path[1:])
}
