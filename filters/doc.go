// Package filters decides what of an event an output receives.
//
// In come a Policy and the schemas at compile time, and Events afterwards;
// out come Records, which only this package can make. Pure functions: no
// I/O, no clock, no log, no goroutines.
package filters
