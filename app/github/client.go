// Package github makes every call that dfbot makes to GitHub.
//
// A [Client] stands for one GitHub App. [Client.Snapshot] reads once what a review of a pull request needs, and
// [Snapshot.Read] the few files that turn out to matter; [Snapshot.Comment], [Snapshot.Mark] and [Snapshot.Check]
// write what dfbot has to say, in the order in which a crash at any point is survived: comments first, the check
// run last.
//
// What goes wrong comes back as one of four types, [TryAgain], [GiveUp], [Stale] and [Suspended], or as any other
// error, which means that the call may work later. The base URL is the only seam: tests and the demo give that of a
// stand-in.
//
// The package never logs or returns a token or a key, never follows a URL out of an answer, never sends a
// credential to another host, and decides nothing about Dockerfiles.
package github

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v60/github"
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
	// Observe, if not nil, is told of every call that went over the wire. It must return at once.
	Observe func(Call)
	// RetryWait is the wait before the first repetition of a read that failed; the next is four times as long.
	// Default 250 ms.
	RetryWait time.Duration
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
	app     *github.Client
	wire    http.RoundTripper

	noGraphQL atomic.Bool // the endpoint is not there or too old
	slug      atomic.Pointer[string]

	mu            sync.Mutex
	installations map[int64]*installation
}

// installation is a client that acts as one installation of the App.
type installation struct {
	id     int64
	client *Client
	rest   *github.Client
}

// callTimeout bounds a call with all its repetitions. GitHub itself gives up on a request after ten seconds.
const callTimeout = 45 * time.Second

// New makes a client. It calls nobody.
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
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c := &Client{opts: o, base: base, graphql: graphqlURL(base), wire: o.Transport, installations: map[int64]*installation{}}
	c.app = c.restClient(&appTransport{next: c.limits(), id: o.AppID, key: o.Key, now: o.Now})
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

// as gives the client that acts as an installation. Its token and what is known of its rate limits are kept until Forget.
func (c *Client) as(id int64) *installation {
	c.mu.Lock()
	defer c.mu.Unlock()
	if in := c.installations[id]; in != nil {
		return in
	}
	in := &installation{id: id, client: c}
	in.rest = c.restClient(newInstallationTransport(c.limits(), func(ctx context.Context) (string, time.Time, error) {
		return c.mint(ctx, id)
	}))
	c.installations[id] = in
	return in
}

// Forget drops what is kept of an installation: its token and its limits.
func (c *Client) Forget(installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.installations, installation)
}

// mint asks for an installation token.
func (c *Client) mint(ctx context.Context, id int64) (token string, expires time.Time, err error) {
	t, _, err := c.app.Apps.CreateInstallationToken(repeatable(ctx), id, nil)
	if err != nil {
		return "", time.Time{}, c.installationError(ctx, id, err)
	}
	return t.GetToken(), t.GetExpiresAt().Time, nil
}

// installationError tells an installation that is gone or suspended from other trouble with its token. The status of
// that is hidden from those who wanted something else and would take it for their own.
func (c *Client) installationError(ctx context.Context, id int64, err error) error {
	err = outcome(err)
	if missing(err) {
		if _, _, again := c.app.Apps.GetInstallation(ctx, id); missing(again) {
			err = Stale{Reason: "the installation is gone"}
		}
	}
	if settled(err) {
		return fmt.Errorf("get token of installation %d: %w", id, err)
	}
	return fmt.Errorf("get token of installation %d: %v", id, err)
}

// self is the App's slug, asked for once.
func (c *Client) self(ctx context.Context) (string, error) {
	if s := c.slug.Load(); s != nil {
		return *s, nil
	}
	app, _, err := c.app.Apps.Get(ctx, "")
	if err != nil {
		return "", fmt.Errorf("ask for the App: %w", outcome(err))
	}
	slug := app.GetSlug()
	c.slug.Store(&slug)
	return slug, nil
}

// Check asks GitHub whether the App's id and key are right, and returns the App's slug. A [GiveUp] error says that they are
// not, or that the base URL is not that of an API.
func (c *Client) Check(ctx context.Context) (slug string, err error) {
	slug, err = c.self(ctx)
	if code := status(err); code == http.StatusUnauthorized || code == http.StatusNotFound {
		return "", GiveUp{Reason: "GitHub does not know the App by this id and key", Err: err}
	}
	return slug, err
}
