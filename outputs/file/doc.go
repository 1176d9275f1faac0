// Package file writes records into a file, one JSON object a line, or to
// standard output.
//
// In come batches of Records; out goes each batch whole or not at all. It touches its file,
// the older generations beside it, and nothing else.
package file
