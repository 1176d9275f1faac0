// Package realtest holds the tests that run the built agent as a process of
// its own: on a dirty corpus, killed again and again, and, with the build tag
// real, behind a real Jupyter Server, on a million lines, and into real
// destinations that come and go.
package realtest
