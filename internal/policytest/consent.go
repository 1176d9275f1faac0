package policytest

import (
	"encoding/json"
	"slices"
)

// Consent is who has said yes in the test at hand. It stands for the consent file
// of every output that has one, which may change while the tests stay the same.
// Not for several tests at once.
type Consent struct{ persons []string }

// everybody in the list of a test is everybody.
const everybody = "*"

// Yes says whether the person has said yes.
func (c *Consent) Yes(person []byte) bool {
	return slices.Contains(c.persons, everybody) || slices.Contains(c.persons, string(person))
}

// set begins another test.
func (c *Consent) set(persons []string) {
	if c != nil {
		c.persons = persons
	}
}

// consent reads who has said yes.
func (d *draft) consent() (persons []string) {
	for _, value := range d.list([]string{"consent"}, d.table["consent"]) {
		switch value := value.(type) {
		case string:
			persons = append(persons, value)
		case json.Number:
			persons = append(persons, string(value))
		default:
			d.mistake("consent", `must list who has said yes, as their names stand in the event, or "*" for everybody`)
		}
	}
	if d.table["consent"] != nil && d.agent.Consent == nil {
		d.mistake("consent", `no output asks for it: take it out, or give an output consent = "file"`)
	}
	return persons
}
