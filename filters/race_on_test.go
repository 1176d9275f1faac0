//go:build race

package filters_test

const raced = true // the race detector makes everything slower, not all alike
