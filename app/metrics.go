package app

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
)

// Metrics count what dfbot does. Labels hold dfbot's own words only, nothing of a repository's.
type Metrics struct {
	reviews  *prometheus.CounterVec
	comments prometheus.Counter
	applied  prometheus.Counter
	presses  *prometheus.CounterVec
	commands *prometheus.CounterVec
	unproved *prometheus.CounterVec
	crashes  *prometheus.CounterVec
	calls    *prometheus.CounterVec
	jobs     *prometheus.HistogramVec
	perJob   *prometheus.HistogramVec
}

// NewMetrics makes the metrics and registers them, if there is a registry to register them with.
func NewMetrics(to prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "dfbot", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		reviews: counter("reviews_total", "Posted reviews, by the conclusion of their check run.", "conclusion"),
		comments: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "dfbot", Name: "comments_total", Help: "Posted review comments.",
		}),
		applied: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "dfbot", Name: "applied_fixes_total", Help: "Fixes committed by buttons and commands.",
		}),
		presses: counter("presses_total", "Buttons that were pressed, by what came of it.", "outcome"),
		commands: counter("commands_total", "Commands in comments, by what they ask for and what came of it.",
			"command", "outcome"),
		unproved: counter("unproved_fixes_total", "Fixes that failed their proof and were not shown.", "rule"),
		crashes:  counter("rule_crashes_total", "Rules that panicked on a Dockerfile.", "rule"),
		calls: counter("github_calls_total", "Calls to GitHub, by route and status; status 0 means no answer.",
			"method", "route", "status"),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "dfbot", Name: "job_seconds", Help: "Duration of attempts at jobs, in seconds.",
			Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 15, 30, 60, 120, 300},
		}, []string{"kind", "outcome"}),
		perJob: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "dfbot", Name: "job_calls", Help: "Calls to GitHub of attempts at jobs.",
			Buckets: []float64{1, 2, 4, 5, 6, 7, 8, 10, 15, 25, 50, 100},
		}, []string{"kind"}),
	}
	if to != nil {
		to.MustRegister(m.reviews, m.comments, m.applied, m.presses, m.commands, m.unproved, m.crashes, m.calls,
			m.jobs, m.perJob)
	}
	return m
}

// Call counts a call to GitHub. It is what [github.Options.Observe] takes.
func (m *Metrics) Call(c github.Call) {
	m.calls.WithLabelValues(c.Method, c.Route, strconv.Itoa(c.Status)).Inc()
}

// Observe counts an event. It is what [Options.Observe] takes.
func (m *Metrics) Observe(e Event) {
	switch e.Kind {
	case Crashed:
		m.crashes.WithLabelValues(e.Rule).Inc()
	case Unproved:
		m.unproved.WithLabelValues(e.Rule).Inc()
	case Posted:
		m.reviews.WithLabelValues(string(e.Conclusion)).Inc()
		m.comments.Add(float64(e.Comments))
	case Applied:
		m.applied.Add(float64(e.Fixes))
	case Pressed, Obeyed, GaveUp:
		m.asked(e)
	case Done, Stale, Failed:
		m.jobs.WithLabelValues(string(e.Job.Kind), outcome(e)).Observe(e.Took.Seconds())
		m.perJob.WithLabelValues(string(e.Job.Kind)).Observe(float64(e.Calls.All()))
	}
}

// asked counts what came of something that a person asked for.
func (m *Metrics) asked(e Event) {
	switch {
	case e.Kind == Pressed:
		m.presses.WithLabelValues(e.Outcome).Inc()
	case e.Kind == Obeyed:
		m.commands.WithLabelValues(cmp.Or(string(e.Verb), "unknown"), e.Outcome).Inc()
	case e.Job.Kind == job.Apply:
		m.presses.WithLabelValues("given_up").Inc()
	case e.Job.Kind == job.Command: // which commands there were is in the comment only
		m.commands.WithLabelValues("unknown", "given_up").Inc()
	}
}

// outcome is the label for how an attempt ended.
func outcome(e Event) string {
	switch {
	case e.Kind != Failed:
		return string(e.Kind)
	case errors.As(e.Err, new(job.GiveUp)):
		return "given_up"
	}
	return "try_again"
}
