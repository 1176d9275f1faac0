// Package filters decides what of an event an output receives.
//
// In come a Policy and the schemas at compile time, and Events afterwards;
// out come Records, which only this package can make. Pure functions: no
// I/O, no clock, no log, no goroutines.
//
// A policy is compiled against each schema that its output takes into a plan:
// one verdict for every place. Apply walks an event's tape and copies the byte
// ranges whose place the plan opens; what it has no verdict for does not go out.
package filters
