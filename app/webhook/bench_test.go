package webhook_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
)

// BenchmarkAccept measures what the receiver takes durably from 32 concurrent senders over loopback HTTP: signed
// pull_request deliveries of about 25 KB, each for a pull request of its own. Beside it is what the same disk gives
// in the same run to one writer that appends 4 KB and syncs, over and over. "accepts/fsyncs" is the ratio of the two; 1
// would be a sync for each delivery.
//
//	waiting  no workers: the receiver has the disk to itself
//	working  workers take the jobs and end them at once, and share the disk with the receiver
func BenchmarkAccept(b *testing.B) {
	b.Run("waiting", func(b *testing.B) { benchmarkAccept(b, false) })
	b.Run("working", func(b *testing.B) { benchmarkAccept(b, true) })
}

func benchmarkAccept(b *testing.B, work bool) {
	const senders = 32
	dir := b.TempDir()
	syncsBefore := syncRate(b, dir)
	quiet := slog.New(slog.NewJSONHandler(io.Discard, nil))
	q, err := queue.Open(b.Context(), queue.Options{Dir: dir, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close(context.Background())
	if work {
		done := func(context.Context, job.Job, int) error { return nil }
		told := func(context.Context, job.Job, error) error { return nil }
		if err := q.Start(b.Context(), done, told); err != nil {
			b.Fatal(err)
		}
	}
	handler, err := webhook.New(webhook.Options{Secrets: []string{secret}, Queue: q, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	body := numbered("opened")

	var (
		next    atomic.Int64
		wg      sync.WaitGroup
		latency [senders][]time.Duration
	)
	b.SetBytes(int64(len(body(1))))
	b.ResetTimer()
	for sender := range senders {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				start := time.Now()
				status := post(b, client, server.URL, fmt.Sprintf("%d-%d", b.N, n), body(int(n)))
				if status != http.StatusAccepted {
					b.Errorf("status %d", status)
					return
				}
				latency[sender] = append(latency[sender], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()

	all := slices.Sorted(slices.Values(slices.Concat(latency[:]...)))
	syncs := (syncsBefore + syncRate(b, dir)) / 2
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "deliveries/s")
	b.ReportMetric(syncs, "fsyncs/s")
	b.ReportMetric(rate/syncs, "accepts/fsyncs")
	if len(all) > 0 {
		b.ReportMetric(float64(all[len(all)*99/100])/1e6, "p99-ms")
	}
}

func post(tb testing.TB, client *http.Client, url, id string, body []byte) (status int) {
	response, err := client.Do(request(tb, url, "pull_request", id, body))
	if err != nil {
		tb.Errorf("post: %v", err)
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		tb.Errorf("post: %v", err)
	}
	return response.StatusCode
}

// syncRate is how many times a second dir's disk takes an append of 4 KB with a sync.
func syncRate(b *testing.B, dir string) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "syncs"))
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	start, n := time.Now(), 0
	for ; time.Since(start) < time.Second; n++ {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	rate := float64(n) / time.Since(start).Seconds()
	if rate > 100_000 {
		b.Skipf("%s is not on a disk: %.0f syncs a second; set TMPDIR", dir, rate)
	}
	return rate
}
