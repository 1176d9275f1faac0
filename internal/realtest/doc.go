// Package realtest holds the tests that run the built agent as a process of
// its own: on a dirty corpus, killed again and again, and, with the build tag
// real, behind a real Jupyter Server and on a million lines.
package realtest
