package githubtest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Match says which requests a Fault strikes. The zero Match is every request.
type Match struct {
	Method string // any when empty
	// pattern of path.Match on the path or its template, "*" within a segment; a "/**" at the end takes all below
	Path  string
	Body  string // text the request's body has, for GraphQL; any when empty
	Nth   int    // the first match to strike, counted from 1; 0 is 1
	Times int    // how many matches to strike; 0 is all
}

// Trouble is the kind of a Fault.
type Trouble int

const (
	// Status answers with Fault.Status.
	Status Trouble = iota
	// PrimaryLimit answers 403 (or Fault.Status) with no requests remaining for Fault.Wait, an hour when that is 0.
	PrimaryLimit
	// SecondaryLimit answers 403 (or Fault.Status) with Retry-After.
	SecondaryLimit
	// SlowBody sends the right answer byte by byte, Fault.Wait between them.
	SlowBody
	// CutBody sends half of the right answer and cuts the connection.
	CutBody
	// Hang never answers; it ends when the client gives up or the server closes.
	Hang
)

// A Fault is what goes wrong.
type Fault struct {
	Trouble Trouble
	Status  int    // 200, 401, 403, 404, 409, 422, 429, 5xx; of SecondaryLimit 403 when 0
	Page    bool   // the answer is a page of HTML, as of something between the client and GitHub
	Message string // GitHub's for the status when empty
	// Retry-After of SecondaryLimit (whole seconds), the reset of PrimaryLimit, the pace of SlowBody
	Wait time.Duration
	// After lets the request do its work first, so that only the answer is
	// lost. SlowBody and CutBody always do.
	After bool
	// Late lets the request do its work that long after it was answered, by the server's clock; see Land.
	Late time.Duration
}

// late is a request whose work is to be done yet.
type late struct {
	at   time.Time
	call *call
}

type armed struct {
	Match
	Fault
	seen, struck int
}

type faultList struct {
	mu   sync.Mutex
	list []*armed
	late []late
}

// postpone keeps a request for later.
func (l *faultList) postpone(at time.Time, c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = append(l.late, late{at, c})
}

// due takes the requests whose time has come.
func (l *faultList) due(now time.Time) (due []late) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = slices.DeleteFunc(l.late, func(one late) bool {
		if one.at.After(now) {
			return false
		}
		due = append(due, one)
		return true
	})
	return due
}

// Land does the work of requests that a Fault made late, once their time has come. Each request does so as well, before
// it is answered.
func (s *Server) Land() {
	for _, one := range s.faults.due(s.now()) {
		s.handle(one.call)
	}
}

// Fault makes matching requests go wrong until remove is called. Where several
// faults match, the one set first strikes.
func (s *Server) Fault(m Match, f Fault) (remove func()) {
	a := &armed{Match: m, Fault: f}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, a)
	return func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		a.Times, a.struck = 1, 1
	}
}

// take finds the fault that strikes a call, and counts it.
func (l *faultList) take(c *call) *armed {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.list {
		if !a.fits(c) {
			continue
		}
		a.seen++
		if a.seen < a.Nth || a.Times > 0 && a.struck >= a.Times {
			continue
		}
		a.struck++
		return a
	}
	return nil
}

func (m Match) fits(c *call) bool {
	if m.Method != "" && m.Method != c.r.Method || !strings.Contains(string(c.body), m.Body) {
		return false
	}
	if m.Path == "" {
		return true
	}
	at := c.srv.apiPath(c.r)
	if below, ok := strings.CutSuffix(m.Path, "/**"); ok {
		words := strings.Count(below, "/") + 1
		parts := strings.SplitN(at, "/", words+1)
		if len(parts) <= words {
			return false
		}
		fits, _ := path.Match(below, strings.Join(parts[:words], "/"))
		return fits
	}
	fits, _ := path.Match(m.Path, at)
	return fits || c.route != nil && c.route.path == m.Path
}

// replaces says that the fault has an answer of its own.
func (f *armed) replaces() bool { return f.Trouble <= SecondaryLimit }

// foreign reports whether the fault's answer comes from something other than GitHub.
func (f *armed) foreign() bool { return f != nil && f.Trouble == Status && f.Page }

// messages are GitHub's words for a status.
var messages = map[int]string{
	401: "Bad credentials", 403: "Resource not accessible by integration", 404: "Not Found", 409: "Conflict",
	422: "Validation Failed", 429: "You have exceeded a secondary rate limit.", 500: "Server Error",
	502: "Server Error", 503: "Service Unavailable",
	504: "We couldn't respond to your request in time. Sorry about that.",
}

func (f *armed) answer(s *Server) answer {
	switch f.Trouble {
	case PrimaryLimit:
		return f.primary(s)
	case SecondaryLimit:
		return f.secondary()
	}
	message := f.Message
	if message == "" {
		message = messages[f.Status]
	}
	if f.Status == 502 || f.Page { // GitHub's front end answers with a page
		page := fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>", f.Status, http.StatusText(f.Status))
		return answer{status: f.Status, raw: []byte(page), contentType: "text/html"}
	}
	return failure(f.Status, message)
}

func (f *armed) primary(s *Server) answer {
	status := f.Status
	if status == 0 {
		status = 403
	}
	wait := f.Wait
	if wait == 0 {
		wait = time.Hour
	}
	a := failure(status, "API rate limit exceeded for installation.")
	a.json.(obj)["documentation_url"] = rateDocs
	return a.with("X-RateLimit-Limit", "5000").with("X-RateLimit-Remaining", "0").with("X-RateLimit-Used", "5000").
		with("X-RateLimit-Reset", strconv.FormatInt(s.now().Add(wait).Unix(), 10)).with("X-RateLimit-Resource", "core")
}

// secondary is GitHub's answer to too many requests at once. go-github knows
// it by the end of its documentation_url.
func (f *armed) secondary() answer {
	status := f.Status
	if status == 0 {
		status = 403
	}
	a := failure(status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	a.json.(obj)["documentation_url"] = docs + "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	return a.with("Retry-After", strconv.Itoa(int(f.Wait.Seconds())))
}

// deliver writes the answer in the fault's own way; false leaves it to the caller.
func (f *armed) deliver(w http.ResponseWriter, r *http.Request, out rendered) bool {
	switch f.Trouble {
	case SlowBody:
		out.drip(w, r, f.Wait)
	case CutBody:
		out.header.Set("Content-Length", strconv.Itoa(len(out.body)+1))
		out.body = out.body[:len(out.body)/2]
		out.write(w)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// drip sends the body byte by byte until it is sent or the client is gone.
func (o rendered) drip(w http.ResponseWriter, r *http.Request, pace time.Duration) {
	body := o.body
	o.body = nil
	o.header.Set("Content-Length", strconv.Itoa(len(body)))
	o.write(w)
	out := http.NewResponseController(w)
	for i := range body {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(pace):
		}
		w.Write(body[i : i+1])
		out.Flush()
	}
}
