package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gendan/adapters/llm"
	"gendan/bot/chat"
)

// readiness is what /readyz answers.
type readiness struct {
	Ready     bool                   `json:"ready"`
	Postgres  string                 `json:"postgres"`
	Redis     string                 `json:"redis"`
	Platforms map[string]chat.Health `json:"platforms"`
	OldestDue string                 `json:"oldest_due,omitempty"` // how long the most overdue timer waits
	Pictures  string                 `json:"pictures"`             // "ok", or why no text is read in them; that is no illness
	Model     string                 `json:"model"`                // "none", "ok", or why the language model did not answer; no illness either
}

// mostOverdue is how late the oldest timer may be before the service says it is not well.
const mostOverdue = 30 * time.Second

// readyz tells whether the database, Redis and the platforms answer. Redis may be absent.
func (sv *service) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	v := readiness{Ready: true, Postgres: "ok", Redis: "none", Platforms: map[string]chat.Health{}}
	if err := sv.servers.store.Ping(ctx); err != nil {
		v.Ready, v.Postgres = false, "no answer"
	} else if due, ok, err := sv.servers.store.NextDue(ctx); err == nil && ok {
		if late := sv.clock.Now().Sub(due); late > 0 {
			v.OldestDue = late.Round(time.Millisecond).String()
			v.Ready = v.Ready && late < mostOverdue
		}
	}
	if sv.servers.redis != nil {
		v.Redis = "ok"
		if err := sv.servers.redis.Ping(ctx).Err(); err != nil {
			v.Redis = "no answer" // timers go on by Postgres: slower, not unwell
		}
	}
	v.Pictures = "ok"
	if sv.pictures != nil && sv.pictures.Missing() != "" {
		v.Pictures = sv.pictures.Missing()
	}
	v.Model = "none"
	if sv.model != nil {
		v.Model = sv.model.State()
	}
	for _, a := range sv.adapters {
		h := a.Health()
		v.Platforms[a.Name()] = h
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !v.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(v)
}

// metrics serves Prometheus: the process, and the queues as they stand when asked.
func (sv *service) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &queues{sv: sv})
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorLog: nil})
}

var (
	outboxOpen = prometheus.NewDesc("gendan_outbox_rows", "rows of the outbox by platform and state", []string{"platform", "state"}, nil)
	modelCalls = prometheus.NewDesc("gendan_model_calls_total", "questions to the language model by how they ended: ok, failed, busy, resting, budget", []string{"outcome"}, nil)
	connected  = prometheus.NewDesc("gendan_platform_connected", "1 when the platform's connection is up in this process", []string{"platform"}, nil)
)

// queues collects the outbox and the connections.
type queues struct{ sv *service }

// Describe implements prometheus.Collector.
func (q *queues) Describe(ch chan<- *prometheus.Desc) {
	ch <- outboxOpen
	ch <- connected
	ch <- modelCalls
}

// Collect implements prometheus.Collector.
func (q *queues) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	stats, err := q.sv.servers.store.OutboxStats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(outboxOpen, err)
	}
	for _, s := range stats {
		name := s.Platform
		if name == "" {
			name = "none"
		}
		ch <- prometheus.MustNewConstMetric(outboxOpen, prometheus.GaugeValue, float64(s.Open), name, "open")
		ch <- prometheus.MustNewConstMetric(outboxOpen, prometheus.GaugeValue, float64(s.Later), name, "later")
		ch <- prometheus.MustNewConstMetric(outboxOpen, prometheus.GaugeValue, float64(s.Dead), name, "dead")
	}
	for _, a := range q.sv.adapters {
		up := 0.0
		if a.Health().Connected {
			up = 1
		}
		ch <- prometheus.MustNewConstMetric(connected, prometheus.GaugeValue, up, a.Name())
	}
	if q.sv.model != nil {
		countModel(q.sv.model, ch)
	}
}

func countModel(m *llm.Client, ch chan<- prometheus.Metric) {
	for outcome, n := range m.Counts() {
		ch <- prometheus.MustNewConstMetric(modelCalls, prometheus.CounterValue, float64(n), outcome)
	}
}

// decodeReadiness reads what another process's /readyz says.
func decodeReadiness(r io.Reader) (v readiness, err error) {
	err = json.NewDecoder(io.LimitReader(r, 64<<10)).Decode(&v)
	return v, err
}
