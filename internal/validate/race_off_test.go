//go:build !race

package validate

const raced = false
