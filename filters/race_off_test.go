//go:build !race

package filters_test

const raced = false // the race detector makes everything slower, not all alike
