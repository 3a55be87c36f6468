package githubtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// token is an installation access token.
type token struct {
	inst        *Installation
	permissions map[string]string
	repos       map[int64]bool // nil reaches all of the installation's
	expires     time.Time
	revoked     bool
}

// tokenLife is how long an installation token is valid.
const tokenLife = time.Hour

func (t *token) reaches(r *Repo) bool {
	return t.inst.covers(r) && (t.repos == nil || t.repos[r.ID])
}

// allows reports whether the token has a permission such as "checks=write".
func (t *token) allows(need string) bool {
	name, level, _ := strings.Cut(need, "=")
	have := t.permissions[name]
	if now := t.inst.permissions[name]; levels[now] < levels[have] {
		have = now
	}
	return name == "metadata" || levels[have] >= levels[level]
}

var levels = map[string]int{"read": 1, "write": 2, "admin": 3}

// authorize checks the Authorization header against what the route wants.
func (c *call) authorize() (answer, bool) {
	switch c.route.auth {
	case byNobody:
		return answer{}, true
	case byApp:
		return c.authorizeApp()
	}
	return c.authorizeToken()
}

// bearer reads the credential of the Authorization header.
func (c *call) bearer() string {
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return ""
	}
	return strings.TrimSpace(value)
}

func (c *call) authorizeToken() (answer, bool) {
	value := c.bearer()
	if value == "" {
		return failure(401, "Requires authentication"), false
	}
	t := c.srv.tokens[value]
	if t == nil || t.revoked || !c.srv.now().Before(t.expires) || t.inst.deleted {
		return failure(401, "Bad credentials"), false
	}
	c.token, c.inst, c.app = t, t.inst, t.inst.App
	if !t.inst.suspended.IsZero() {
		return failure(403, "This installation has been suspended"), false
	}
	if !c.allowed(c.route.needs) {
		return c.refused(c.route.needs), false
	}
	return answer{}, true
}

// allowed reads needs: alternatives by ";", each a list by ",".
func (c *call) allowed(needs string) bool {
	if needs == "" {
		return true
	}
	for alternative := range strings.SplitSeq(needs, ";") {
		all := true
		for need := range strings.SplitSeq(alternative, ",") {
			all = all && c.token.allows(strings.TrimSpace(need))
		}
		if all {
			return true
		}
	}
	return false
}

func (c *call) refused(needs string) answer {
	return failure(403, "Resource not accessible by integration").with("X-Accepted-GitHub-Permissions", needs)
}

// maxTokenAge is how far ahead a JWT's exp may lie.
const maxTokenAge = 10 * time.Minute

// authorizeApp checks an App's JSON Web Token: RS256 by the App's key, iss its
// id or client id, iat not in the future, exp at most ten minutes ahead.
func (c *call) authorizeApp() (answer, bool) {
	undecodable := failure(401, "A JSON web token could not be decoded")
	value := c.bearer()
	claims := new(appClaims)
	if _, _, err := jwt.NewParser().ParseUnverified(value, claims); err != nil {
		return undecodable, false
	}
	app := c.srv.appByIssuer(strings.Trim(string(claims.Issuer), `"`))
	if app == nil {
		return failure(404, "Integration not found"), false
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(value, claims,
		func(*jwt.Token) (any, error) { return &app.key.PublicKey, nil }); err != nil {
		return undecodable, false
	}
	if message := checkTimes(claims, c.srv.now()); message != "" {
		return failure(401, message), false
	}
	c.app = app
	return answer{}, true
}

// appClaims are what an App says of itself. The issuer may be a number or a text.
type appClaims struct {
	Issuer    json.RawMessage  `json:"iss"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	ExpiresAt *jwt.NumericDate `json:"exp"`
}

// Valid leaves the judgement to checkTimes, which goes by the server's clock.
func (*appClaims) Valid() error { return nil }

// checkTimes gives GitHub's words for what is wrong with iat and exp.
func checkTimes(claims *appClaims, now time.Time) string {
	if iat := claims.IssuedAt; iat == nil || iat.After(now) {
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	exp := claims.ExpiresAt
	if exp == nil || !exp.After(now) {
		return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the " +
			"assertion expires"
	}
	if exp.Sub(now) > maxTokenAge {
		return "'Expiration time' claim ('exp') is too far in the future"
	}
	return ""
}

// plainNumber writes a JSON number without an exponent.
func plainNumber(v any) any {
	if f, ok := v.(float64); ok {
		return strconv.FormatInt(int64(f), 10)
	}
	return v
}

func (s *Server) appByIssuer(iss string) *App {
	i := slices.IndexFunc(s.apps, func(a *App) bool { return strconv.FormatInt(a.ID, 10) == iss || a.clientID == iss })
	if i < 0 {
		return nil
	}
	return s.apps[i]
}

// createToken is POST /app/installations/{installation_id}/access_tokens.
func createToken(c *call) answer {
	in, a := c.installation()
	if in == nil {
		return a
	}
	if !in.suspended.IsZero() {
		return failure(403, "This installation has been suspended")
	}
	var ask struct {
		Repositories  []string          `json:"repositories"`
		RepositoryIDs []int64           `json:"repository_ids"`
		Permissions   map[string]string `json:"permissions"`
	}
	if a, ok := c.decode(&ask); !ok {
		return a
	}
	t := &token{inst: in, permissions: maps.Clone(in.permissions), expires: c.srv.now().Add(tokenLife)}
	if len(ask.Permissions) > 0 {
		t.permissions = map[string]string{"metadata": "read"}
		for name, level := range ask.Permissions {
			if levels[level] == 0 || levels[in.permissions[name]] < levels[level] {
				return failure(422, "The permissions requested are not granted to this installation.")
			}
			t.permissions[name] = level
		}
	}
	repos, ok := c.srv.narrow(in, ask.Repositories, ask.RepositoryIDs)
	if !ok {
		return failure(422, "There is at least one repository that does not exist or is not accessible to the parent "+
			"installation.")
	}
	t.repos = repos
	value := c.srv.mint(in.App)
	c.srv.tokens[value] = t
	return created(c.srv.tokenJSON(value, t))
}

// narrow reads the repositories a token is asked for; nil means all.
func (s *Server) narrow(in *Installation, names []string, ids []int64) (map[int64]bool, bool) {
	if len(names)+len(ids) == 0 {
		return nil, true
	}
	chosen := map[int64]bool{}
	for _, name := range names {
		r := s.repoNamed(in.account, name)
		if r == nil || !in.covers(r) {
			return nil, false
		}
		chosen[r.ID] = true
	}
	for _, id := range ids {
		r := s.repoByID(id)
		if r == nil || !in.covers(r) {
			return nil, false
		}
		chosen[id] = true
	}
	return chosen, true
}

// mint makes the text of a token, in GitHub's older or newer form.
func (s *Server) mint(a *App) string {
	size := 18
	if s.opt.LongTokens {
		size = 370
	}
	b := make([]byte, size)
	rand.Read(b)
	if !s.opt.LongTokens {
		return "ghs_" + hex.EncodeToString(b)
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	return fmt.Sprintf("ghs_%d_%s.%s.%s", a.ID, text[:40], text[40:300], text[300:])
}

func (s *Server) tokenJSON(value string, t *token) obj {
	o := obj{"token": value, "expires_at": stamp(t.expires), "permissions": t.permissions,
		"repository_selection": t.inst.selection()}
	if t.repos != nil {
		rows := []any{}
		for _, r := range s.repos {
			if t.repos[r.ID] {
				rows = append(rows, s.repoJSON(r))
			}
		}
		o["repositories"], o["repository_selection"] = rows, "selected"
	}
	return o
}

// revokeToken is DELETE /installation/token.
func revokeToken(c *call) answer {
	c.token.revoked = true
	return noContent()
}

// redact removes a token from a recorded answer, which may be printed.
func redact(body []byte) []byte {
	var o obj
	if json.Unmarshal(body, &o) != nil || o["token"] == nil {
		return body
	}
	o["token"] = "ghs_redacted"
	return encode(o)
}

// defaultRate is how many requests an installation has an hour.
const defaultRate = 5000

// rate counts the requests of one installation in the running hour.
type rate struct {
	resource    string // core, graphql
	limit, used int
	reset       time.Time
}

func (r *rate) headers(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(r.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(r.limit-r.used, 0)))
	h.Set("X-RateLimit-Used", strconv.Itoa(r.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(r.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", r.resource)
}

// bucket names what a call counts against: its installation (0 for calls of an
// App or of no one) and whether it is GraphQL, which counts apart.
type bucket struct {
	installation int64
	resource     string
}

func (c *call) bucket() bucket {
	b := bucket{resource: "core"}
	if c.inst != nil {
		b.installation = c.inst.ID
	}
	if c.route != nil && c.route.path == "/graphql" {
		b.resource = "graphql"
	}
	return b
}

// spend counts the call, and refuses it when the hour's requests are used up.
func (s *Server) spend(c *call) (answer, bool) {
	r := s.rates[c.bucket()]
	if now := s.now(); r == nil || !now.Before(r.reset) {
		r = &rate{resource: c.bucket().resource, limit: defaultRate, reset: now.Add(time.Hour)}
		if c.inst != nil && s.opt.RateLimit != 0 {
			r.limit = s.opt.RateLimit
		}
		s.rates[c.bucket()] = r
	}
	if c.route.path == "/rate_limit" {
		return answer{}, true
	}
	r.used++
	if r.used <= r.limit {
		return answer{}, true
	}
	r.used = r.limit
	a := failure(403, fmt.Sprintf("API rate limit exceeded for installation ID %d.", c.bucket().installation))
	a.json.(obj)["documentation_url"] = rateDocs
	return a, false
}

// rateDocs is the address by which go-github knows a primary rate limit.
const rateDocs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"

// refund gives a 304 back, which costs nothing.
func (s *Server) refund(c *call) {
	if r := s.rates[c.bucket()]; r != nil && r.used > 0 {
		r.used--
	}
}
