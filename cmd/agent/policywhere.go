package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
)

// What policy diff compares beside policies and schemas: where an input reads,
// and where an output writes.

// fed is an output of the configuration with its inputs, as filters.Diff takes it.
func (l *loaded) fed(output int) filters.Fed {
	f := filters.Fed{Filter: l.filters[output], Inputs: l.checkers}
	for i := range l.config.Inputs {
		in := &l.config.Inputs[i]
		reads := l.said(in.Kind, in.Config, "paths", "brokers", "topics", "start_at", "max_line")
		pattern := in.Rules.Source.Pattern
		for _, field := range pattern.Fields() {
			reads += " " + field.Name
		}
		f.Reads = append(f.Reads, fmt.Sprint(reads, pattern, in.Rules.Envelope))
	}
	return f
}

// said is what a part of the configuration says under those of the keys that it has.
func (l *loaded) said(kind string, part any, keys ...string) string {
	v := reflect.ValueOf(part).Elem()
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("toml"); slices.Contains(keys, key) {
			kind += fmt.Sprintf(" %s = %q", key, l.inFolder(fmt.Sprint(v.Field(i))))
		}
	}
	return kind
}

// inFolder names files in the configuration's own folder from there: two
// configurations may be two versions of one folder.
func (l *loaded) inFolder(text string) string {
	folder, err := filepath.Abs(filepath.Dir(l.config.File))
	if err != nil {
		return text
	}
	return strings.ReplaceAll(text, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator), "")
}

// moved compares where an output writes that both configurations have.
func moved(before *loaded, was int, after *loaded, is int) (changes []filters.Change) {
	old, now := &before.config.Outputs[was], &after.config.Outputs[is]
	add := func(what, from, to string, let bool, reason string) {
		changes = append(changes, filters.Change{Property: what, LetOut: let, Before: from, After: to, Reason: reason})
	}
	where := []string{"path", "brokers", "url", "urls"}
	if before.said(old.Kind, old.Config, where...) != after.said(now.Kind, now.Config, where...) {
		add("(destination)", "sent", "sent elsewhere", true, "its kind or one of "+strings.Join(where, ", ")+" is another, so others may read what it gets")
	}
	if old.Consent.File != "" && now.Consent.File != "" && before.inFolder(old.Consent.File) != after.inFolder(now.Consent.File) {
		add("(events about persons who have not said yes)", "dropped", "sent", true, "consent_file is another: who has said yes there may not have here")
	}
	texts := func(o *config.Output) map[string]string {
		all := map[string]string{}
		for _, t := range o.Policy.Templates {
			all[t.Use] = t.Text
		}
		return all
	}
	had, has := texts(old), texts(now)
	for _, use := range slices.Sorted(maps.Keys(has)) {
		if text, known := had[use]; !known || text != has[use] {
			add("("+use+")", cmp.Or(text, "unknown"), has[use], true, "what the template makes stands beside the record, in a name or label that others may see")
		}
	}
	for _, use := range slices.Sorted(maps.Keys(had)) {
		if _, known := has[use]; !known {
			add("("+use+")", had[use], "unknown", false, "the template is gone")
		}
	}
	return changes
}
