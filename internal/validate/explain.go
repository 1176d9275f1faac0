package validate

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// name is how messages call the document.
func (d *Document) name() string {
	switch {
	case d.File != "" && d.ID != "":
		return d.File + " (" + d.ID + ")"
	case d.File != "":
		return d.File
	}
	return d.ID
}

// explain says where in the document v5's error is, and what to do.
func (d *Document) explain(err error) error {
	var (
		at    *errAt
		loop  jsonschema.InfiniteLoopError
		wrong *jsonschema.ValidationError
	)
	if e, ok := isUnresolved(err); ok {
		return d.unresolved(e.url)
	}
	switch {
	case errors.As(err, &at):
		return fmt.Errorf("schema %s: %w", d.name(), at)
	case errors.As(err, &loop):
		return fmt.Errorf("schema %s: a $ref leads back to itself without going deeper into the event (%s): "+
			"put properties or items between the $ref and what it refers to", d.name(), string(loop))
	case errors.As(err, &wrong):
		return d.malformed(wrong)
	}
	text := plain(err)
	if missing, ok := strings.CutSuffix(text, " not found"); ok {
		return d.unresolved(missing)
	}
	return fmt.Errorf("schema %s: %s", d.name(), text)
}

// plain is v5's message without its wrapping.
func plain(err error) string {
	var wrapped *jsonschema.SchemaError
	for errors.As(err, &wrapped) && wrapped.Err != nil {
		err = wrapped.Err
	}
	return strings.TrimPrefix(err.Error(), "jsonschema: ")
}

// unresolved is about a reference to target, which nothing has.
func (d *Document) unresolved(target string) error {
	if root, ok := d.Root.(map[string]any); ok {
		if s, _ := root["$schema"].(string); s != "" && strings.TrimSuffix(s, "#") == strings.TrimSuffix(target, "#") {
			return fmt.Errorf("schema %s: /$schema: %s is no known draft: use draft-04, draft-06, draft-07, 2019-09 or 2020-12", d.name(), s)
		}
	}
	at, ref := "", target
	base, err := url.Parse(d.base())
	if err == nil {
		find(d.Root, "", func(pointer, r string) bool {
			u, err := url.Parse(r)
			if err != nil {
				return false
			}
			full := base.ResolveReference(u).String()
			if full == target || strings.TrimSuffix(full, "#") == strings.TrimSuffix(target, "#") ||
				strings.HasPrefix(full, target+"#") {
				at, ref = pointer, r
				return true
			}
			return false
		})
	}
	if at == "" {
		return fmt.Errorf("schema %s: a $ref to %s: there is no such schema; references lead to loaded schemas only, "+
			"nothing is fetched: add its file to [schemas] paths or correct it", d.name(), target)
	}
	return fmt.Errorf("schema %s: %s: there is no schema %s; references lead to loaded schemas only, "+
		"nothing is fetched: add its file to [schemas] paths or correct the reference", d.name(), at, ref)
}

// base is the address that the document's references start from.
func (d *Document) base() string {
	if own := d.ownID(); own != "" {
		return own
	}
	return d.url()
}

// find calls f for every reference until it returns true.
func find(v any, at string, f func(pointer, ref string) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sorted(v) {
			if s, ok := v[k].(string); ok && (k == "$ref" || k == "$recursiveRef" || k == "$dynamicRef") && f(at+"/"+k, s) {
				return true
			}
			if find(v[k], at+"/"+escape(k), f) {
				return true
			}
		}
	case []any:
		for i, item := range v {
			if find(item, fmt.Sprintf("%s/%d", at, i), f) {
				return true
			}
		}
	}
	return false
}

// mostMistakes is how many mistakes one error shows.
const mostMistakes = 5

// malformed is about a document that its draft's own schema refuses.
func (d *Document) malformed(e *jsonschema.ValidationError) error {
	var mistakes []string
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			visit(cause)
		}
		if len(e.Causes) == 0 {
			mistakes = append(mistakes, d.mistake(e))
		}
	}
	visit(e)
	slices.Sort(mistakes)
	mistakes = slices.Compact(mistakes)
	if n := len(mistakes); n > mostMistakes {
		mistakes = append(mistakes[:mostMistakes], fmt.Sprintf("and %d more", n-mostMistakes))
	}
	return fmt.Errorf("schema %s is not a valid JSON Schema: %s", d.name(), strings.Join(mistakes, "; "))
}

func (d *Document) mistake(e *jsonschema.ValidationError) string {
	var at strings.Builder
	steps := strings.Split(e.InstanceLocation, "/")
	for _, step := range steps[1:] {
		at.WriteString("/" + escape(unescape(step)))
	}
	pointer := at.String()
	if pointer == "" {
		pointer = "/"
	}
	if strings.HasSuffix(e.KeywordLocation, "/format") && strings.HasSuffix(e.Message, "'regex'") {
		text, ok := lookup(d.Root, steps[1:]).(string)
		if !ok {
			text = unescape(steps[len(steps)-1]) // a name of patternProperties
		}
		if why := regexpError(text); why != "" {
			return pointer + ": " + why + ": Go's regular expressions know no lookahead, lookbehind and backreferences; write it without them"
		}
	}
	return pointer + ": " + e.Message
}

// lookup follows v5's steps.
func lookup(v any, steps []string) any {
	for _, step := range steps {
		switch holder := v.(type) {
		case map[string]any:
			v = holder[unescape(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(holder) {
				return nil
			}
			v = holder[i]
		}
	}
	return v
}

func regexpError(s string) string {
	if _, err := regexp.Compile(s); err != nil {
		return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return ""
}

// fragment is the JSON pointer of a location such as https://…#/definitions/a.
func fragment(location string) string {
	_, f, _ := strings.Cut(location, "#")
	if f == "" {
		return "/"
	}
	return f
}
