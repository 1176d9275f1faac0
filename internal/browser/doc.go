// Package browser drives a headless Chromium for tests of pages, by its DevTools
// protocol over two pipes, so that it needs no port and no library. In come
// files and what a person would do; out go what a person would see, and what
// the page asked of the network and wrote to its console. It starts one process
// of its own, with a folder of its own for each test, and ends it.
package browser
