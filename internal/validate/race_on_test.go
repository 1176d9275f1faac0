//go:build race

package validate

const raced = true // the race detector is watching
