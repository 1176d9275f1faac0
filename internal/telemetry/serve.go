package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// Server answers requests. Made by New; Serve runs until Shutdown.
type Server struct {
	http  http.Server
	paths *http.ServeMux
}

// New is a server that answers by what health says. Others are added by Handle.
func New(health Health, log *slog.Logger) *Server {
	s := &Server{paths: http.NewServeMux()}
	s.http = http.Server{
		Handler:           guard(s.paths),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	s.paths.Handle("GET /healthz", answer(health.Alive))
	s.paths.Handle("GET /readyz", answer(health.Ready))
	return s
}

// Handle adds what answers a pattern, such as "GET /metrics". Before Serve.
func (s *Server) Handle(pattern string, h http.Handler) { s.paths.Handle(pattern, h) }

// Serve answers what comes to l, which it closes, until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown ends Serve, at once for who asks for long.
func (s *Server) Shutdown(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

// guard lets through what was asked of this machine by its name: a page of
// somewhere else that has a browser on this machine ask (by a name of its own
// that leads here) learns nothing.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		if !local(r) {
			http.Error(w, "ask by the name localhost or the loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func local(r *http.Request) bool {
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && at.Network() == "unix" {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
