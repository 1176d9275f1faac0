// Package nettest is the other end of a test's connections.
//
// In comes what to do with each connection; out comes an address on the loopback interface,
// which answers until the test ends. It touches nothing else.
package nettest

import (
	"net"
	"sync"
	"testing"
)

// Serve has serve called for each connection, which is closed when it returns; the test ends
// when all have.
func Serve(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return l.Addr().String()
}
