package loki

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"jupyter-events-agent/filters"
)

// Loki's limits, as its documentation and its validation have them. A server
// may be set to lower ones; it then says so.
const (
	maxLabels     = 15   // validation.max-label-names-per-series
	maxLabelName  = 1024 // validation.max-length-label-name
	maxLabelValue = 2048 // validation.max-length-label-value
	maxTenant     = 150  // dskit's tenant.MaxTenantIDLength
)

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (c *Config) labelMistakes() []error {
	var mistakes []error
	mistake := func(format string, a ...any) { mistakes = append(mistakes, fmt.Errorf(format, a...)) }
	if len(c.Labels) == 0 {
		mistake(`labels: is missing: Loki takes no line without a label: set one, such as { job = "jupyter" }`)
		return mistakes
	}
	if len(c.Labels) > maxLabels {
		mistake(`labels: there are %d, and Loki takes %d: leave some out; what is in the line can be searched without being a label`, len(c.Labels), maxLabels)
	}
	always := false
	for _, name := range c.labelNames() {
		switch {
		case !labelName.MatchString(name):
			mistake(`labels: %q is no name of a label: letters, digits and _ make one, and it begins with no digit`, name)
		case strings.HasPrefix(name, "__"):
			mistake(`labels: %q: names that begin with __ are Loki's own: take another`, name)
		case len(name) > maxLabelName:
			mistake(`labels: the name that begins with %q is longer than %d bytes: shorten it`, name[:32], maxLabelName)
		}
		var wrong error
		for _, p := range (filters.Template{Text: c.Labels[name]}).Pieces() {
			if p.Place == "__event_id__" {
				wrong = fmt.Errorf(`labels.%s: {__event_id__} would make a stream of each record: take it out; it is in the structured metadata`, name)
			}
		}
		if wrong != nil {
			mistakes = append(mistakes, wrong)
		}
		always = always || isAlways(c.Labels[name])
	}
	if !always {
		mistake(`labels: each may be absent or empty, and Loki takes no line without a label: add one that is always there, such as job = "jupyter", or a default as in {action|none}`)
	}
	return mistakes
}

// isAlways reports whether a label is there whatever the event has.
func isAlways(text string) bool {
	some := false
	for _, p := range (filters.Template{Text: text}).Pieces() {
		switch p.Place {
		case "", "schema", "version":
			some = some || p.Place != "" || p.Text != ""
		default:
			if !p.OrElse {
				return false
			}
			some = some || p.Text != ""
		}
	}
	return some
}

func (c *Config) tenantMistakes() []error {
	if c.Tenant == "" {
		return nil
	}
	constant := true
	for _, p := range (filters.Template{Text: c.Tenant}).Pieces() {
		constant = constant && p.Place == ""
		for i := range len(p.Text) {
			if !isTenantChar(p.Text[i]) {
				return []error{errors.New(`tenant: may hold letters, digits and ! - _ . * ' ( ) only: several tenants with | are for reading, and {property} takes one from the event`)}
			}
		}
	}
	if constant && !isTenant([]byte(c.Tenant)) {
		return []error{fmt.Errorf(`tenant: Loki takes at most %d bytes, and not "." or "..": take another name`, maxTenant)}
	}
	return nil
}

// isTenantChar reports whether a tenant's name may have the byte (dskit's
// tenant.ValidTenantID).
func isTenantChar(c byte) bool {
	return c-'0' < 10 || (c|0x20)-'a' < 26 || strings.IndexByte("!-_.*'()", c) >= 0
}

func isTenant(name []byte) bool {
	return len(name) > 0 && len(name) <= maxTenant && string(name) != "." && string(name) != ".."
}

// appendTenant appends a tenant's name in the characters that Loki takes: any
// other byte becomes ! and two hexadecimal digits, so that two tenants stay two.
func appendTenant(dst, value []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range value {
		if isTenantChar(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '!', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// probeTenant is a tenant as records have it, for a request without records.
func (c *Config) probeTenant() string {
	var name []byte
	for _, p := range (filters.Template{Text: c.Tenant}).Pieces() {
		if p.Place != "" && !p.OrElse {
			p.Text = "probe"
		}
		name = append(name, p.Text...)
	}
	return string(name)
}
