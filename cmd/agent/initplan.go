package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"jupyter-events-agent/internal/draft"
	"jupyter-events-agent/internal/survey"
	"jupyter-events-agent/schema"
)

// destination is a kind of output as init asks for it.
type destination struct {
	name, what, question, proposal string
}

var destinationKinds = []destination{
	{"file", "a file of this machine, by its `PATH`", "Which file?", "/var/log/jupyter-events-agent/events.ndjson"},
	{"elasticsearch", "Elasticsearch, at `URL,…`", "At which URL is Elasticsearch? Several nodes of one cluster with commas:", "http://127.0.0.1:9200"},
	{"loki", "Loki, at `URL`", "At which URL is Loki?", "http://127.0.0.1:3100"},
	{"kafka", "Kafka, at brokers `HOST:PORT,…`", "Which brokers of Kafka? host:port, several with commas:", "127.0.0.1:9092"},
}

// python is a version of Python in a path, which changes with the next upgrade.
var python = regexp.MustCompile(`([/\\]python3)\.\d+([/\\])`)

// schemas chooses the installed schemas to name: those that the catalog has not.
func (f *first) schemas() (*schema.Registry, error) {
	catalog, err := schema.Load(schema.Config{Catalog: true})
	if err != nil {
		return nil, err
	}
	f.plan.Left = nil
	shipped := 0
	for _, path := range f.found.Schemas {
		r, err := schema.Load(schema.Config{Paths: []string{path}})
		if err != nil {
			if !strings.Contains(err.Error(), "is no event schema") {
				reason, _, _ := strings.Cut(err.Error(), "\n")
				f.plan.Left = append(f.plan.Left, reason)
			}
			continue
		}
		if !slices.ContainsFunc(r.Schemas(), func(s *schema.Schema) bool { return catalog.Find(s.ID(), s.Version()) == nil }) {
			shipped++
			continue
		}
		glob := python.ReplaceAllString(path, "${1}.*${2}")
		if !slices.Contains(f.plan.Schemas, glob) {
			f.plan.Schemas = append(f.plan.Schemas, glob)
		}
		for _, s := range r.Schemas() {
			fmt.Fprintln(f.out, visible("  schema "+s.ID()+" version "+s.Version()+": "+path))
		}
	}
	if shipped > 0 {
		fmt.Fprintf(f.out, "  %s of schemas that ship with the agent, with categories\n", count(shipped, "file"))
	}
	for _, path := range f.found.Homes {
		f.plan.Left = append(f.plan.Left, path+": below a person's folder, and whoever writes a schema says what may leave: copy it where only you can write")
	}
	for _, path := range f.found.Open {
		f.plan.Left = append(f.plan.Left, path+": everybody may write to it, and whoever writes a schema says what may leave: take that right away, or copy it")
	}
	for _, left := range f.plan.Left {
		fmt.Fprintln(f.out, visible("  schema not taken: "+left))
	}
	return schema.Load(schema.Config{Paths: f.plan.Schemas, Catalog: true})
}

// categoriesOf are the categories that schemas use, and that an overlay will.
func categoriesOf(r *schema.Registry) []string {
	all := map[string]bool{"user-identifier": true, "user-identifiable-information": true, "action-timestamp": true, "user-content": true}
	for _, s := range r.Schemas() {
		for i := range s.Places() {
			for _, c := range s.Places()[i].Categories {
				all[c] = c != schema.Unrestricted
			}
		}
	}
	maps.DeleteFunc(all, func(_ string, other bool) bool { return !other })
	return slices.Sorted(maps.Keys(all))
}

// inputs are the logs that were found or named, and those that are to come.
func (f *first) inputs() error {
	for _, l := range f.found.Logs {
		why := "found there"
		if l.Said != "" {
			why = l.Said + " names it"
		}
		f.input(draft.Input{Path: l.Path, Pattern: l.Pattern, Hub: l.Hub, Why: why})
	}
	for _, path := range f.logs {
		if !filepath.IsAbs(path) {
			return usage{fmt.Errorf("--log: %q: name the whole path, from / on", path)}
		}
		f.input(draft.Input{Path: strings.TrimSuffix(path, "*"), Why: "you named it"})
	}
	f.todo = f.advice()
	for _, a := range f.todo {
		f.input(a.input)
	}
	if len(f.plan.Inputs) > 0 {
		return nil
	}
	if f.lines == nil {
		return usage{errors.New("there is no event log: Jupyter writes events to a file whose name the text of its configuration does not say: say it with --log PATH")}
	}
	path, err := f.ask("Which event log is to be followed?", filepath.Join(f.root, "var/log/jupyter/events.log"), func(s string) error {
		if !filepath.IsAbs(s) {
			return errors.New("name the whole path, from / on")
		}
		return nil
	})
	f.input(draft.Input{Path: path, Why: "you named it"})
	return err
}

// unknown says of which schemas the logs have events that no schema describes:
// their names alone, which whoever writes a log may choose.
func (f *first) unknown(ctx context.Context, r *schema.Registry) error {
	var patterns []string
	for _, in := range f.plan.Inputs {
		patterns = append(patterns, in.Path+"*")
	}
	events, err := survey.Written(ctx, patterns)
	if err != nil {
		return fmt.Errorf("looking into the event logs: %w", err)
	}
	events = slices.DeleteFunc(events, func(e survey.Event) bool { return r.Find(e.Schema, e.Version) != nil })
	if len(events) == 0 {
		return nil
	}
	const most = 10
	for i, e := range events {
		if i == most {
			fmt.Fprintf(f.out, "  and of %d more\n", len(events)-most)
			break
		}
		fmt.Fprintln(f.out, visible("  events without a schema: "+e.Schema+" version "+e.Version))
	}
	fmt.Fprintln(f.out, "  these go nowhere: find their schema files and name them in [schemas], paths")
	return nil
}

// input adds an input under a name of its own.
func (f *first) input(in draft.Input) {
	if !f.isNew(in.Path) {
		return
	}
	in.Name = "server"
	switch {
	case in.Hub:
		in.Name = "hub"
	case in.Pattern != "":
		in.Name = "users"
	}
	plain := in.Name
	for n := 2; slices.ContainsFunc(f.plan.Inputs, func(other draft.Input) bool { return other.Name == in.Name }); n++ {
		in.Name = fmt.Sprintf("%s-%d", plain, n)
	}
	f.plan.Inputs = append(f.plan.Inputs, in)
}

// outputs asks where events shall go, and what may go there.
func (f *first) outputs(categories []string) error {
	allowed, err := f.allowed()
	if err != nil {
		return err
	}
	var chosen []string
	for _, d := range destinationKinds {
		if len(*f.address[d.name]) > 0 {
			chosen = append(chosen, d.name)
		}
	}
	if len(chosen) == 0 {
		answer, err := f.ask("Where shall events go? Of file, elasticsearch, loki, kafka; several with commas:", "file", func(s string) error {
			for _, name := range listed(s) {
				if !slices.ContainsFunc(destinationKinds, func(d destination) bool { return d.name == name }) {
					return errors.New("say file, elasticsearch, loki or kafka")
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		chosen = listed(answer)
	}
	for _, d := range destinationKinds {
		if !slices.Contains(chosen, d.name) {
			if _, said := allowed[d.name]; said {
				return usage{fmt.Errorf("--allow: there is no output %s: add --output-%s", d.name, d.name)}
			}
			continue
		}
		out := draft.Output{Kind: d.name, Address: *f.address[d.name], Categories: allowed[d.name]}
		if err := refuseAddress(d.name, out.Address); len(out.Address) > 0 && err != nil {
			return usage{fmt.Errorf("--output-%s%s: %w", d.name, addressed(out.Address), err)}
		}
		if len(out.Address) == 0 {
			answer, err := f.ask(d.question, d.proposal, func(s string) error { return refuseAddress(d.name, listed(s)) })
			if err != nil {
				return err
			}
			out.Address = listed(answer)
		}
		if _, said := allowed[d.name]; !said && f.lines != nil {
			answer, err := f.ask("What may "+d.name+" have beside what is unrestricted? There is "+strings.Join(categories, ", ")+", or * for everything:", "nothing", func(s string) error {
				return refuseCategories(listed(s), append([]string{"*", "nothing", schema.Unrestricted}, categories...))
			})
			if err != nil {
				return err
			}
			out.Categories = slices.DeleteFunc(listed(answer), func(c string) bool { return c == "nothing" })
		}
		f.plan.Outputs = append(f.plan.Outputs, out)
	}
	return nil
}

// allowed are the categories of --allow, by kind of output.
func (f *first) allowed() (map[string][]string, error) {
	all := map[string][]string{}
	for _, text := range f.allow {
		kind, categories, ok := strings.Cut(text, "=")
		if _, known := f.address[kind]; !ok || !known {
			return nil, usage{fmt.Errorf("--allow: %q: write a kind of output and its categories, such as file=action-timestamp,user-identifier", text)}
		}
		all[kind] = append(all[kind], listed(categories)...)
	}
	return all, nil
}

// refuseCategories says which word is no category.
func refuseCategories(words, known []string) error {
	for _, w := range words {
		if !slices.Contains(known, w) {
			return fmt.Errorf("no schema here has the category %s", w)
		}
	}
	return nil
}
