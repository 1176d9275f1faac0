// Command standin stands in for a destination in the benchmark: it reads what
// it is sent as fast as it can, counts the records, keeps none and says that
// all is well.
//
// In comes the kind, kafka, elasticsearch or loki, or loki-blind, which does not
// unpack what it reads and so cannot count it; out goes a line with the
// address, and when standard input ends one with the number of records. It
// listens on a port of 127.0.0.1 that the system chooses.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
)

// records is how many came.
var records atomic.Int64

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("want the kind: kafka, elasticsearch or loki"))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "kafka":
		go (&broker{address: l.Addr().(*net.TCPAddr)}).serve(l)
	case "elasticsearch":
		go serveHTTP(l, bulk)
	case "loki":
		go serveHTTP(l, push)
	case "loki-blind":
		go serveHTTP(l, takeAll)
	default:
		fail(fmt.Errorf("there is no stand-in for %s", os.Args[1]))
	}
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the process that started this one
	fmt.Println(records.Load())
}

func serveHTTP(l net.Listener, answer http.HandlerFunc) {
	fail(http.Serve(l, answer))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "standin:", err)
	os.Exit(1)
}
