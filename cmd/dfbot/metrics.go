package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dfbot/dfbot/app/queue"
)

// newRegistry makes the registry of a service, with the metrics of Go, of the process and of the queue.
func newRegistry(q *queue.Queue) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dfbot_build_info", Help: "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": version()},
	})
	build.Set(1)
	registry.MustRegister(build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		queueFigures{q})
	return registry
}

// metricsHandler answers GET /metrics.
func metricsHandler(registry *prometheus.Registry, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 4, CoalesceGather: true,
	}))
	return mux
}

// queueFigures shows a queue's Stats to Prometheus.
type queueFigures struct{ queue *queue.Queue }

var (
	waitingFigure = prometheus.NewDesc("dfbot_deliveries_waiting", "Deliveries waiting for the disk.", nil, nil)
	jobsFigure    = prometheus.NewDesc("dfbot_jobs", "Jobs that are queued or running.", []string{"state"}, nil)
	oldestFigure  = prometheus.NewDesc("dfbot_oldest_job_wait_seconds",
		"How long the oldest runnable job has waited for a worker, in seconds.", nil, nil)
	endedFigure = prometheus.NewDesc("dfbot_jobs_ended_total", "Attempts at jobs, by outcome.", []string{"outcome"},
		nil)
	commitsFigure = prometheus.NewDesc("dfbot_delivery_commits_total",
		"Transactions that stored deliveries, each with one sync of the disk.", nil, nil)
)

// Describe is for prometheus.Collector.
func (queueFigures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waitingFigure, jobsFigure, oldestFigure, endedFigure, commitsFigure} {
		to <- d
	}
}

// statsTimeout limits the wait for the figures of a busy database.
const statsTimeout = 4 * time.Second

// Collect is for prometheus.Collector.
func (f queueFigures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	s, err := f.queue.Stats(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(jobsFigure, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(waitingFigure, float64(s.Waiting))
	gauge(jobsFigure, float64(s.Queued), "queued")
	gauge(jobsFigure, float64(s.Running), "running")
	gauge(oldestFigure, s.OldestWait.Seconds())
	counter(endedFigure, s.Done, "done")
	counter(endedFigure, s.Failed, "given_up")
	counter(endedFigure, s.Retried, "retried")
	counter(endedFigure, s.Stale, "stale")
	counter(endedFigure, s.Superseded, "superseded")
	counter(commitsFigure, s.Commits)
}
