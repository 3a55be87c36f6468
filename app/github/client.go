// Package github makes every call that dfbot makes to GitHub.
//
// A [Client] is one GitHub App. [Client.Snapshot] reads once what a review of a pull request needs, and [Snapshot.Read]
// the few files that turn out to matter; [Snapshot.Comment], [Snapshot.Mark] and [Snapshot.Check] write what dfbot has
// to say, in the order in which a crash at any point is survived: comments first, the check run last.
//
// What goes wrong comes back as one of four types, [job.RetryAt], [MayPass], [job.GiveUp] and [job.Stale], or as any
// other error, which means that the call may work later. The base URL is the only seam: tests and the demo give that of
// a stand-in.
//
// The package never logs or returns a token or a key, never follows a URL out of an answer, never sends a credential to
// another host, and decides nothing about Dockerfiles.
package github

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// DefaultURL is the base of github.com's API.
const DefaultURL = "https://api.github.com/"

// Options say which App the client is and where GitHub is. AppID and Key are required.
type Options struct {
	AppID int64
	Key   *rsa.PrivateKey
	// URL is the base of the REST API; DefaultURL when empty. On GitHub Enterprise Server it is https://HOST/api/v3/.
	URL string
	// Transport does the HTTP; nil is one like http.DefaultTransport.
	Transport http.RoundTripper
	// Observe, if not nil, is called for every call that went over the wire. It must return at once.
	Observe func(Call)
	// RetryWait is the wait before the first repetition of a read that failed; the next is four times as long.
	// Default 250 ms.
	RetryWait time.Duration
	// Pace is the time between two writes of an installation that makes many. An hour of GitHub's limits is 3600 times
	// as long. Default 1 s, as GitHub asks for; only tests are faster.
	Pace time.Duration
	// LateWrites is how long GitHub may take to do what a write without a clear answer asked for. Default 30 s.
	LateWrites time.Duration
	// Dir is a folder for notes on writes that are under way, so that the next process knows of them. Without it they
	// are forgotten.
	Dir string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Call is one HTTP request and its answer.
type Call struct {
	Method string
	Route  string        // the path with its names and numbers taken out: "repos/{owner}/{repo}/pulls/{n}/files"
	Status int           // of the answer; 0 when there was none
	Took   time.Duration // until the answer was read
}

// Client is one GitHub App on one GitHub. It is safe for concurrent use.
type Client struct {
	opts    Options
	base    *url.URL
	graphql string // URL of the GraphQL endpoint
	wire    http.RoundTripper

	app       *github.Client // acts as the App
	appLimits *limitsTransport

	writes    *writes
	noGraphQL atomic.Bool // the endpoint is not there or too old
	me        atomic.Pointer[identity]
	heads     heads

	organizations organizations
	private       organizations // of those that are not public
	texts         texts

	mu            sync.Mutex
	uses          int
	installations map[scope]*installation
	unresolving   map[int64]time.Time // by installation: until when it is taken not to let dfbot resolve threads
	committing    map[int64]grant     // by installation: whether it lets dfbot write contents
}

// identity is what the App is called, and whether it asks installations for the permission to write contents.
type identity struct {
	slug   string
	writes bool
}

// scope is what a token is good for.
type scope struct{ installation, repository int64 }

// installation is a client that acts as one installation of the App on one repository.
type installation struct {
	client *Client
	rest   *github.Client
	auth   *tokenTransport
	limits *limitsTransport // all repositories of the installation share them
	used   int              // the greater, the later
}

// maxInstallations is how many of them are kept, with their tokens. The one that was used the longest ago makes room
// for another.
const maxInstallations = 500

// callTimeout bounds a call with all its repetitions. GitHub itself gives up on a request after ten seconds.
const callTimeout = 45 * time.Second

// New makes a client. It makes no calls.
func New(o Options) (*Client, error) {
	if o.AppID <= 0 || o.Key == nil {
		return nil, errors.New("make GitHub client: an App id and its key are needed")
	}
	base, err := baseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("make GitHub client: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RetryWait <= 0 {
		o.RetryWait = 250 * time.Millisecond
	}
	if o.Pace <= 0 {
		o.Pace = time.Second
	}
	if o.LateWrites <= 0 {
		o.LateWrites = lateWrites
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c := &Client{opts: o, base: base, graphql: graphqlURL(base), wire: o.Transport,
		installations: map[scope]*installation{}, unresolving: map[int64]time.Time{}, committing: map[int64]grant{}}
	if c.writes, err = newWrites(c, o.Dir); err != nil {
		return nil, fmt.Errorf("make GitHub client: %w", err)
	}
	c.appLimits = c.limits()
	c.app = c.restClient(c.newAppTransport())
	return c, nil
}

func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(cmp.Or(text, DefaultURL))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return nil, errors.New("the base URL of the API must be http(s)://HOST/ without a user")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u, nil
}

// graphqlURL is where GraphQL is answered: beside /api/v3/ on an Enterprise Server, below the base elsewhere.
func graphqlURL(base *url.URL) string {
	u := *base
	if before, ok := strings.CutSuffix(u.Path, "/api/v3/"); ok {
		u.Path = before + "/api/graphql"
	} else {
		u.Path += "graphql"
	}
	return u.String()
}

// pagesURL is where people look, without a slash at its end: the host of an Enterprise Server, and api.HOST without the
// api elsewhere.
func pagesURL(base *url.URL) string {
	u := *base
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api/v3")
	u.Host = strings.TrimPrefix(u.Host, "api.")
	return u.String()
}

func (c *Client) restClient(transport http.RoundTripper) *github.Client {
	rest := github.NewClient(&http.Client{Transport: transport, Timeout: callTimeout, CheckRedirect: c.redirect})
	rest.BaseURL = c.base
	rest.UserAgent = "dfbot"
	return rest
}

// redirect follows what GitHub answers for a repository that was renamed: the same request on the same host. Go would
// turn a POST into a GET for some statuses, and every host would get the credential; such an answer is taken as it is.
func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > 3 || req.URL.Host != c.base.Host || req.URL.Scheme != c.base.Scheme || req.Method != via[0].Method {
		return http.ErrUseLastResponse
	}
	return nil
}

// as gives the client that acts as an installation on the repository of ref. Its token and what is known of the
// installation's rate limits are kept until Forget.
func (c *Client) as(ref job.Ref) *installation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.uses++
	key := scope{ref.Installation, ref.Repository}
	in := c.installations[key]
	if in == nil {
		c.makeRoom()
		in = &installation{client: c, limits: c.limitsOf(ref.Installation)}
		in.auth = c.newTokenTransport(in.limits, ref, c.mint)
		in.rest = c.restClient(in.auth)
		c.installations[key] = in
	}
	in.used = c.uses
	return in
}

// limitsOf gives the limits that other repositories of the installation keep to already.
func (c *Client) limitsOf(id int64) *limitsTransport {
	for key, in := range c.installations {
		if key.installation == id {
			return in.limits
		}
	}
	return c.limits()
}

// makeRoom makes room for one more installation.
func (c *Client) makeRoom() {
	if len(c.installations) < maxInstallations {
		return
	}
	oldest, least := scope{}, c.uses
	for key, in := range c.installations {
		if in.used < least {
			oldest, least = key, in.used
		}
	}
	delete(c.installations, oldest)
}

// Refresh is Forget for an installation that has changed what it grants: the App may ask for more by now, so GitHub is
// asked again. If it does not answer, it is asked when that matters.
func (c *Client) Refresh(ctx context.Context, id int64) {
	c.Forget(id)
	c.me.Store(nil)
	_, _ = c.self(ctx)
}

// Forget drops what is kept of an installation: its tokens, its limits, what it grants, and texts.
func (c *Client) Forget(id int64) {
	c.texts.forget(id)
	c.organizations.forget(id)
	c.private.forget(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.unresolving, id)
	delete(c.committing, id)
	maps.DeleteFunc(c.installations, func(key scope, _ *installation) bool { return key.installation == id })
}

// self is what the App is, asked for once.
func (c *Client) self(ctx context.Context) (identity, error) {
	if me := c.me.Load(); me != nil {
		return *me, nil
	}
	app, _, err := c.app.Apps.Get(ctx, "")
	if err != nil {
		return identity{}, fmt.Errorf("ask for the App: %w", typed(err))
	}
	me := identity{slug: app.GetSlug(), writes: app.GetPermissions().GetContents() == "write"}
	c.me.Store(&me)
	return me, nil
}

// Check asks GitHub whether the App's id and key are right, and returns the App's slug. A [job.GiveUp] error says that
// they are not, or that the base URL is not that of an API.
func (c *Client) Check(ctx context.Context) (slug string, err error) {
	me, err := c.self(ctx)
	if code := status(err); code == http.StatusUnauthorized || code == http.StatusNotFound {
		return "", job.GiveUp{Reason: "GitHub does not know the App by this id and key", Err: err}
	}
	return me.slug, err
}
