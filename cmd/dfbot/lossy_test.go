//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lossy is between dfbot and GitHub. It lets calls go wrong as they do between machines, and tells when a chosen
// call comes by.
type lossy struct {
	url    string
	hub    string // URL of the GitHub that it forwards to
	served sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	faults float64 // share of calls that go wrong
	trap   *trap
	struck int // faults so far
}

// trap is a call in the middle of which the process is killed.
type trap struct {
	call   *regexp.Regexp // method and path
	skip   int            // so many such calls pass
	after  bool           // the call has its effect
	late   time.Duration  // and that only so much later
	spring func()         // kills the process
}

// calls are those that a review makes, those that write several times because they matter most.
var calls = []string{
	`^POST .*/pulls/\d+/reviews$`, `^POST .*/pulls/\d+/reviews$`, `^POST .*/check-runs$`, `^POST .*/check-runs$`,
	`^PATCH .*/pulls/comments/\d+$`, `^POST /graphql$`, `^GET .*/pulls/\d+/files$`, `^GET .*/git/trees/`,
	`^GET .*/check-runs$`, `^POST .*/access_tokens$`,
}

// late is how late an effect may come: 2, 5 and 20 seconds at dfbot's usual pace.
var late = []time.Duration{100 * time.Millisecond, 250 * time.Millisecond, time.Second}

func newLossy(t *testing.T, hub string, seed uint64) *lossy {
	l := &lossy{hub: strings.TrimSuffix(hub, "/"), random: rand.New(rand.NewPCG(seed, 1))}
	server := httptest.NewServer(l)
	l.url = server.URL + "/"
	t.Cleanup(func() { server.Close(); l.served.Wait() })
	return l
}

// set arms a trap, or none, and says which share of the calls goes wrong.
func (l *lossy) set(faults float64, t *trap) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults, l.trap = faults, t
}

// sprung takes the trap if this call is the one that it is for.
func (l *lossy) sprung(call string) *trap {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.trap
	if t == nil || !t.call.MatchString(call) {
		return nil
	}
	if t.skip--; t.skip >= 0 {
		return nil
	}
	l.trap = nil
	return t
}

// fault is one way for a call to go wrong.
type fault int

const (
	none fault = iota
	badGateway
	badGatewayAfter
	cut
	garbage
	page403
	unprocessable // of writes
	lateEffect    // of writes
	faultKinds
)

// draw reports whether and how a call goes wrong.
func (l *lossy) draw(writes bool) (fault, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.random.Float64() >= l.faults {
		return none, 0
	}
	l.struck++
	last := unprocessable
	if writes {
		last = faultKinds
	}
	return 1 + fault(l.random.IntN(int(last)-1)), late[l.random.IntN(len(late))]
}

func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t := l.sprung(r.Method + " " + r.URL.Path); t != nil {
		l.spring(t, r, body)
		panic(http.ErrAbortHandler)
	}
	writes := r.Method != http.MethodGet && (r.URL.Path != "/graphql" || bytes.Contains(body, []byte("mutation"))) &&
		!strings.HasSuffix(r.URL.Path, "/access_tokens")
	kind, delay := l.draw(writes)
	switch kind {
	case badGateway:
		send(w, http.StatusBadGateway, "text/html", []byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	case page403:
		send(w, http.StatusForbidden, "text/html", []byte("<html><body><h1>Access denied</h1></body></html>"))
	case unprocessable:
		send(w, http.StatusUnprocessableEntity, "application/json",
			[]byte(`{"message":"No commit found for SHA","documentation_url":"https://docs.github.com/rest"}`))
	case lateEffect:
		l.later(r, body, delay)
		send(w, http.StatusBadGateway, "text/html", []byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	default:
		l.pass(w, r, body, kind)
	}
}

// spring kills the process before or after the effect of a call, or has the effect come later.
func (l *lossy) spring(t *trap, r *http.Request, body []byte) {
	if t.late > 0 {
		l.later(r, body, t.late)
	} else if t.after {
		_, _ = l.forward(r, body) // no one is left to hear of it
	}
	t.spring()
}

// later makes a call after a while, no matter who is there by then.
func (l *lossy) later(r *http.Request, body []byte, delay time.Duration) {
	l.served.Go(func() {
		time.Sleep(delay) // the fault is the delay
		_, _ = l.forward(r, body)
	})
}

// said is an answer of GitHub.
type said struct {
	status int
	header http.Header
	body   []byte
}

func (l *lossy) forward(r *http.Request, body []byte) (*said, error) {
	out, err := http.NewRequest(r.Method, l.hub+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding")
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return &said{resp.StatusCode, resp.Header, data}, err
}

// pass makes a call, and spoils its answer.
func (l *lossy) pass(w http.ResponseWriter, r *http.Request, body []byte, kind fault) {
	a, err := l.forward(r, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	switch kind {
	case badGatewayAfter:
		send(w, http.StatusBadGateway, "text/html", []byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	case garbage:
		send(w, a.status, "application/json", []byte(`{"message": "`+"\x00\xff"))
	case cut:
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)+1))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default:
		send(w, a.status, a.header.Get("Content-Type"), a.body)
	}
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // who does not listen has been killed
}
