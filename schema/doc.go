// Package schema knows what a valid event is.
//
// In come schema files, overlays and the catalog at load, and Lines
// afterwards; out come Events, which only this package can make, or Faults.
// It touches the schema and overlay files, at load only: Check is pure,
// without clock and network, and nothing is ever fetched or opened because of
// what an event says.
package schema
