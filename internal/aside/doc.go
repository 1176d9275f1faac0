// Package aside keeps what cannot be delivered, for the operator's eyes.
//
// In come entries, one line of JSON each; out go NDJSON files, 0600, in a
// folder of their own, 0700, of which the oldest goes where a bound is reached.
// It touches that folder only. What an entry holds is its caller's: the
// quarantine's lines, or rejected records.
package aside
