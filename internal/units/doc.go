// Package units is how sizes and durations are written in the configuration.
//
// In comes a text such as "100MiB" or "30d"; out comes a number of bytes or a
// time.Duration, or an error with examples. It touches nothing.
package units
