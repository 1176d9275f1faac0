package config

import "cmp"

// Consent says that an output is one that people opt in to, and where it stands
// who has. The zero Consent asks nobody.
type Consent struct {
	File           string // who has said yes; "": nobody is asked
	WithoutSubject string // drop | deliver: what becomes of events about nobody
}

// consent reads the keys of an output that make its Consent.
func (r *reading) consent(e entry, keys *outputKeys, audited bool) Consent {
	_, set := e.keys["consent"]
	if !set {
		for _, key := range []string{"consent_file", "without_subject"} {
			if _, said := e.keys[key]; said {
				r.mistake(`%s%s: stands only beside consent = "file": without that nobody is asked`, e.at, key)
			}
		}
		return Consent{}
	}
	switch _, isText := e.keys["consent"].(string); {
	case !isText: // said by table
	case keys.Consent != "file":
		r.mistake(`%sconsent: must be "file": which file it is says consent_file`, e.at)
	case keys.ConsentFile == "":
		r.mistake(`%sconsent_file is missing: with consent = "file" it names the file that says who has said yes, such as {"ada": true}`, e.at)
	}
	if audited {
		r.mistake(`%sconsent: stands not beside audit = true: an audit has every event, whoever it is about, and what people opt in to has only theirs: make two outputs of it`, e.at)
	}
	without := cmp.Or(keys.WithoutSubject, "drop")
	if without != "drop" && without != "deliver" {
		r.mistake(`%swithout_subject: must be "drop" or "deliver"`, e.at)
	}
	return Consent{keys.ConsentFile, without}
}
