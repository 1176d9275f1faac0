package inputs

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// PathField is a part of a file's path that says something about its lines,
// such as whose log it is.
type PathField struct {
	Name       string
	Categories []string // as the configuration says them; [] is nothing to protect
}

// PathPattern finds fields in the paths of an input's files. Immutable.
type PathPattern struct {
	fields  []PathField    // in the pattern's order
	example string         // a path that it matches
	glob    string         // that matches the same paths
	exact   *regexp.Regexp // nil: Upstream
	rotated *regexp.Regexp
}

// Fields are the fields in the pattern's order; not to be changed. Of no
// pattern there are none.
func (p *PathPattern) Fields() []PathField {
	if p == nil {
		return nil
	}
	return p.fields
}

// Example is a path that the pattern matches, each field by its own name:
// /home/example-username/events.log.
func (p *PathPattern) Example() string { return p.example }

// String is what a path has to match, as a regular expression; "" where paths
// have no fields here.
func (p *PathPattern) String() string {
	if p == nil || p.exact == nil {
		return ""
	}
	return p.exact.String()
}

// Globs match the same paths as the pattern: logs, and their rotated
// generations. nil: Upstream.
func (p *PathPattern) Globs() []string {
	if p.Upstream() {
		return nil
	}
	return []string{p.glob, p.glob + "[.-]*"}
}

// mostPathFields is how many fields a pattern may have.
const mostPathFields = 64

// Upstream says that the fields are not found in paths here: the agents that sent
// the events have, each in those of its own files.
func (p *PathPattern) Upstream() bool { return p != nil && p.exact == nil }

// NewUpstreamFields is what an aggregator says of the fields that it expects of
// other agents: their categories alone. The errors begin with a key of path_fields.
func NewUpstreamFields(categories map[string][]string) (*PathPattern, []error) {
	p := &PathPattern{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(categories)) {
		if !fieldName.MatchString(name) {
			errs = append(errs, fmt.Errorf("path_fields.categories: %q is no name of a field: use letters, digits and _", name))
		}
		p.fields = append(p.fields, PathField{name, categories[name]})
	}
	if len(p.fields) == 0 {
		errs = append(errs, errors.New(`path_fields.categories: is empty: name each field that the agents send, as in { username = ["user-identifier"] }`))
	}
	if errs = append(errs, p.tooMany()...); len(errs) > 0 {
		return nil, errs
	}
	return p, nil
}

func (p *PathPattern) tooMany() []error {
	if len(p.fields) <= mostPathFields {
		return nil
	}
	return []error{fmt.Errorf("path_fields: has %d fields: %d are the most", len(p.fields), mostPathFields)}
}

var (
	pathPart  = regexp.MustCompile(`\{[^{}]*\}|\*\*|\*|[{}]|[^{}*]+`)
	fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// globLiteral has what is plain in a pattern plain in a glob.
	globLiteral = strings.NewReplacer(`?`, `\?`, `[`, `\[`, `]`, `\]`, `\`, `\\`)
)

// NewPathPattern reads a pattern such as "/home/{username}/events.log": a field
// is one or more letters but slashes; * stands for any letters but slashes, **
// for any. Of rotated generations, whose names go on with . or -, it takes the
// log's name. Every field needs its categories. The errors begin with a key of
// path_fields.
func NewPathPattern(pattern string, categories map[string][]string) (*PathPattern, []error) {
	var errs []error
	wrong := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	p := &PathPattern{}
	var text strings.Builder
	seen := map[string]bool{}
	last := ""
	for _, part := range pathPart.FindAllString(pattern, -1) {
		switch name := strings.Trim(part, "{}"); {
		case part == "{" || part == "}":
			wrong("path_fields.pattern: %q without its other brace: write fields as {username}", part)
		case part[0] == '{' && !fieldName.MatchString(name):
			wrong("path_fields.pattern: %q is no name for a field: use letters, digits and _, as in {username}", part)
		case part[0] == '{' && seen[name]:
			wrong("path_fields.pattern: {%s} stands twice in it: a field has one value", name)
		case (part[0] == '{' || part[0] == '*') && (last == "{" || last == "*"):
			wrong("path_fields.pattern: %s follows another field or *: put a / or another letter between them, so that it is clear where one ends", part)
		case part[0] == '{':
			seen[name] = true
			of, said := categories[name]
			if !said {
				wrong("path_fields.categories.%s: is missing: say what it is about, such as [\"user-identifier\"]", name)
			}
			p.fields = append(p.fields, PathField{name, of})
			text.WriteString("([^/]+?)")
			p.example += "example-" + name
			p.glob += "?*"
		case part == "**":
			text.WriteString(".*?")
			p.example += "example"
			p.glob += part
		case part == "*":
			text.WriteString("[^/]*?")
			p.example += "example"
			p.glob += part
		default:
			text.WriteString(regexp.QuoteMeta(part))
			p.example += part
			p.glob += globLiteral.Replace(part)
		}
		last = part[:1]
	}
	for _, name := range slices.Sorted(maps.Keys(categories)) {
		if !seen[name] {
			wrong("path_fields.categories.%s: the pattern has no {%s}", name, name)
		}
	}
	if len(p.fields) == 0 && len(errs) == 0 {
		wrong("path_fields.pattern: has no field: write one, as in /home/{username}/events.log")
	}
	if errs = append(errs, p.tooMany()...); len(errs) > 0 {
		return nil, errs
	}
	var err, more error
	p.exact, err = regexp.Compile("(?s)^" + text.String() + "$")
	p.rotated, more = regexp.Compile("(?s)^" + text.String() + "[.-][^/]*$")
	if err := errors.Join(err, more); err != nil {
		return nil, []error{errors.New("path_fields.pattern: cannot be used: write it with plain letters, / and {fields}")}
	}
	return p, nil
}

// values are the fields' values in a path; nil where it does not match.
func (p *PathPattern) values(path string) []string {
	found := p.exact.FindStringSubmatch(path)
	if found == nil {
		found = p.rotated.FindStringSubmatch(path)
	}
	if found == nil {
		return nil
	}
	return found[1:]
}

// At is the source of the lines of the file at path: with the values of the
// fields of its path, or Stray. s itself where it has no Pattern to find them by.
func (s *Source) At(path string) *Source {
	if s.Pattern == nil || s.Pattern.Upstream() {
		return s
	}
	at := *s
	at.Path = s.Pattern.values(path)
	at.Stray = at.Path == nil
	return &at
}
