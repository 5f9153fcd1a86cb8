package main

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"troxymail/enclave/boundary"
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
		budget := s.budget()
		if why := s.unready(); why != "" {
			http.Error(w, why+"\n"+budget, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "ok\n%s\n", budget)
	})
	return mux
}

// readyLag is how many orders a host may be behind the highest known one and count as ready.
const readyLag = 256

// budget says how much of what the group survives is used up, as this host sees it.
func (s *server) budget() string {
	out := s.host.Figures().Facts.Out
	text := boundary.Budget(s.conf.Genesis.Replicas, len(out))
	for _, o := range out {
		text += fmt.Sprintf("\nreplica %d: %s", o.Replica, o.Cause)
	}
	return text
}

// unready says why the replica takes no part, or nothing.
func (s *server) unready() string {
	f := s.host.Figures()
	switch {
	case !f.Connected:
		return "no enclave is linked: see that troxymail-enclave runs and that link_key is the same in both configurations"
	case !f.Ready:
		why := "the enclave is linked and not active yet"
		for _, a := range f.Facts.Alarms {
			if a.Code == boundary.AlarmAwaits {
				why += fmt.Sprintf(", it awaits replica %d", a.Subject)
			}
		}
		return why
	case f.Status.Known > f.Status.Applied+readyLag:
		return fmt.Sprintf("behind by %d orders and catching up", f.Status.Known-f.Status.Applied)
	}
	return ""
}
