package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
)

// killed is the environment variable that makes TestKillChild the process that TestKilledWhileReceiving kills.
const killed = "DFBOT_WEBHOOK_KILLED"

func TestKillChild(t *testing.T) {
	dir := os.Getenv(killed)
	if dir == "" {
		t.Skip("not a test by itself: another test starts it as a child process")
	}
	s := serveOn(t, webhook.Options{}, queue.Options{Dir: dir})
	fmt.Println("url " + s.url)
	select {}
}

// TestKilledWhileReceiving kills a receiver with SIGKILL while senders get their 202, several times over the same
// folder, and then finds each acknowledged job there once.
func TestKilledWhileReceiving(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it kills a process again and again")
	}
	const rounds = 3
	dir := t.TempDir()
	sent := &ledger{acknowledged: map[string]bool{}, tried: map[string]bool{}}
	for round := range rounds {
		receiveAndKill(t, dir, round, sent)
	}

	s := serveOn(t, webhook.Options{}, queue.Options{Dir: dir})
	found := s.drain(t)
	for id, times := range found {
		if times != 1 || !sent.tried[id] {
			t.Errorf("job of delivery %s is there %d times; sent: %t", id, times, sent.tried[id])
		}
	}
	for id := range sent.acknowledged {
		if found[id] != 1 {
			t.Errorf("job of acknowledged delivery %s is there %d times", id, found[id])
		}
	}
	t.Logf("%d sent, %d acknowledged, %d found", len(sent.tried), len(sent.acknowledged), len(found))
}

// ledger is what senders know of their deliveries.
type ledger struct {
	mu                  sync.Mutex
	tried, acknowledged map[string]bool
}

func (l *ledger) note(in map[string]bool, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in[id] = true
}

func receiveAndKill(t *testing.T, dir string, round int, sent *ledger) {
	t.Helper()
	const senders, enough = 16, 200
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), killed+"="+dir)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	url := ""
	for lines := bufio.NewScanner(output); url == ""; {
		if !lines.Scan() {
			t.Fatalf("the child ended: %v", lines.Err())
		}
		url, _ = strings.CutPrefix(lines.Text(), "url ")
	}

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	body := numbered("opened")
	var next, count atomic.Int64
	var wg sync.WaitGroup
	midway := make(chan struct{})
	for range senders {
		wg.Go(func() {
			for {
				n := int(next.Add(1))
				id := fmt.Sprintf("%d/%d", round, n)
				sent.note(sent.tried, id)
				response, err := client.Do(request(t, url, "pull_request", id, body(round*1_000_000+n)))
				if err != nil {
					return // killed
				}
				response.Body.Close()
				if response.StatusCode != http.StatusAccepted {
					t.Errorf("status %d", response.StatusCode)
				}
				sent.note(sent.acknowledged, id)
				if count.Add(1) == enough {
					close(midway)
				}
			}
		})
	}
	select {
	case <-midway:
	case <-time.After(patience):
		t.Error("the child takes nothing")
	}
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	wg.Wait()
	_ = child.Wait() // it was killed
}

// drain runs all that is queued and says how often each delivery's job ran.
func (s site) drain(t *testing.T) map[string]int {
	t.Helper()
	var mu sync.Mutex
	found := map[string]int{}
	err := s.queue.Start(t.Context(), func(_ context.Context, j job.Job, _ int) error {
		mu.Lock()
		defer mu.Unlock()
		found[j.Delivery]++
		return nil
	}, func(context.Context, job.Job, error) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		stats, err := s.queue.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if stats.Queued+stats.Running == 0 {
			mu.Lock()
			defer mu.Unlock()
			return found
		}
		<-tick.C
	}
}
