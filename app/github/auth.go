package github

import (
	"context"
	"crypto/rsa"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
)

// This file holds the two RoundTrippers that authenticate: as the App by a JSON Web Token, as an installation by a token
// that the App asked for. They stand where bradleyfalcon/ghinstallation's AppsTransport and Transport would
// stand, and nothing outside of this file knows how they work.

// GitHub takes a JSON Web Token for ten minutes at most, and none from the future
// (docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App").
const (
	jwtLeeway = time.Minute
	jwtLife   = 9 * time.Minute
)

// tokenSpare is how long before its end a token is no longer used.
const tokenSpare = 5 * time.Minute

// mintTimeout bounds the wait for a new token, which callers share.
const mintTimeout = 30 * time.Second

// appTransport authenticates as the App.
type appTransport struct {
	next http.RoundTripper
	id   int64
	key  *rsa.PrivateKey
	now  func() time.Time
}

func (t *appTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	now := t.now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer:    strconv.FormatInt(t.id, 10),
		IssuedAt:  jwt.NewNumericDate(now.Add(-jwtLeeway)),
		ExpiresAt: jwt.NewNumericDate(now.Add(jwtLife)),
	}).SignedString(t.key)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	return t.next.RoundTrip(authorized(req, token))
}

// installationTransport authenticates as an installation. One token is used for all calls until shortly before its end;
// callers that need a new one at the same time share one request for it. GitHub may refuse a token that it has just
// made, so a 401 is answered with a new token, once.
type installationTransport struct {
	next http.RoundTripper
	mint oauth2.TokenSource

	mu     sync.Mutex
	tokens oauth2.TokenSource // replaced when its token was refused
}

// newInstallationTransport makes a transport that gets its tokens from mint, which returns a token and its end.
func newInstallationTransport(next http.RoundTripper, mint func(context.Context) (string, time.Time, error)) *installationTransport {
	t := &installationTransport{next: next, mint: minting(mint)}
	t.tokens = oauth2.ReuseTokenSourceWithExpiry(nil, t.mint, tokenSpare)
	return t
}

// minting is a source of new tokens. It has a deadline of its own instead of a caller's, since many may wait for it.
type minting func(context.Context) (string, time.Time, error)

func (m minting) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), mintTimeout)
	defer cancel()
	token, expires, err := m(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: token, Expiry: expires}, nil
}

func (t *installationTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, tokens, err := t.try(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return resp, err
	}
	t.refuse(tokens)
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	resp, _, err = t.try(again)
	return resp, err
}

// try sends the request with the present token, and says where that came from.
func (t *installationTransport) try(req *http.Request) (*http.Response, oauth2.TokenSource, error) {
	t.mu.Lock()
	tokens := t.tokens
	t.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		closeBody(req)
		return nil, tokens, err
	}
	token, err := tokens.Token()
	if err != nil {
		closeBody(req)
		return nil, tokens, err
	}
	resp, err := t.next.RoundTrip(authorized(req, token.AccessToken))
	return resp, tokens, err
}

// refuse drops a token that GitHub does not take, unless somebody else has dropped it already.
func (t *installationTransport) refuse(tokens oauth2.TokenSource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens == tokens {
		t.tokens = oauth2.ReuseTokenSourceWithExpiry(nil, t.mint, tokenSpare)
	}
}

// authorized is the request with a credential. The client that uses the transport does not follow redirects to other hosts.
func authorized(req *http.Request, token string) *http.Request {
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "Bearer "+token)
	return signed
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
