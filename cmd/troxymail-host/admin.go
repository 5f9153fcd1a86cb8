package main

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// handler serves the admin listener: /metrics for Prometheus, /livez (the process works), /readyz (its
// replica takes part: an enclave is linked and active, and the host is not behind by more than a little).
func (s *server) handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{s: s})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := s.unready(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// readyLag is how many orders a host may be behind the highest known one and count as ready.
const readyLag = 256

// unready says why the replica takes no part, or nothing.
func (s *server) unready() string {
	f := s.host.Figures()
	switch {
	case !f.Connected:
		return "no enclave is linked: see that troxymail-enclave runs and that link_key is the same in both configurations"
	case !f.Ready:
		return "the enclave is linked but not active: see its log"
	case f.Status.Known > f.Status.Applied+readyLag:
		return fmt.Sprintf("behind by %d orders and catching up", f.Status.Known-f.Status.Applied)
	}
	return ""
}
