package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
)

// patience is how long a test waits for what should happen at once.
const patience = time.Minute

// site is a receiver with its queue, reachable over HTTP.
type site struct {
	url   string
	queue *queue.Queue
	log   *lines
}

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func serve(t *testing.T, o webhook.Options) site {
	t.Helper()
	return serveOn(t, o, queue.Options{Dir: t.TempDir()})
}

func serveOn(t *testing.T, o webhook.Options, on queue.Options) site {
	t.Helper()
	s := site{log: &lines{}}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	on.Logger = logger
	q, err := queue.Open(t.Context(), on)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if o.Secrets == nil {
		o.Secrets = []string{secret}
	}
	o.Queue, o.Logger = q, logger
	handler, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url, s.queue = server.URL, q
	return s
}

// request is a delivery as GitHub sends it.
func request(tb testing.TB, url, event, id string, body []byte) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url+"/webhook", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "GitHub-Hookshot/044aadd")
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", id)
	r.Header.Set("X-Hub-Signature-256", sign(secret, body))
	return r
}

// reply is an answer of the receiver.
type reply struct {
	Status     int
	Outcome    string
	Reason     string
	RetryAfter string
}

func send(t *testing.T, r *http.Request) reply {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{Status: response.StatusCode, RetryAfter: response.Header.Get("Retry-After")}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return got
}

func (s site) deliver(t *testing.T, event, id string, body []byte) reply {
	t.Helper()
	return send(t, request(t, s.url, event, id, body))
}

func (s site) queued(t *testing.T) int {
	t.Helper()
	stats, err := s.queue.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Queued
}

// work starts the queue and returns its jobs, n of them.
func (s site) work(t *testing.T, n int) []job.Job {
	t.Helper()
	ran := make(chan job.Job, n+1)
	err := s.queue.Start(t.Context(),
		func(_ context.Context, j job.Job, _ int) error { ran <- j; return nil },
		func(context.Context, job.Job, error) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var jobs []job.Job
	for range n {
		select {
		case j := <-ran:
			jobs = append(jobs, j)
		case <-time.After(patience):
			t.Fatalf("only %v ran", jobs)
		}
	}
	return jobs
}

func TestNewRefusesToWorkWithoutSecrets(t *testing.T) {
	s := serve(t, webhook.Options{})
	for _, secrets := range [][]string{nil, {}, {""}, {"a", ""}, {" \n"}} {
		if _, err := webhook.New(webhook.Options{Secrets: secrets, Queue: s.queue}); err == nil {
			t.Errorf("New with the secrets %q works", secrets)
		}
	}
	if _, err := webhook.New(webhook.Options{Secrets: []string{"a"}}); err == nil {
		t.Error("New without a queue works")
	}
}

// TestSignatures has GitHub's own example, from "Validating webhook deliveries" in its documentation.
func TestSignatures(t *testing.T) {
	const (
		example = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
		body    = "Hello, World!"
	)
	s := serve(t, webhook.Options{Secrets: []string{"new secret", secret}})
	tests := []struct {
		name, header, signature string
		status                  int
		outcome                 string
	}{
		{"GitHub's example", "X-Hub-Signature-256", example, 400, "malformed"}, // trusted, but no JSON
		{"with the other secret", "X-Hub-Signature-256", sign("new secret", []byte(body)), 400, "malformed"},
		{"with a third secret", "X-Hub-Signature-256", sign("old secret", []byte(body)), 401, "forged"},
		{"with no secret", "X-Hub-Signature-256", sign("", []byte(body)), 401, "forged"},
		{"of another body", "X-Hub-Signature-256", sign(secret, []byte("Hello, World?")), 401, "forged"},
		{"no header", "X-Other", "", 401, "unsigned"},
		{"SHA-1 only", "X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59", 401, "unsigned"},
		{"SHA-1 in the header for SHA-256", "X-Hub-Signature-256", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59", 401,
			"unsigned"},
		{"the SHA-256 in the header for SHA-1", "X-Hub-Signature", example, 401, "unsigned"},
		{"no prefix", "X-Hub-Signature-256", example[len("sha256="):], 401, "unsigned"},
		{"too short", "X-Hub-Signature-256", example[:len(example)-2], 401, "unsigned"},
		{"empty", "X-Hub-Signature-256", "sha256=", 401, "unsigned"},
		{"not hexadecimal", "X-Hub-Signature-256", "sha256=" + strings.Repeat("z", 64), 401, "unsigned"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, s.url, "pull_request", "guid", []byte(body))
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set(test.header, test.signature)
			if got := send(t, r); got.Status != test.status || got.Outcome != test.outcome {
				t.Errorf("%+v, want %d %s", got, test.status, test.outcome)
			}
		})
	}
	if n := s.queued(t); n != 0 {
		t.Errorf("%d jobs are queued", n)
	}
}

func TestRefusals(t *testing.T) {
	s := serve(t, webhook.Options{})
	good := pullRequestPayload("opened", 1)
	tests := []struct {
		name    string
		change  func(r *http.Request)
		body    []byte
		status  int
		outcome string
	}{
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, good,
			415, "not-json"},
		{"no content type", func(r *http.Request) { r.Header.Del("Content-Type") }, good, 415, "not-json"},
		{"no delivery id", func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, good, 400, "malformed"},
		{"an endless delivery id", func(r *http.Request) {
			r.Header.Set("X-GitHub-Delivery",
				strings.Repeat("x", 129))
		}, good, 400, "malformed"},
		{"not JSON", nil, []byte("payload=%7B%7D"), 400, "malformed"},
		{"cut JSON", nil, good[:len(good)-1], 400, "malformed"},
		{"no body", nil, nil, 400, "malformed"},
		{"JSON of another shape", nil, []byte(`{"action": {"a": 1}}`), 400, "malformed"},
		{"a list", nil, []byte(`[]`), 400, "malformed"},
		{"deep JSON", nil, []byte(`{"a":` + strings.Repeat("[", 1_000_000)), 400, "malformed"},
		{"deep JSON that ends", nil, []byte(strings.Repeat(`{"pull_request":`, 100_000) + "1" +
			strings.Repeat("}", 100_000)), 400, "malformed"},
		{"a number beyond 64 bits", nil, []byte(`{"action":"opened","installation":{"id":99999999999999999999}}`), 400,
			"malformed"},
		{"an unknown event", func(r *http.Request) { r.Header.Set("X-GitHub-Event", "star") }, []byte("no JSON"), 200,
			"dropped"},
		{"no event", func(r *http.Request) { r.Header.Del("X-GitHub-Event") }, good, 200, "dropped"},
		{"an unknown action", nil, pullRequestPayload("enqueued", 1), 200, "dropped"},
		{"no action", nil, pullRequestPayload("", 1), 200, "dropped"},
		{"null", nil, []byte("null"), 200, "dropped"},
		{"no installation", nil, pullRequestPayload("opened", 1, object{"installation": nil}), 200, "dropped"},
		{"no repository", nil, pullRequestPayload("opened", 1, object{"repository": nil}), 200, "dropped"},
		{"no pull request", nil, pullRequestPayload("opened", 1, object{"pull_request": nil}), 200, "dropped"},
		{"a path for a name", nil, pullRequestPayload("opened", 1,
			object{"repository": object{"id": 1, "name": "../x", "owner": object{"login": "o"}}}), 200, "dropped"},
		{"a step up for a name", nil, pullRequestPayload("opened", 1,
			object{"repository": object{"id": 1, "name": "..", "owner": object{"login": "o"}}}), 200, "dropped"},
		{"no commit for a head", nil, pullRequestPayload("opened", 1,
			object{"pull_request": object{"number": 1, "head": object{"sha": "main"}}}), 200, "dropped"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, s.url, "pull_request", fmt.Sprint(i), test.body)
			if test.change != nil {
				test.change(r)
			}
			got := send(t, r)
			if got.Status != test.status || got.Outcome != test.outcome || got.Reason == "" {
				t.Errorf("%+v, want %d %s and a reason", got, test.status, test.outcome)
			}
		})
	}
	if n := s.queued(t); n != 0 {
		t.Errorf("%d jobs are queued", n)
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	s := serve(t, webhook.Options{})
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/webhook", 405},
		{"PUT", "/webhook", 405},
		{"POST", "/", 404},
		{"POST", "/webhook/x", 404},
		{"GET", "/healthz", 200},
		{"GET", "/readyz", 200},
		{"POST", "/readyz", 405},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, s.url+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, response.StatusCode, test.status)
		}
	}
}

// chunked hides the length of a body, so that it is sent in chunks.
type chunked struct{ io.Reader }

func TestSizeLimit(t *testing.T) {
	s := serve(t, webhook.Options{})
	padded := func(size int) []byte {
		body := pullRequestPayload("opened", size)
		return append(body, bytes.Repeat([]byte(" "), size-len(body))...)
	}
	largest, tooLarge := padded(26_000_000), padded(26<<20)
	for _, test := range []struct {
		name    string
		body    []byte
		chunked bool
		status  int
	}{
		{"the largest, declared", largest, false, 202},
		{"the largest, chunked", largest, true, 202},
		{"too large, declared", tooLarge, false, 413},
		{"too large, chunked", tooLarge, true, 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, s.url, "pull_request", test.name, test.body)
			if test.chunked {
				r.Body, r.ContentLength = io.NopCloser(chunked{bytes.NewReader(test.body)}), -1
			}
			if got := send(t, r); got.Status != test.status {
				t.Errorf("%+v, want %d", got, test.status)
			}
		})
	}
}

func TestABodyThatIsCutOff(t *testing.T) {
	s := serve(t, webhook.Options{})
	body := pullRequestPayload("opened", 1)
	r := request(t, s.url, "pull_request", "guid", body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body[:1000])), int64(len(body))
	if response, err := http.DefaultClient.Do(r); err == nil {
		response.Body.Close()
		t.Errorf("status %d", response.StatusCode)
	}
	if got := s.deliver(t, "pull_request", "guid", body); got.Outcome != "accepted" {
		t.Errorf("sent again: %+v", got)
	}
}

func TestADeliveryIsTakenOnce(t *testing.T) {
	s := serve(t, webhook.Options{})
	body := pullRequestPayload("opened", 7)
	if got := s.deliver(t, "pull_request", "guid", body); got != (reply{Status: 202, Outcome: "accepted"}) {
		t.Errorf("%+v", got)
	}
	for range 3 {
		if got := s.deliver(t, "pull_request", "guid", body); got.Status != 200 || got.Outcome != "duplicate" {
			t.Errorf("again: %+v", got)
		}
	}
	if n := s.queued(t); n != 1 {
		t.Errorf("%d jobs are queued", n)
	}
}

func TestSecretsRotate(t *testing.T) {
	s := serve(t, webhook.Options{Secrets: []string{"current", "previous"}})
	for i, secret := range []string{"current", "previous"} {
		body := pullRequestPayload("opened", 1+i)
		r := request(t, s.url, "pull_request", secret, body)
		r.Header.Set("X-Hub-Signature-256", sign(secret, body))
		if got := send(t, r); got.Outcome != "accepted" {
			t.Errorf("signed with the %s secret: %+v", secret, got)
		}
	}
}

func TestAQueueThatTakesNothing(t *testing.T) {
	s := serve(t, webhook.Options{})
	if err := s.queue.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := s.deliver(t, "pull_request", "guid", pullRequestPayload("opened", 1))
	if got.Status != 503 || got.Outcome != "not-stored" || got.RetryAfter == "" {
		t.Errorf("%+v", got)
	}
	response, err := http.Get(s.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 503 || string(body) != "not ready: it is stopping\n" {
		t.Errorf("ready: %d %q, %v", response.StatusCode, body, err)
	}
}

// gather returns the values of a counter by its labels.
func gather(t *testing.T, metrics *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			values[strings.Join(labels, " ")] = metric.GetCounter().GetValue()
		}
	}
	return values
}

func TestMetricsAndLog(t *testing.T) {
	metrics := prometheus.NewRegistry()
	s := serve(t, webhook.Options{Metrics: metrics})
	body := pullRequestPayload("opened", 7)
	s.deliver(t, "pull_request", "guid", body)
	s.deliver(t, "pull_request", "guid", body)
	s.deliver(t, "made-up", "guid2", body)
	forged := request(t, s.url, "pull_request", "guid3", body)
	forged.Header.Set("X-Hub-Signature-256", sign("x", body))
	send(t, forged)

	want := map[string]float64{
		"event=other outcome=dropped": 1, "event=pull_request outcome=accepted": 1,
		"event=pull_request outcome=duplicate": 1, "event=pull_request outcome=forged": 1,
	}
	if got := gather(t, metrics, "dfbot_deliveries_total"); !maps.Equal(got, want) {
		t.Errorf("metrics %v", got)
	}
	log := s.log.String()
	for _, want := range []string{
		"msg=delivery delivery=guid event=pull_request action=opened installation=77 repo=Codertocat/Hello-World " +
			"pr=7 sha=" + head + " outcome=accepted",
		"msg=delivery delivery=guid2 event=made-up",
		"msg=delivery delivery=guid3 event=pull_request action=\"\" installation=0 repo=\"\" pr=0 sha=\"\" " +
			"outcome=forged",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%s\nis not in the log\n%s", want, log)
		}
	}
	if strings.Count(log, "msg=delivery") != 4 {
		t.Errorf("not one line for each delivery:\n%s", log)
	}
	for _, secretive := range []string{"quoted", "Update the README", secret, sign(secret, body)} {
		if strings.Contains(log, secretive) {
			t.Errorf("the log tells %q", secretive)
		}
	}
}
