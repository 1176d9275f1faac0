// Package chain makes lines that prove themselves, and tests such lines:
// each holds its sequence and the hash of the line before it, and from time to
// time a line of the chain's own is signed, and with it everything before.
// docs/audit.md describes the form for other programs.
//
// In come records, one JSON object a line, and keys; out go the lines of a
// file, or what is wrong with them. Of the outside it touches the files that
// it is asked to verify, to read them.
package chain
