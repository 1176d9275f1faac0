package main

import (
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/internal/control"
)

// TestAListenerThatFails: it is not asked again and again for nothing.
func TestAListenerThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, served := 0, 0
		next := func() (*control.Conn, error) {
			switch asked++; {
			case asked <= 12:
				return nil, syscall.EMFILE
			case asked == 13:
				return &control.Conn{}, nil
			}
			return nil, net.ErrClosed
		}
		began := time.Now()
		accept(t.Context(), slog.New(slog.DiscardHandler), next, func(*control.Conn) { served++ })
		if d := time.Since(began); served != 1 || d < 20*time.Second || d > 2*time.Minute {
			t.Errorf("served %d, after %v", served, d)
		}
	})
}
