package telemetry

import (
	"fmt"
	"net/http"
)

// Health says how the agent is. Each function is nil-error for well; an error
// is shown to who asks, so it holds no value and no path.
type Health struct {
	// Alive: what should move moves. A destination that is away is no illness of the agent's.
	Alive func() error
	// Ready: it has started, and follows its inputs.
	Ready func() error
}

func answer(ask func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := ask(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}
