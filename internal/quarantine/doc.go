// Package quarantine keeps the lines that are not valid events.
//
// In come lines with the faults that the schema room found in them; out go
// NDJSON files, 0600, in a folder of their own, 0700. They hold raw lines and
// are never shipped. It touches that folder only.
package quarantine
