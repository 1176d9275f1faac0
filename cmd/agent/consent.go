package main

import (
	"fmt"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/consent"
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
