// Package checkpoint remembers which streams there are and how far each
// output has delivered them.
//
// In come identities of files (from inputs) and positions (from pipeline
// after a delivery); out comes where to go on. It is the only writer of the
// state folder and touches nothing else: no log files, no network.
package checkpoint
