package webhook_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/webhook"
)

// stalled is a body that arrives up to a point and then waits.
type stalled struct {
	io.Reader
	wait <-chan struct{}
}

func (s stalled) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err == io.EOF {
		<-s.wait
	}
	return n, err
}

func next(t *testing.T, replies <-chan reply) reply {
	t.Helper()
	select {
	case got := <-replies:
		return got
	case <-time.After(patience):
		t.Fatal("no reply")
		panic("unreachable")
	}
}

func TestLargeBodiesShareABoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it holds many connections")
	}
	const senders, size = 8, 25_000_000 // 200 MB, of which 128 MiB may be held
	s := serve(t, webhook.Options{})
	end := make(chan struct{})
	replies := make(chan reply, senders)
	body := bytes.Repeat([]byte(" "), size)
	for range senders {
		r := request(t, s.url, "pull_request", "guid", body)
		r.Body, r.ContentLength = io.NopCloser(stalled{bytes.NewReader(body), end}), -1
		go func() { replies <- send(t, r) }()
	}
	if got := next(t, replies); got.Status != 503 || got.Outcome != "overloaded" || got.RetryAfter == "" {
		t.Errorf("%+v", got)
	}
	if got := s.deliver(t, "pull_request", "small", pullRequestPayload("opened", 1)); got.Outcome != "accepted" {
		t.Errorf("a small one meanwhile: %+v", got)
	}
	close(end)
	for range senders - 1 {
		next(t, replies)
	}
	// All memory has been given back if as many as fit fit again, one after the other.
	for range senders {
		if got := s.deliver(t, "pull_request", "large", body); got.Status != 400 { // no JSON
			t.Fatalf("afterwards: %+v", got)
		}
	}
}

func TestABodyAnnouncedTooLargeIsNotReceived(t *testing.T) {
	s := serve(t, webhook.Options{})
	end := make(chan struct{})
	defer close(end)
	r := request(t, s.url, "pull_request", "guid", nil)
	r.Body, r.ContentLength = io.NopCloser(stalled{bytes.NewReader([]byte("{")), end}), 26<<20
	if got := send(t, r); got.Status != 413 || got.Outcome != "too-large" {
		t.Errorf("%+v", got)
	}
}

func TestAnnouncedBodiesHoldUpNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it holds many connections")
	}
	t.Parallel() // takes the 5 s that a sender has
	const senders = 40
	s := serve(t, webhook.Options{})
	end := make(chan struct{})
	defer close(end)
	replies := make(chan reply, senders)
	for range senders {
		r := request(t, s.url, "pull_request", "guid", []byte("{"))
		r.Body, r.ContentLength = io.NopCloser(stalled{bytes.NewReader([]byte("{")), end}), 25_000_000
		go func() { replies <- send(t, r) }()
	}
	if got := s.deliver(t, "pull_request", "small", pullRequestPayload("opened", 1)); got.Outcome != "accepted" {
		t.Errorf("a small one meanwhile: %+v", got)
	}
	for range senders {
		if got := next(t, replies); got.Status != 400 || got.Outcome != "unreadable" {
			t.Errorf("a sender that stalls gets %+v", got)
		}
	}
}

// TestThousandsOfConnectionsCostOthersNothing opens 2,100 connections that send headers, as a delivery has them, and of
// the body nothing or a little. All deliveries meanwhile are accepted.
func TestThousandsOfConnectionsCostOthersNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it holds many connections")
	}
	const connections, deliveries = 2100, 20
	needsOpenFiles(t, 2*connections+200)
	for name, part := range map[string]int{"nothing": 0, "a byte": 1, "three quarters of the first buffer": 768,
		"4 KiB": 4096} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, webhook.Options{})
			beginning := "POST /webhook HTTP/1.1\r\nHost: dfbot\r\nContent-Type: application/json\r\nContent-Length: " +
				"100000\r\n" +
				"X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n\r\n" + strings.Repeat(" ", part)
			for range connections {
				conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, beginning); err != nil {
					t.Fatal(err)
				}
			}
			for i := range deliveries {
				if got := s.deliver(t, "pull_request", fmt.Sprint(i),
					pullRequestPayload("opened", i+1)); got.Status != 202 {
					t.Errorf("delivery %d meanwhile: %+v", i, got)
				}
			}
		})
	}
}

// TestLargeBodiesLeaveRoomForSmallOnes fills the memory for large bodies.
func TestLargeBodiesLeaveRoomForSmallOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it holds many connections")
	}
	const senders, size = 200, 1 << 20
	s := serve(t, webhook.Options{})
	end := make(chan struct{})
	replies := make(chan reply, senders)
	body := bytes.Repeat([]byte(" "), size)
	for range senders {
		r := request(t, s.url, "pull_request", "guid", body)
		r.Body, r.ContentLength = io.NopCloser(stalled{bytes.NewReader(body), end}), -1
		go func() { replies <- send(t, r) }()
	}
	if got := next(t, replies); got.Outcome != "overloaded" { // the others hold all of it
		t.Errorf("%+v", got)
	}
	almost := append(pullRequestPayload("opened", 1), bytes.Repeat([]byte(" "), 60<<10)...)
	if got := s.deliver(t, "pull_request", "small", almost); got.Outcome != "accepted" {
		t.Errorf("a small one meanwhile: %+v", got)
	}
	close(end)
	for range senders - 1 {
		next(t, replies)
	}
}

// TestStalledSendersLoseTheirConnection: a server reads what is left of a small body before it answers, and must not
// wait for that.
func TestStalledSendersLoseTheirConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, webhook.Options{})
	for status, headers := range map[int]string{
		http.StatusBadRequest: "Content-Type: application/json\r\nX-Hub-Signature-256: sha256=" +
			strings.Repeat("0", 64),
		http.StatusUnauthorized:         "Content-Type: application/json",
		http.StatusUnsupportedMediaType: "Content-Type: text/plain",
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel() // takes the 5 s that a sender has
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := fmt.Fprintf(conn,
				"POST /webhook HTTP/1.1\r\nHost: dfbot\r\n%s\r\nContent-Length: 5000\r\n\r\n{", headers); err != nil {
				t.Fatal(err)
			}
			expectAnswerAndEnd(t, conn, status)
		})
	}
}

func expectAnswerAndEnd(t *testing.T, conn net.Conn, status int) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != status {
		t.Errorf("status %d, want %d", response.StatusCode, status)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Errorf("the answer is cut: %v", err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection is still there: %v", err)
	}
}
