package config

import "jupyter-events-agent/internal/telemetry"

// telemetry is what [telemetry] says; nil where there is none or it is wrong:
// then nothing listens.
func (r *reading) telemetry(tables map[string]any, t telemetry.Config) *telemetry.Config {
	if _, set := tables["telemetry"]; !set {
		return nil
	}
	errs := t.Validate()
	for _, err := range errs {
		if !spoken(r.mistakes, r.file+": ", "telemetry.listen") {
			r.mistake("telemetry.%v", err)
		}
	}
	if len(errs) > 0 {
		return nil
	}
	return &t
}
