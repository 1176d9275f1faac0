package pages_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// told is what a notice says, read as a reader would.
type told struct {
	short     map[string][]string            // cells by kind of information
	texts     map[string]string              // what the page says of a kind
	receivers []map[string][]string          // what is said of each output, by how the line begins
	never     string                         // of what nobody has described
	entries   map[string]map[string][]string // cells by entry and name of the part, with its kind
}

var cellOf = regexp.MustCompile(`\s*\|\s*`)

// readNotice reads the Markdown of a notice of these outputs.
func readNotice(page string, outputs []string) *told {
	n := &told{short: map[string][]string{}, texts: map[string]string{}, entries: map[string]map[string][]string{}}
	for range outputs {
		n.receivers = append(n.receivers, map[string][]string{})
	}
	unescape := regexp.MustCompile(`\\(.)`)
	part, of, at := "", "", -1
	for _, line := range strings.Split(page, "\n") {
		line = unescape.ReplaceAllString(line, "$1")
		switch {
		case strings.HasPrefix(line, "## "):
			part, of = line[3:], ""
		case strings.HasPrefix(line, "### "):
			of = line[4:]
			at = slices.IndexFunc(outputs, func(name string) bool { return of == name || strings.HasSuffix(of, "("+name+")") })
			if strings.HasPrefix(part, "What is written") {
				n.entries[of] = map[string][]string{}
			}
		case strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| What |"):
			cells := cellOf.Split(strings.Trim(line, "| "), -1)
			what, text, _ := strings.Cut(cells[0], "<br>")
			switch {
			case part == "In short":
				n.short[strings.Trim(what, "*")], n.texts[strings.Trim(what, "*")] = cells[1:], text
			case of != "":
				n.entries[of][what+"|"+strings.Trim(text, "*")+"|"+strconv.Itoa(len(n.entries[of]))] = cells[1:]
			}
		case strings.HasPrefix(line, "- ") && part == "Who gets what":
			begins, rest, _ := strings.Cut(line[2:], ": ")
			n.receivers[at][begins] = append(n.receivers[at][begins], rest)
		case strings.HasPrefix(line, "- Parts of entries"):
			n.never = line
		}
	}
	return n
}

// titles are what the page calls the kinds of a value with these categories, said
// again here: not by the code that makes the page.
func titles(categories []string) (all []string) {
	if categories == nil {
		return []string{"Parts that nobody has described"}
	}
	known := map[string]string{
		"health": "Health", "user-content": "What you write", "location": "Where you are", "network-address": "The network you come from", "user-identifier": "Who you are",
		"user-identifiable-information": "What may point to you", "personal-data": "Other personal data", "action-timestamp": "Times of what you did",
	}
	for _, c := range categories {
		level, isLevel := strings.CutPrefix(c, "level:")
		switch {
		case c == "unrestricted":
		case known[c] != "":
			all = append(all, known[c])
		case isLevel:
			all = append(all, "What is marked as "+level)
		case c == "https://ex.org/words/odd":
			all = append(all, c) // an address has no capital letter
		case c == "what you write", c == "what-you-write", c == "lab use", c == "lab-use":
			all = append(all, "“"+c+"”") // two of one title
		default:
			c = strings.ReplaceAll(c, "-", " ")
			all = append(all, strings.ToUpper(c[:1])+c[1:])
		}
	}
	if all == nil {
		return []string{"What happened"}
	}
	return all
}

// says finds a title in a list of a sentence, whatever letter it begins with
// and with some of before it.
func says(sentence, title string) (said, some bool) {
	for _, one := range regexp.MustCompile(`, | and |: `).Split(strings.TrimSuffix(sentence, "."), -1) {
		rest, isSome := strings.CutPrefix(strings.ToLower(one[:min(1, len(one))])+one[min(1, len(one)):], "some of ")
		if strings.EqualFold(rest, title) {
			return true, isSome
		}
	}
	return false, false
}

// form is what became of a value, in the words of the page; "" for nothing.
func form(d *datum) string {
	code := regexp.MustCompile(`^[0-9a-f]{64}$`)
	token := regexp.MustCompile(`^[0-9a-f]{32}$`)
	text, _ := d.after.(string)
	m, _ := d.after.(map[string]any)
	switch {
	case d.before == nil || d.after == nil:
		return ""
	case !d.scalar:
		return "that it is there"
	case reflect.DeepEqual(d.before, d.after):
		return "as it is"
	case text == "***":
		return "blanked out"
	case code.MatchString(text):
		return "as a code"
	case token.MatchString(text):
		return "as a random code"
	case m["ext"] != nil:
		return "only its kind"
	case strings.HasSuffix(text, ":00:00.000000Z") && strings.HasSuffix(text, "T00:00:00.000000Z"):
		return "only the day"
	case strings.HasSuffix(text, ":00:00.000000Z"):
		return "only the hour"
	}
	return "only the network"
}

// name is what the page calls a property.
func (d *datum) name() string {
	if d.schema == nil {
		return strings.ReplaceAll(d.field, "_", " ")
	}
	place := &d.schema.Places()[d.place]
	name := strings.Join(strings.FieldsFunc(place.Pointer, func(c rune) bool { return c == '/' || c == '*' }), " ")
	name = strings.ReplaceAll(name, "_", " ")
	switch place.Kind {
	case schema.PatternPlace, schema.AdditionalPlace:
		name += ", further parts"
	case schema.ItemPlace:
		name += ", each of them"
	}
	if place.Text != "" {
		name = strings.TrimRight(place.Text, ". ") + " (" + name + ")"
	}
	return name
}

// TestTruth: what the notice and explain say of unusual configurations is true of
// what really is delivered.
func TestTruth(t *testing.T) {
	files, err := filepath.Glob("testdata/truth/*.txtar")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d configurations: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var events []byte
			for _, f := range txtar.Parse(text).Files {
				if f.Name == "events" {
					events = f.Data
				}
			}
			c := gather(t, lay(t, string(text)), secrets)
			v := &verdict{T: t, c: c, known: map[string]bool{}, seen: map[string]bool{}, records: c.deliver(t, events)}
			for i := range c.config.Outputs {
				v.outputs = append(v.outputs, c.config.Outputs[i].Name)
			}
			v.told = readNotice(written(t, c.NoticeMarkdown), v.outputs)
			v.html(written(t, c.NoticeHTML))
			for i := range v.records {
				v.record(&v.records[i])
			}
			v.existence()
			v.parts()
			v.explain(written(t, c.ExplainMarkdown))
		})
	}
}

// secrets are those that policies need that code or ask.
func secrets(p *filters.Policy) {
	if len(p.Actions) > 0 {
		p.Pseudonyms = &filters.Pseudonyms{Keys: []filters.PseudonymKey{{Secret: [32]byte{1, 2, 3}}}}
		p.Tokens = func(scope ...string) func([]byte) ([16]byte, bool) {
			return func(value []byte) ([16]byte, bool) {
				sum := sha256.Sum256(append([]byte(fmt.Sprint(scope)), value...))
				return [16]byte(sum[:16]), true
			}
		}
	}
	if strings.HasPrefix(p.Output, "asking") {
		p.Consent = &filters.Consent{Yes: func(person []byte) bool { return !strings.Contains(string(person), "Nay") }}
		if strings.HasSuffix(p.Output, "all") {
			p.Consent.WithoutSubject = "deliver"
		}
	}
}

// verdict compares what is told with what was delivered.
type verdict struct {
	*testing.T
	c       *compiled
	records []delivered
	outputs []string
	known   map[string]bool // what was found wrong already
	seen    map[string]bool // by output, entry, name and form: what went
	*told
}

// titled is the entry that the page has of a schema.
func (v *verdict) titled(s *schema.Schema) string {
	title := s.Title()
	if title == "" {
		title = s.ID()
	}
	for _, t := range []string{title + " (version " + s.Version() + ")", title} {
		if _, ok := v.entries[t]; ok {
			return t
		}
	}
	v.Errorf("the page has no entry %q", title)
	return title
}

func (v *verdict) record(d *delivered) {
	said := v.receivers[d.output]
	wrong := func(format string, a ...any) {
		v.Helper()
		text, _ := json.Marshal(d.record)
		if what := v.outputs[d.output] + ": " + fmt.Sprintf(format, a...); !v.known[what] {
			v.known[what] = true
			v.Errorf("%s\n%s", what, text)
		}
	}
	if of := said["Of these entries"]; len(of) != 1 || !strings.Contains(of[0], v.titled(d.schema)) {
		wrong("of these entries %q, and one of %s came", of, d.schema.ID())
	}
	stamp, _ := d.record["__timestamp__"].(string)
	always := strings.Join(said["Of each of these entries, whatever is left out of it"], "")
	for word, ends := range map[string]string{"to the minute": ":00.000000Z", "to the hour": ":00:00.000000Z", "to the day": "T00:00:00.000000Z", "to a fraction": "Z"} {
		if strings.Contains(always, word) && !strings.HasSuffix(stamp, ends) {
			wrong("%s, and the time is %s", word, stamp)
		}
	}
	if (d.record["__event_id__"] != nil) != strings.Contains(always, "a number that tells entries apart") {
		wrong("the event id is there: %v; told: %s", d.record["__event_id__"] != nil, always)
	}
	if _, told := said["It also learns which log an entry is from."]; (d.record["__source__"] != nil) != told {
		wrong("the source is told of: %v", told)
	}
	for i := range d.data {
		v.datum(d, &d.data[i], wrong)
	}
}

// datum: what the page says of a value of a record, by its kinds and by its name.
func (v *verdict) datum(d *delivered, value *datum, wrong func(string, ...any)) {
	said, got := v.receivers[d.output], form(value)
	for line := range said {
		if rest, ok := strings.CutPrefix(line, "Entries that hold anything marked "); ok && value.before != nil {
			for _, c := range value.categories {
				if slices.Contains(regexp.MustCompile(`, | and `).Split(strings.TrimSuffix(rest, " do not go there at all."), -1), c) {
					wrong("%s, and %s is there", line, value.pointer)
				}
			}
		}
	}
	whole := slices.ContainsFunc(said["Gets everything that is in its entries, whole"], func(string) bool { return true })
	if whole && !reflect.DeepEqual(value.before, value.after) {
		wrong("gets everything, and not %s", value.pointer)
	}
	described := value.place != schema.Undeclared || value.schema == nil
	for _, title := range titles(value.categories) {
		cells := v.short[title]
		if described && cells == nil && (value.scalar || title == "Parts that nobody has described") && got != "" {
			wrong("%s is of %q, of which the page has no line", value.pointer, title)
			continue
		}
		not := false
		for _, line := range said["Does not get"] {
			is, _ := says(line, title)
			not = not || is
		}
		if got != "" && not {
			wrong("does not get %q, and %s is there: %v", title, value.pointer, value.after)
		}
		if got != "" && cells != nil && !mentions(cells[d.output], got) {
			wrong("in short %q of %q, and %s is %s", cells[d.output], title, value.pointer, got)
		}
		for _, line := range said["Gets, as it is"] {
			if is, some := says(line, title); is && !some && value.scalar && value.before != nil && described && got != "as it is" {
				wrong("gets %q as it is, and %s is %q", title, value.pointer, got)
			}
		}
		for _, line := range said["Gets, changed"] {
			of, forms, _ := strings.Cut(line, ": ")
			if is, some := says(of, title); is && got != "" && !mentions(forms, got) || is && !some && got == "" && value.scalar && value.before != nil && described {
				wrong("gets %q, and %s is %q", line, value.pointer, got)
			}
		}
		if title == "What happened" && value.scalar && got == "as it is" && strings.Contains(v.texts[title], "in words from fixed lists and in numbers.") {
			if _, isText := value.before.(string); isText && (value.schema == nil || !value.schema.Places()[value.place].Closed) {
				wrong("%s is text from no fixed list", value.pointer)
			}
		}
	}
	if !described && got != "" && !whole && !strings.Contains(v.never, v.outputs[d.output]) {
		wrong("%s, and %s is there", v.never, value.pointer)
	}
	if described {
		v.part(d, value, got, wrong)
	}
}

// part: what the line of the property itself says.
func (v *verdict) part(d *delivered, value *datum, got string, wrong func(string, ...any)) {
	entry := "Whose log it is"
	if _, several := v.entries[entry+" ("+v.c.config.Inputs[d.input].Name+")"]; several {
		entry += " (" + v.c.config.Inputs[d.input].Name + ")"
	}
	if value.schema != nil {
		entry = v.titled(value.schema)
	}
	v.seen[fmt.Sprint(d.output, entry, value.name(), got)] = true
	if of := reflect.ValueOf(value.before); !value.scalar && of.Len() > 0 && reflect.DeepEqual(value.before, value.after) {
		v.seen[fmt.Sprint(d.output, entry, value.name(), "as it is")] = true
	}
	var cells []string
	for name, one := range v.entries[entry] {
		if what, _, _ := strings.Cut(name, "|"); what == value.name() {
			cells = append(cells, one[d.output])
		}
	}
	if len(cells) == 0 {
		if value.scalar && got != "" {
			wrong("%s is there, and no line is called %q", value.pointer, value.name())
		}
		return
	}
	if got != "" && !slices.ContainsFunc(cells, func(c string) bool { return mentions(c, got) }) {
		wrong("%s says %q, and it is %s", value.name(), cells, got)
	}
	if value.scalar && value.before != nil && got == "" && !slices.ContainsFunc(cells, func(c string) bool {
		return strings.HasPrefix(c, "no") || c == "–" || c == "only its kind" || c == "that it is there"
	}) {
		wrong("%s says %q, and %s is not there", value.name(), cells, value.pointer)
	}
}

// mentions says whether words tell that a value goes out in the form: who gets it
// as it is gets all else of it.
func mentions(words, form string) bool {
	if form == "that it is there" {
		return !strings.HasPrefix(words, "no") && words != "–"
	}
	return slices.Contains(regexp.MustCompile(`, | and `).Split(strings.TrimSuffix(words, "."), -1), form)
}

// existence: of what a page says goes somewhere, something went.
func (v *verdict) existence() {
	for i, said := range v.receivers {
		_, none := said["No entries go there."]
		got := slices.ContainsFunc(v.records, func(d delivered) bool { return d.output == i })
		if got == none {
			v.Errorf("%s gets no entries: %v; it got some: %v", v.outputs[i], none, got)
		}
		for _, s := range v.c.registry.Schemas() {
			if of := strings.Join(said["Of these entries"], ""); !slices.Contains(regexp.MustCompile(`, | and `).Split(strings.TrimSuffix(of, "."), -1), s.Title()) && of != s.ID()+"." {
				continue
			}
			if !slices.ContainsFunc(v.records, func(d delivered) bool { return d.output == i && d.schema.Title() == s.Title() }) {
				v.Errorf("%s gets %s, and none came", v.outputs[i], s.ID())
			}
		}
	}
}

// parts: of what a line says goes somewhere, something went, in that form.
func (v *verdict) parts() {
	for entry, lines := range v.entries {
		for name, cells := range lines {
			what, _, _ := strings.Cut(name, "|")
			for i, cell := range cells {
				if !strings.HasPrefix(cell, "no") && cell != "–" && !v.seen[fmt.Sprint(i, entry, what, cell)] {
					v.Errorf("%s: %s of %s goes %s, and none went", v.outputs[i], what, entry, cell)
				}
			}
		}
	}
}

// html: the page in HTML says the same sentences.
func (v *verdict) html(page string) {
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, "")
	page = strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(page)
	for i := range v.receivers {
		for begins, rest := range v.receivers[i] {
			for _, r := range rest {
				if r != "" {
					begins += ": " + r
				}
				if !strings.Contains(page, begins) {
					v.Errorf("the page in HTML does not say %q", begins)
				}
				begins, _, _ = strings.Cut(begins, ": ")
			}
		}
	}
}

// explain: what goes stands there as going, and what stands there as going is
// there wherever its event came.
func (v *verdict) explain(page string) {
	unescape := regexp.MustCompile(`\\(.)`)
	cells := map[string][]string{} // by schema and property
	of := ""
	for _, line := range strings.Split(page, "\n") {
		if rest, ok := strings.CutPrefix(line, "schema `"); ok {
			of = strings.Replace(rest, "` version", "", 1)
		} else if rest, ok := strings.CutPrefix(line, "input `"); ok {
			of = strings.TrimSuffix(rest, "`")
		}
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| Property") {
			all := regexp.MustCompile(` \| `).Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), -1)
			name, _, _ := strings.Cut(unescape.ReplaceAllString(all[0], "$1"), "<br>")
			name, _, _ = strings.Cut(strings.Trim(name, "`"), "` (")
			name, _, _ = strings.Cut(name, " (")
			cells[of+" "+name] = all[2:]
		}
	}
	went := map[string]bool{}
	for i := range v.records {
		d := &v.records[i]
		for j := range d.data {
			value := &d.data[j]
			at := d.schema.ID() + " " + d.schema.Version() + " " + v.c.registry.Find(d.schema.ID(), d.schema.Version()).Places()[value.place].Identity
			if value.schema == nil {
				at = v.c.config.Inputs[d.input].Name + " /__path__/" + value.field
			} else if value.place == schema.Undeclared {
				continue
			}
			row, ok := cells[at]
			if !ok {
				v.Errorf("explain has no row of %s", at)
				continue
			}
			says, got := row[d.output], form(value)
			went[fmt.Sprint(d.output, at)] = went[fmt.Sprint(d.output, at)] || got != ""
			switch {
			case got != "" && !strings.Contains(says, "**goes**") && !strings.Contains(says, "**changed"),
				got == "as it is" && value.scalar && !strings.Contains(says, "**goes**"),
				got == "" && value.before != nil && value.scalar && strings.Contains(says, "**goes**"):
				v.Errorf("%s: explain says %q of %s, and it is %q", v.outputs[d.output], says, at, got)
			}
		}
	}
	for at, row := range cells {
		for i, says := range row {
			if (strings.Contains(says, "**goes**") || strings.Contains(says, "**changed")) && !went[fmt.Sprint(i, at)] {
				v.Errorf("%s: explain says %q of %s, and none went", v.outputs[i], says, at)
			}
		}
	}
}
