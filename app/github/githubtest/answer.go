package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// obj is a JSON object of GitHub's.
type obj = map[string]any

// answer is what a handler gives: a JSON value, or raw bytes with their type.
type answer struct {
	status      int
	json        any
	raw         []byte
	contentType string
	header      http.Header
}

func ok(v any) answer      { return answer{status: 200, json: v} }
func created(v any) answer { return answer{status: 201, json: v} }
func noContent() answer    { return answer{status: 204} }
func raw(contentType string, b []byte) answer {
	return answer{status: 200, raw: b, contentType: contentType}
}

// docs is the documentation_url of every error.
const docs = "https://docs.github.com/rest"

func failure(status int, message string) answer {
	return answer{status: status,
		json: obj{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)}}
}

func notFound() answer { return failure(404, "Not Found") }

// invalid is GitHub's 422 for a field of a resource.
func invalid(resource, field, code, message string) answer {
	a := failure(422, "Validation Failed")
	e := obj{"resource": resource, "field": field, "code": code}
	if message != "" {
		e["message"] = message
	}
	a.json.(obj)["errors"] = []any{e}
	return a
}

// unprocessable is GitHub's 422 whose errors are plain strings.
func unprocessable(errors ...string) answer {
	a := failure(422, "Unprocessable Entity")
	a.json.(obj)["errors"] = errors
	return a
}

// trouble turns an error of git's into an answer: 404 for what is not there.
func trouble(err error) answer {
	if _, missing := err.(errNoObject); missing {
		return notFound()
	}
	return failure(500, err.Error())
}

func (a answer) with(key, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(key, value)
	return a
}

// render writes the answer as bytes, with the headers that GitHub gives all answers.
func (s *Server) render(c *call, a answer) rendered {
	out := rendered{status: a.status, body: a.raw, header: http.Header{}}
	for k, v := range a.header {
		out.header[k] = v
	}
	contentType := a.contentType
	if a.json != nil {
		out.body = encode(a.json)
		contentType = "application/json; charset=utf-8"
	}
	if contentType != "" {
		out.header.Set("Content-Type", contentType)
	}
	out.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	out.header.Set("X-GitHub-Api-Version-Selected", "2022-11-28")
	if s.opt.Enterprise {
		out.header.Set("X-GitHub-Enterprise-Version", enterpriseVersion)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.header.Set("X-GitHub-Request-Id", fmt.Sprintf("%04X:%06X:%07X", 0xC0DE, s.id("request", 1), 0xDF807))
	if r := s.rates[c.bucket()]; r != nil && out.header.Get("X-RateLimit-Limit") == "" {
		r.headers(out.header)
	}
	if c.r.Method == http.MethodGet && out.status == http.StatusOK {
		s.conditional(c, &out)
	}
	return out
}

// conditional gives an answer its ETag, and makes it 304 where the client has the body already, which costs nothing.
func (s *Server) conditional(c *call, out *rendered) {
	sum := sha256.Sum256(out.body)
	etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	out.header.Set("ETag", etag)
	out.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	if c.r.Header.Get("If-None-Match") == etag {
		out.status, out.body = http.StatusNotModified, nil
		out.header.Del("Content-Type")
		s.refund(c)
		if r := s.rates[c.bucket()]; r != nil {
			r.headers(out.header)
		}
	}
}

func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(strconv.Quote(err.Error()))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// paged cuts a list into GitHub's pages of per_page (30, at most 100) rows and
// links to the other pages. wrap puts the page into an object; nil leaves a list.
func paged[T any](c *call, rows []T, write func(T) any, wrap func([]any) any) answer {
	size := min(max(c.queryInt("per_page", 30), 1), 100)
	page := max(c.queryInt("page", 1), 1)
	last := max((len(rows)+size-1)/size, 1)
	from := min((page-1)*size, len(rows))
	list := []any{}
	for _, row := range rows[from:min(from+size, len(rows))] {
		list = append(list, write(row))
	}
	a := ok(list)
	if wrap != nil {
		a.json = wrap(list)
	}
	if links := c.links(page, last); links != "" {
		a = a.with("Link", links)
	}
	return a
}

func (c *call) links(page, last int) string {
	var links []string
	add := func(rel string, n int) {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		u := url.URL{Path: c.r.URL.Path, RawPath: c.r.URL.RawPath, RawQuery: q.Encode()}
		links = append(links, fmt.Sprintf(`<%s%s>; rel="%s"`, c.srv.web, u.String(), rel))
	}
	if page > 1 {
		add("prev", page-1)
	}
	if page < last {
		add("next", page+1)
		add("last", last)
	}
	if page > 1 {
		add("first", 1)
	}
	return strings.Join(links, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNil is null for the zero time.
func stampOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// orNil is null for the empty string.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// intOrNil is null for zero.
func intOrNil(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
