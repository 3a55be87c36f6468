package demo

import (
	"bytes"
	"context"
	"crypto/subtle"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sourcegraph/conc"
	"golang.org/x/sync/semaphore"

	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/rules"
)

//go:embed assets
var assets embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Local().Format("15:04:05") },
	"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"short": short,
	"count": count,
	"initial": func(login string) string {
		for _, r := range login {
			return strings.ToUpper(string(r))
		}
		return "?"
	},
	"both": func(v *view, x any) map[string]any { return map[string]any{"V": v, "X": x} },
}).ParseFS(assets, "assets/*.html"))

// Page serves the pull request of a World to the browsers of this machine.
//
// What it shows is hostile: file names, branches, code and comments come from a repository. The template escapes them,
// [prose] renders Markdown, and the content security policy forbids whatever might slip through to run or to load
// anything. Requests that change something must come from the page itself: they are checked for their origin and for a
// token that only the page has. Requests for another host are refused, so that no other name that resolves to 127.0.0.1
// reaches it.
type Page struct {
	// URL is where the page is, with a slash at its end.
	URL string

	world  *World
	hosts  map[string]bool
	token  string
	listen net.Listener
	server *http.Server
	work   conc.WaitGroup
	stop   context.CancelFunc
	ctx    context.Context // ended by stop
	live   *semaphore.Weighted
}

// mostLive is how many browsers can follow changes at the same time.
const mostLive = 64

// Listen takes a loopback address such as "127.0.0.1:0" for the page of a World. Browsers wait there until Start.
func Listen(w *World, addr string) (*Page, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("serve the page: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("serve the page on %s: the demo only serves this machine; use a loopback address such "+
			"as 127.0.0.1", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve the page: %w", err)
	}
	p := newPage(w, listener.Addr().(*net.TCPAddr).Port, host)
	p.URL = "http://" + listener.Addr().String() + "/"
	p.listen = listener
	p.server = &http.Server{Handler: p.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	return p, nil
}

// Start serves the page until Close. The pull request must be open.
func (p *Page) Start() { p.work.Go(func() { p.server.Serve(p.listen) }) }

func newPage(w *World, port int, host string) *Page {
	p := &Page{world: w, token: newSecret(), hosts: map[string]bool{}, live: semaphore.NewWeighted(mostLive)}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]", host} {
		p.hosts[net.JoinHostPort(strings.Trim(name, "[]"), strconv.Itoa(port))] = true
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// Close ends the server and all that it serves.
func (p *Page) Close() {
	p.stop()
	p.server.Close()
	p.listen.Close()
	p.work.Wait()
}

func (p *Page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.tab("conversation"))
	mux.HandleFunc("GET /files", p.tab("files"))
	mux.HandleFunc("GET /checks", p.tab("checks"))
	mux.HandleFunc("GET /rules/{name}", p.rule)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /style.css", asset("style.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /page.js", asset("page.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /icon.svg", asset("icon.svg", "image/svg+xml"))
	mux.HandleFunc("POST /apply", p.act(onComment(p.world.Apply)))
	mux.HandleFunc("POST /resolve", p.act(onComment(p.world.Resolve)))
	mux.HandleFunc("POST /reply", p.act(func(r *http.Request) error {
		return onComment(func(id int64) error { return p.world.Reply(id, r.PostFormValue("text")) })(r)
	}))
	mux.HandleFunc("POST /press", p.act(func(r *http.Request) error {
		return p.world.Press(r.PostFormValue("button"))
	}))
	mux.HandleFunc("POST /push", p.act(func(*http.Request) error { return p.world.Push() }))
	mux.HandleFunc("POST /apply-all", p.act(func(*http.Request) error { return p.world.ApplyAll() }))
	mux.HandleFunc("POST /apply-patches", p.act(func(*http.Request) error { return p.world.ApplyPatches() }))
	mux.HandleFunc("POST /rerun", p.act(func(*http.Request) error { return p.world.Rerun() }))
	return p.guard(http.NewCrossOriginProtection().Handler(mux))
}

// onComment does something about the comment that a form names.
func onComment(do func(id int64) error) func(*http.Request) error {
	return func(r *http.Request) error {
		id, err := strconv.ParseInt(r.PostFormValue("comment"), 10, 64)
		if err != nil {
			return errors.New("this comment does not exist")
		}
		return do(id)
	}
}

// policy lets the page load its own style, script and icon, send its own forms, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// guard refuses requests for other hosts and sets the headers of every answer.
func (p *Page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !p.hosts[strings.ToLower(r.Host)] {
			http.Error(w, "This page does not answer for this host name.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func asset(name, contentType string) http.HandlerFunc {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(data)
	}
}

// tab shows one side of the pull request.
func (p *Page) tab(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := p.world.look(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		v.Token = p.token
		write(w, "page.html", v)
	}
}

// rule shows the page of a rule.
func (p *Page) rule(w http.ResponseWriter, r *http.Request) {
	rule := rules.ByName(r.PathValue("name"))
	if rule == nil {
		http.NotFound(w, r)
		return
	}
	write(w, "rule.html", map[string]any{"Name": rule.Name, "Text": prose{}.render(rulebook.Page(rule))})
}

func write(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

// mostForm is the largest form that is read, in bytes: one with a reply, whose every character may be escaped.
const mostForm = 12*mostReply + 4<<10

// act does what a person asked for on the page, and shows the page again.
func (p *Page) act(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		if subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(p.token)) != 1 {
			http.Error(w, "This form is not from the running demo. Reload the page.", http.StatusForbidden)
			return
		}
		if err := do(r); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		if r.Header.Get("Accept") == "application/json" { // the script, which shows the change on its own
			w.WriteHeader(http.StatusNoContent)
			return
		}
		http.Redirect(w, r, map[string]string{"files": "/files", "checks": "/checks"}[r.PostFormValue("tab")]+"#main",
			http.StatusSeeOther)
	}
}

// heartbeat is how often a stream sends a sign of life, which shows when a browser has gone.
const heartbeat = 20 * time.Second

// events sends a browser every change, as server-sent events that carry the number of the newest.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	if !p.live.TryAcquire(1) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages are open: close some", http.StatusServiceUnavailable)
		return
	}
	defer p.live.Release(1)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for last := -1; ; {
		changed := p.world.log.changed()
		if now := p.world.log.version(); now != last {
			last = now
			fmt.Fprintf(w, "data: %d\n\n", now)
		} else {
			fmt.Fprint(w, ": alive\n\n")
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
		case <-r.Context().Done():
			return
		case <-p.ctx.Done():
			return
		}
	}
}
