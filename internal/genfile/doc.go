// Package genfile is an append-only file that is rotated into generations,
// and that goes back to exactly what a checkpoint knows of it.
//
// In come bytes that end in a newline, and the state that Sync returned
// before; out goes the file at Path and, beside it, older generations named
// audit-20261122T155231Z-000017.ndjson: the time of the rotation and a running
// number. It touches these and no other file.
//
// Why what a crash leaves is always told right: a state names the file that is
// appended to by device, inode and length. Its caller makes one state durable
// before it asks for the next, and a file is renamed only when a state that
// names it is durable for sure, so at most one rename lies between a durable
// state and a crash. After it the file of the state is at Path, or it is the
// generation with the number of the state and the file at Path is the one
// after it, of which no durable state knows: all in it will be written again,
// so it is emptied.
package genfile
