// Package githubtest is a GitHub for one process: a stateful stand-in that
// speaks GitHub's REST, GraphQL and webhooks over real HTTP on 127.0.0.1,
// backed by a real git repository (the git binary must be on the PATH).
//
// Tests and `dfbot demo` point the one GitHub client at its URL. It has two
// faces: the HTTP one, which follows GitHub's own OpenAPI description and
// keeps GitHub's limits, and Go methods that do what people do in the browser:
// register and install an App, push commits, open a pull request, apply a
// suggestion, resolve a thread.
//
//	srv, err := githubtest.New(githubtest.Options{})
//	repo, err := srv.CreateRepo("octo", "shop", map[string]string{"Dockerfile": "FROM scratch\n"})
//	app, err := srv.CreateApp(githubtest.AppOptions{Slug: "dfbot", WebhookURL: hook, WebhookSecret: secret})
//	inst, err := app.Install("octo")
//	repo.Commit("fix", githubtest.Commit{Files: map[string]string{"Dockerfile": "FROM alpine\n"}})
//	pull, err := repo.OpenPull(githubtest.PullOptions{Head: "fix"})
//
// Product code imports this package, so it never imports testing. It answers
// what dfbot needs and 404 to the rest; it must never grow an answer that
// GitHub would not give, and its contract test holds it to that.
package githubtest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc"
)

// Options sets up a Server. The zero value is a github.com-like API in a new
// temporary folder.
type Options struct {
	Dir        string           // where the repositories live; a temporary folder, removed by Close, when empty
	Addr       string           // address to listen on; "127.0.0.1:0" when empty
	Enterprise bool             // serve under /api/v3/ and /api/graphql as GitHub Enterprise Server does
	Now        func() time.Time // the clock of tokens, commits and payloads; time.Now when nil
	RateLimit  int              // requests an hour and installation; 5000 when 0
	Objects    *Objects         // of all repositories, shared with other servers; each has its own when nil

	// TruncateTrees makes git/trees answer at most this many rows, truncated; 0 keeps GitHub's 100,000.
	TruncateTrees int
	// LongTokens gives installation tokens of the newer form: some 520 characters, ghs_APPID_JWT.
	LongTokens bool
}

// A Server is the stand-in. All its methods may be called at once from many goroutines.
type Server struct {
	URL string // the API's base, with a slash at its end

	web      string // base of the html_url fields, without a slash at its end
	opt      Options
	listener net.Listener
	http     *http.Server
	work     conc.WaitGroup
	ownsDir  bool

	mu            sync.Mutex // guards all below
	last          map[string]int64
	users         map[string]user
	apps          []*App
	installations []*Installation
	tokens        map[string]*token
	conversions   map[string]*App
	repos         []*Repo
	signed        map[string]bool // commits that GitHub has signed, by SHA
	rates         map[bucket]*rate

	record recorder
	faults faultList
	hooks  hookQueue
}

// New starts a Server. Close it when done.
func New(opt Options) (*Server, error) {
	s := &Server{
		opt: opt, last: map[string]int64{}, users: map[string]user{}, tokens: map[string]*token{},
		conversions: map[string]*App{}, signed: map[string]bool{}, rates: map[bucket]*rate{},
	}
	if opt.Now == nil {
		s.opt.Now = time.Now
	}
	if opt.Dir == "" {
		dir, err := os.MkdirTemp("", "githubtest-")
		if err != nil {
			return nil, err
		}
		s.opt.Dir, s.ownsDir = dir, true
	}
	listener, err := net.Listen("tcp", cmp.Or(opt.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, err
	}
	s.listener = listener
	s.web = "http://" + listener.Addr().String()
	s.URL = s.web + "/"
	if opt.Enterprise {
		s.URL += "api/v3/"
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.hooks.init()
	s.work.Go(func() { s.http.Serve(listener) })
	s.work.Go(s.deliverAll)
	return s, nil
}

// Close stops the server and its deliveries, ends its git processes, and
// removes the folder it made.
func (s *Server) Close() {
	s.hooks.close()
	s.http.Close()
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.repos {
		if r.store.Objects != s.opt.Objects {
			r.store.Close()
		}
	}
	if s.ownsDir {
		os.RemoveAll(s.opt.Dir)
	}
}

// maxRequest is the largest request body that is read: GitHub's blobs end at 100 MB.
const maxRequest = 100 << 20

// ServeHTTP answers one API request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return // the client is gone or sends without end
	}
	c := &call{srv: s, r: r, body: body}
	c.route, c.params = findRoute(r.Method, s.apiPath(r))
	s.Land()
	fault := s.faults.take(c)
	out := s.render(c, s.answerWith(c, fault))
	s.record.add(c, out, fault)
	if fault != nil && fault.deliver(w, r, out) {
		return
	}
	out.write(w)
}

// answerWith handles the call, or not, as its fault has it.
func (s *Server) answerWith(c *call, fault *armed) answer {
	if fault == nil {
		return s.handle(c)
	}
	var a answer
	if fault.After || fault.Trouble == SlowBody || fault.Trouble == CutBody {
		a = s.handle(c)
	}
	if fault.Late > 0 {
		s.faults.postpone(s.now().Add(fault.Late), c)
	}
	if fault.replaces() {
		a = fault.answer(s)
	}
	return a
}

// notTheAPI stands for a path outside the API's base; no route has it.
const notTheAPI = "/not-the-api"

// apiPath is the request's escaped path below the API's base; for GitHub
// Enterprise Server's /api/graphql it is /graphql, as on github.com.
func (s *Server) apiPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if !s.opt.Enterprise {
		return path
	}
	if path == "/api/graphql" {
		return "/graphql"
	}
	below, ok := strings.CutPrefix(path, "/api/v3")
	if !ok || below == "/graphql" {
		return notTheAPI
	}
	return below
}

// handle checks who calls, and answers, with the state locked.
func (s *Server) handle(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.route == nil {
		return notFound()
	}
	if a, ok := c.authorize(); !ok {
		return a
	}
	if limited, ok := s.spend(c); !ok {
		return limited
	}
	if a, ok := c.resolve(); !ok {
		return a
	}
	return c.route.handle(c)
}

// id counts up the ids of one kind of thing, so that an answer does not
// depend on what else was made before.
func (s *Server) id(kind string, first int64) int64 {
	if s.last[kind] == 0 {
		s.last[kind] = first - 1
	}
	s.last[kind]++
	return s.last[kind]
}

func (s *Server) now() time.Time { return s.opt.Now().UTC().Truncate(time.Second) }

// api is the URL of a path of the API.
func (s *Server) api(format string, args ...any) string {
	return s.URL + fmt.Sprintf(format, args...)
}

// user is an account: a person, an organisation, or an App's bot.
type user struct {
	id    int64
	login string
	kind  string // User, Organization, Bot
}

func (u user) email() string { return fmt.Sprintf("%d+%s@users.noreply.github.com", u.id, u.login) }

// account gives the account of a login, and makes it when it is new.
func (s *Server) account(login string) user {
	key := strings.ToLower(login)
	if u, ok := s.users[key]; ok {
		return u
	}
	u := user{id: s.id("user", 1001), login: login, kind: "User"}
	if strings.HasSuffix(login, "[bot]") {
		u.kind = "Bot"
	}
	s.users[key] = u
	return u
}

// AccountID is the id of the account with a name.
func (s *Server) AccountID(login string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account(login).id
}

// dir gives a new folder for a bare repository.
func (s *Server) dir(id int64) string {
	return filepath.Join(s.opt.Dir, strconv.FormatInt(id, 10)+".git")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// rendered is an answer as it goes over the wire.
type rendered struct {
	status int
	header http.Header
	body   []byte
}

func (o rendered) write(w http.ResponseWriter) {
	for k, v := range o.header {
		w.Header()[k] = v
	}
	w.WriteHeader(o.status)
	io.Copy(w, bytes.NewReader(o.body))
}
