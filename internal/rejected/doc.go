// Package rejected keeps the records that a destination will never take.
//
// In come records, redacted for their output, with the class of the
// rejection; out go NDJSON files, 0600, in a folder for each output, 0700. They
// hold what the destination was sent and no more, and are never shipped. It
// touches that folder only.
package rejected
