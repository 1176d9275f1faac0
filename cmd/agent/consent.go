package main

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/consent"
	"jupyter-events-agent/internal/docs"
)

// whom has an output's policy ask whom its consent file says; nil where the
// output asks nobody. What is wrong with the file says asked.
func whom(out *config.Output) *consent.File {
	if out.Consent.File == "" {
		return nil
	}
	file := consent.New(out.Consent.File)
	_ = file.Look()
	out.Policy.Consent = &filters.Consent{Yes: file.Yes, WithoutSubject: out.Consent.WithoutSubject}
	return file
}

// asked finds consent files that cannot be read: a run that began with one
// would withhold events for good that somebody has said yes to.
func (l *loaded) asked() error {
	var mistakes config.Mistakes
	for i, file := range l.consents {
		if file == nil {
			continue
		}
		if err := file.Look(); err != nil {
			mistakes = append(mistakes, l.config.File+": "+l.config.Outputs[i].Where()+": consent_file: "+err.Error())
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// sayConsent says who is asked, and how many have said what.
func sayConsent(out *config.Output, file *consent.File) string {
	if file == nil {
		return ""
	}
	yes, persons := file.Count()
	without := "are dropped"
	if out.Consent.WithoutSubject == "deliver" {
		without = "go out"
	}
	return fmt.Sprintf("; only of people who say yes in %s (%d of %d do); events about nobody %s", file.Path(), yes, persons, without)
}

// mostNamed is how many properties a warning names.
const mostNamed = 8

// persons warns of schemas that an output with consent gets where several
// properties count as naming a person: whoever has said yes may be one of them, a
// kernel another, which never does.
func (l *loaded) persons() {
	for i, filter := range l.filters {
		for _, id := range l.registry.IDs() {
			var named []string
			for _, s := range l.registry.Versions(id) {
				if all := filter.Persons(l.checkers, s); s.ID() == id && len(all) > 1 {
					named = append(named, all...)
				}
			}
			if len(named) == 0 {
				continue
			}
			slices.Sort(named)
			named = slices.Compact(named)
			if more := len(named) - mostNamed; more > 0 {
				named = append(named[:mostNamed], fmt.Sprintf("%d more", more))
			}
			l.warnings = append(l.warnings, fmt.Sprintf("%s: consent: in events of %s several properties count as naming a person: %s; each must have said yes: an overlay takes the category from what names no person (see %s)",
				l.config.Outputs[i].Where(), id, strings.Join(named, ", "), docs.Page("consent.md")))
		}
	}
}
