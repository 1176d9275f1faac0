package config_test

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/config"
)

func TestConsent(t *testing.T) {
	for _, c := range []struct {
		keys string
		want config.Consent
		all  string // mistakes, by their beginnings
	}{
		{``, config.Consent{}, ""},
		{`consent = "file"` + "\n" + `consent_file = "consent.json"`, config.Consent{File: "/etc/jea/consent.json", WithoutSubject: "drop"}, ""},
		{`consent = "file"` + "\n" + `consent_file = "/srv/yes"` + "\n" + `without_subject = "deliver"`, config.Consent{File: "/srv/yes", WithoutSubject: "deliver"}, ""},
		{`consent = "file"`, config.Consent{}, "consent_file is missing"},
		{`consent = "/srv/yes"` + "\n" + `consent_file = "/srv/yes"`, config.Consent{}, `consent: must be "file"`},
		{`consent = true` + "\n" + `consent_file = "/srv/yes"`, config.Consent{}, `consent: must be a text`},
		{`consent_file = "/srv/yes"` + "\n" + `without_subject = "drop"`, config.Consent{}, `consent_file: stands only beside; without_subject: stands only beside`},
		{`consent = "file"` + "\n" + `consent_file = "/srv/yes"` + "\n" + `without_subject = "keep"`, config.Consent{}, `without_subject: must be`},
		{`consent = "file"` + "\n" + `consent_file = "/srv/yes"` + "\n" + `audit = true`, config.Consent{}, `consent: stands not beside audit = true`},
	} {
		parsed, err := config.Parse("/etc/jea/agent.toml", "[[outputs.file]]\nname = \"a\"\npath = \"a.ndjson\"\npolicy = { categories = [] }\n"+c.keys, real)
		if c.all == "" {
			if err != nil || parsed.Outputs[0].Consent != c.want {
				t.Errorf("%s: %+v, %v", c.keys, parsed.Outputs, err)
			}
			continue
		}
		mistakes := strings.Split(err.Error(), "\n")
		for i, want := range strings.Split(c.all, "; ") {
			if i >= len(mistakes) || !strings.Contains(mistakes[i], `outputs.file "a": `+want) {
				t.Errorf("%s: %v, want %s", c.keys, err, want)
			}
		}
	}
	const covered = "[[inputs.file]]\nname = \"l\"\npaths = [\"/srv/*\"]\n[[outputs.file]]\nname = \"a\"\npath = \"a.ndjson\"\nconsent = \"file\"\nconsent_file = \"/srv/yes\"\npolicy = { categories = [] }\n"
	if _, err := config.Parse("/etc/jea/agent.toml", covered, real); err == nil || !strings.Contains(err.Error(), `covers the consent file of outputs.file "a"`) {
		t.Error(err)
	}
}
