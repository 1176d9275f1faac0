// Package atomicfile puts a whole file in place or leaves everything as it
// was, also when the machine loses power in between.
//
// In come a path and its new content; out goes the file. It touches that file
// and a temporary one beside it, whose name ends in Suffix.
package atomicfile
