package github

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// This file authenticates, by bradleyfalzon/ghinstallation: as the App by a JSON Web Token, as an installation by a
// token that is good for one repository and for what dfbot does there. Nothing outside of this file knows how that
// works.

// GitHub takes a JSON Web Token for ten minutes at most, and none from the future
// (docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App").
const (
	jwtLeeway = time.Minute
	jwtLife   = 9 * time.Minute
)

const (
	// tokenSpare is how long before its end a token is no longer used.
	tokenSpare = 5 * time.Minute
	// mintTimeout bounds the wait for a new token.
	mintTimeout = 15 * time.Second
	// mintPause is for how long the failure to get a token is everybody's who wants it, in times of Options.RetryWait:
	// 3 s. It is less than the queue's shortest wait before another attempt, so that no attempt fails for the one
	// before it.
	mintPause = 12
)

// signer signs JSON Web Tokens. Their times are by the client's clock: ghinstallation's own are by the machine's, and
// begin half a minute ago, which is too little for clocks that differ.
type signer struct {
	appID int64
	key   *rsa.PrivateKey
	now   func() time.Time
}

func (s signer) Sign(jwt.Claims) (string, error) {
	now := s.now()
	return ghinstallation.NewRSASigner(jwt.SigningMethodRS256, s.key).Sign(&jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(s.appID, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-jwtLeeway)),
		ExpiresAt: jwt.NewNumericDate(now.Add(jwtLife)),
	})
}

// newAppTransport makes a transport that authenticates as the App.
func (c *Client) newAppTransport() *ghinstallation.AppsTransport {
	t, err := ghinstallation.NewAppsTransportWithOptions(c.appLimits, c.opts.AppID,
		ghinstallation.WithSigner(signer{c.opts.AppID, c.opts.Key, c.opts.Now}))
	if err != nil {
		panic(err) // it has a signer, and asks for no more
	}
	t.BaseURL = c.base.String()
	return t
}

// tokenTransport authenticates as an installation on one repository. One token is used for all calls until shortly
// before its end. Callers that need a new one wait for the one that asks for it, each as long as its own context lives,
// and share its failure for a moment. GitHub may refuse a token that it has just made, so a 401 is answered with a new
// token, once.
type tokenTransport struct {
	next   http.RoundTripper
	client *Client
	ref    job.Ref // of a job for the repository: where it was seen
	ask    func(context.Context, job.Ref) (credential, error)

	turn    chan struct{} // full while someone uses what follows
	current credential
	failure error // of the last attempt to get a token, until a time
	until   time.Time
}

// credential is a token, and what GitHub said with it.
type credential struct {
	token string
	ends  time.Time
	repos []github.Repository
}

// newTokenTransport makes a transport whose tokens are got by ask.
func (c *Client) newTokenTransport(next http.RoundTripper, ref job.Ref,
	ask func(context.Context, job.Ref) (credential, error)) *tokenTransport {
	return &tokenTransport{next: next, client: c, ref: ref, ask: ask, turn: make(chan struct{}, 1)}
}

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, token, err := t.try(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return resp, err
	}
	if err := t.refuse(req.Context(), token); err != nil {
		return resp, nil
	}
	second, err := again(req)
	if err != nil {
		return resp, nil
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	resp, _, err = t.try(second)
	return resp, err
}

// try sends the request with the present token, and says which that is.
func (t *tokenTransport) try(req *http.Request) (*http.Response, string, error) {
	token, err := t.token(req.Context())
	if err != nil {
		closeBody(req)
		return nil, "", err
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "Bearer "+token)
	resp, err := t.next.RoundTrip(signed)
	return resp, token, err
}

// enter waits for the turn to look at the tokens, as long as the context lives.
func (t *tokenTransport) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tokenTransport) leave() { <-t.turn }

// token returns a token that stays valid for at least tokenSpare. It requests a new one if the current one does not.
func (t *tokenTransport) token(ctx context.Context) (string, error) {
	if err := t.enter(ctx); err != nil {
		return "", err
	}
	defer t.leave()
	if t.client.opts.Now().Add(tokenSpare).Before(t.current.ends) {
		return t.current.token, nil
	}
	err := t.renew(ctx)
	return t.current.token, err
}

// refuse drops a token that GitHub does not take, unless someone else has dropped it already.
func (t *tokenTransport) refuse(ctx context.Context, token string) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	defer t.leave()
	if t.current.token == token {
		t.current = credential{}
	}
	return nil
}

// whereabouts gets a new token and returns where its repository is now: GitHub says that with each token for one
// repository.
func (t *tokenTransport) whereabouts(ctx context.Context) (owner, name string, err error) {
	if err := t.enter(ctx); err != nil {
		return "", "", err
	}
	defer t.leave()
	if err := t.renew(ctx); err != nil {
		return "", "", err
	}
	for _, r := range t.current.repos {
		if owner, name, ok := strings.Cut(r.GetFullName(), "/"); ok && r.GetID() == t.ref.Repository {
			return owner, name, nil
		}
	}
	return "", "", errors.New("GitHub did not say which repository its token is for")
}

// renew gets a new token. The caller has its turn.
func (t *tokenTransport) renew(ctx context.Context) error {
	if t.client.opts.Now().Before(t.until) {
		return t.failure
	}
	limited, cancel := context.WithTimeout(repeatable(ctx), mintTimeout)
	defer cancel()
	fresh, err := t.ask(limited, t.ref)
	t.current = fresh
	if err != nil && ctx.Err() == nil { // otherwise the caller's context ended, which is no failure for others
		t.failure, t.until = err, t.client.opts.Now().Add(mintPause*t.client.opts.RetryWait)
	}
	return err
}

// mint asks for a token for a repository. An installation that was granted less than dfbot's jobs need, as before new
// permissions are accepted, gets no token for all of them: it is asked for what there is, and the calls that need more
// are refused by themselves.
func (c *Client) mint(ctx context.Context, ref job.Ref) (credential, error) {
	fresh, err := c.askToken(ctx, ref, needed())
	if code := status(err); code == http.StatusForbidden || code == http.StatusUnprocessableEntity {
		if granted, asking := c.grantedTo(ctx, ref.Installation); asking == nil && !maps.Equal(granted, needed()) {
			fresh, err = c.askToken(ctx, ref, granted)
		}
	}
	if status(err) == http.StatusUnprocessableEntity {
		err = c.unreached(ctx, ref, err)
	}
	if err != nil {
		return credential{}, c.tokenError(ctx, ref, err)
	}
	return fresh, nil
}

// askToken asks once for a token with some permissions, for the repository with the id or, without one, with the name.
func (c *Client) askToken(ctx context.Context, ref job.Ref, permissions map[string]string) (credential, error) {
	t := ghinstallation.NewFromAppsTransport(c.newAppTransport(), ref.Installation)
	t.InstallationTokenOptions = &github.InstallationTokenOptions{Permissions: permissionsOf(permissions)}
	if ref.Repository != 0 {
		t.InstallationTokenOptions.RepositoryIDs = []int64{ref.Repository}
	} else {
		t.InstallationTokenOptions.Repositories = []string{ref.Name}
	}
	token, err := t.Token(ctx)
	if err != nil {
		return credential{}, answered(err)
	}
	if token == "" {
		return credential{}, errors.New("GitHub's answer has no token")
	}
	fresh := credential{token: token}
	fresh.ends, _, _ = t.Expiry() // it has a token
	fresh.repos, _ = t.Repositories()
	return fresh, nil
}

// grantedTo asks which of the permissions that dfbot's jobs need an installation has been granted.
func (c *Client) grantedTo(ctx context.Context, installation int64) (map[string]string, error) {
	in, _, err := c.app.Apps.GetInstallation(ctx, installation)
	if err != nil {
		return nil, err
	}
	all := permissionNames(in.GetPermissions())
	granted := map[string]string{}
	for name, access := range needed() {
		if all[name] == access || all[name] == "write" {
			granted[name] = access
		} else if all[name] == "read" {
			granted[name] = "read"
		}
	}
	return granted, nil
}

// unreached finds out whether a token was refused because the installation does not reach the repository. What was made
// a moment ago may be refused too, and is reached later.
func (c *Client) unreached(ctx context.Context, ref job.Ref, refusal error) error {
	in, _, err := c.app.Apps.FindRepositoryInstallation(ctx, ref.Owner, ref.Name)
	if missing(err) || err == nil && in.GetID() != ref.Installation {
		return errRepositoryGone
	}
	return refusal
}

// tokenError tells an installation that is gone or suspended from other trouble with its token. The status of that is
// hidden from those who wanted something else and would take it for their own.
func (c *Client) tokenError(ctx context.Context, ref job.Ref, err error) error {
	if missing(err) {
		if _, _, again := c.app.Apps.GetInstallation(ctx, ref.Installation); missing(again) {
			err = job.Stale{Reason: "the installation is gone"}
		}
	}
	if code := status(err); code != http.StatusUnprocessableEntity { // which may be gone later
		err = typed(err)
	}
	if isTyped(err) {
		return fmt.Errorf("get token of installation %d: %w", ref.Installation, err)
	}
	return fmt.Errorf("get token of installation %d: %v", ref.Installation, err)
}

// answered gives the answer in ghinstallation's error the form of go-github's, so that both are handled alike.
func answered(err error) error {
	var answer *ghinstallation.HTTPError
	if errors.As(err, &answer) && answer.Response != nil {
		if refused := github.CheckResponse(answer.Response); refused != nil {
			return refused
		}
	}
	return err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
