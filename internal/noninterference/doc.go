// Package noninterference tests the promise of the policy (docs/selftest.md):
// two valid events of one input and schema that agree on all that an output may
// see give that output the same bytes.
//
// In come compiled inputs, schemas and outputs with their policies; out comes a
// Report. It makes up events from the schemas, and from each a second one that
// differs wherever the policy withholds. Both go the agent's own way, through
// check, filter and pipeline, to the output's own Write, against a stand-in on
// this machine that keeps what it is sent. It reads no event log, sends nothing
// to a real destination, and writes below the folder that it is given only.
//
// What an output may see it judges by itself, from the places of the schema and
// the words of the policy: a mistake in package filters is none here.
package noninterference
