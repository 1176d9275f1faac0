// Package archtest holds the tests of the design's rules: who imports whom,
// where goroutines start, how files are called and how long they are. It
// reads the source of the module and what go list says of it, and has no code
// of its own that anything could use.
package archtest
