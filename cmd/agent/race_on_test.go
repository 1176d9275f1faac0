//go:build race

package main

const raced = true // the race detector allocates beside what it watches
