package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Request is one request the server answered.
type Request struct {
	Method    string
	Path      string // escaped, below the API's base; whole when it is not below it
	Query     string
	Operation string // the path's template in GitHub's OpenAPI description; empty when there is none
	Header    http.Header
	Body      []byte
	Status    int // the answer's, as it was meant even when a fault cut it
	Answer    []byte
	AnswerTo  http.Header // the answer's headers
	// Foreign says that the answer is not GitHub's: a Fault had a page of something between the client and GitHub in
	// its place.
	Foreign bool
}

// Mutates reports whether the request is one that writes: anything but a GET, a
// GraphQL query, and the minting of a token.
func (r Request) Mutates() bool {
	if r.Operation == "/graphql" {
		var in struct{ Query string }
		return json.Unmarshal(r.Body, &in) == nil && strings.HasPrefix(strings.TrimSpace(in.Query), "mutation")
	}
	return r.Method != http.MethodGet && r.Operation != "/app/installations/{installation_id}/access_tokens"
}

// recorder keeps every request in the order in which it was answered.
type recorder struct {
	mu   sync.Mutex
	list []Request
}

func (rec *recorder) add(c *call, out rendered, fault *armed) {
	r := Request{
		Method: c.r.Method, Path: c.srv.apiPath(c.r), Query: c.r.URL.RawQuery, Header: c.r.Header.Clone(), Body: c.body,
		Status: out.status, Answer: out.body, AnswerTo: out.header.Clone(),
		Foreign: fault.foreign(),
	}
	if r.Path == notTheAPI {
		r.Path = c.r.URL.EscapedPath()
	}
	r.Header.Del("Authorization")
	if c.route != nil {
		r.Operation = c.route.path
		if c.route.path == "/app/installations/{installation_id}/access_tokens" {
			r.Answer = redact(r.Answer)
		}
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.list = append(rec.list, r)
}

// Requests lists the requests so far, without their credentials.
func (s *Server) Requests() []Request {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return slices.Clone(s.record.list)
}

// Writes lists the requests so far that write.
func (s *Server) Writes() []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return !r.Mutates() })
}

// ForgetRequests empties the record.
func (s *Server) ForgetRequests() {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.list = nil
}
