// Package policytest runs policy tests: files that say what of an event must and
// must not arrive at each output.
//
// In come an Agent, which is a compiled configuration, and the texts of test
// files; out come Results, a report of them, or everything that is wrong with the
// files. An event takes the way that it takes in the agent: an input's Checker, an
// output's Filter, and the code that the output writes with. It touches the test
// files and the files of events that they name; nothing is delivered.
//
// What a test says of its event may show the event's members: they are the
// operator's own words, in a test, and not those of a log.
package policytest
