package githubtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// auth is how a route wants its caller to prove who it is.
type auth int

const (
	byToken  auth = iota // an installation token
	byApp                // an App's JSON Web Token
	byNobody             // anyone
)

// route is one operation. Its path is the template of GitHub's OpenAPI
// description; needs has the form of X-Accepted-GitHub-Permissions: "," joins
// permissions that are all needed, ";" alternatives.
type route struct {
	method, path string
	auth         auth
	needs        string
	handle       func(*call) answer
	words        []string
}

// call is one request on its way to an answer.
type call struct {
	srv    *Server
	r      *http.Request
	body   []byte
	route  *route
	params map[string]string

	app   *App          // caller, when an App's JWT or one of its tokens was given
	inst  *Installation // the token's installation
	token *token
	repo  *Repo
	pull  *Pull
}

// findRoute finds the operation for a request. /repositories/ID/... stands for
// /repos/OWNER/NAME/..., as on GitHub.
func findRoute(method, escaped string) (*route, map[string]string) {
	words := strings.Split(strings.Trim(escaped, "/"), "/")
	id := ""
	if len(words) >= 2 && words[0] == "repositories" && isNumber(words[1]) {
		id = words[1]
		words = append([]string{"repos", "-", "-"}, words[2:]...)
	}
	for i := range routes {
		rt := &routes[i]
		if rt.method != method {
			continue
		}
		if params, ok := match(rt.words, words); ok {
			if id != "" {
				params["repository_id"] = id
			}
			return rt, params
		}
	}
	return nil, nil
}

// manyWords are the parameters that reach over slashes.
var manyWords = map[string]bool{"path": true, "ref": true, "basehead": true, "branch": true, "tree_sha": true}

// match compares a path with a template. Parameters named ..._id, ..._number
// and the like take digits only, so that templates never overlap.
func match(template, words []string) (map[string]string, bool) {
	params := map[string]string{}
	for i, t := range template {
		if i >= len(words) {
			return nil, false
		}
		name, isParam := strings.CutPrefix(t, "{")
		name = strings.TrimSuffix(name, "}")
		if !isParam {
			if t != words[i] {
				return nil, false
			}
			continue
		}
		value := words[i]
		rest := len(template) - i - 1
		if manyWords[name] && len(words) > len(template) {
			end := len(words) - rest
			value = strings.Join(words[i:end], "/")
			words = append(append([]string{}, words[:i+1]...), words[end:]...)
		}
		plain, err := url.PathUnescape(value)
		if err != nil || plain == "" {
			return nil, false
		}
		if (strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "_number")) && !isNumber(plain) {
			return nil, false
		}
		params[name] = plain
	}
	return params, len(words) == len(template)
}

func isNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// resolve finds the repository and the pull request of the path.
func (c *call) resolve() (answer, bool) {
	s := c.srv
	if id := c.number("repository_id"); id != 0 {
		c.repo = s.repoByID(id)
	} else if c.params["owner"] != "" && c.params["repo"] != "" {
		c.repo = s.repoNamed(c.params["owner"], c.params["repo"])
	} else {
		return answer{}, true
	}
	if c.repo == nil {
		return notFound(), false
	}
	if c.route.auth == byToken && !c.token.reaches(c.repo) && (!c.repo.public || c.r.Method != http.MethodGet) {
		return notFound(), false
	}
	if c.params["owner"] != "-" && c.params["owner"] != "" &&
		!strings.EqualFold(c.repo.fullName(), c.params["owner"]+"/"+c.params["repo"]) {
		return c.moved(), false
	}
	if n := c.number("pull_number"); n != 0 {
		if c.pull = c.repo.pull(int(n)); c.pull == nil {
			return notFound(), false
		}
	}
	return answer{}, true
}

// moved is GitHub's redirect from a renamed repository to its id.
func (c *call) moved() answer {
	words := strings.SplitN(strings.Trim(c.srv.apiPath(c.r), "/"), "/", 4)
	to := c.srv.api("repositories/%d", c.repo.ID)
	if len(words) == 4 {
		to += "/" + words[3]
	}
	if c.r.URL.RawQuery != "" {
		to += "?" + c.r.URL.RawQuery
	}
	status := http.StatusMovedPermanently
	if c.r.Method != http.MethodGet {
		status = http.StatusTemporaryRedirect
	}
	return answer{status: status, json: obj{
		"message": "Moved Permanently", "url": to, "documentation_url": docs,
	}}.with("Location", to)
}

// number reads a numeric parameter of the path; 0 when there is none.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.params[name], 10, 64)
	return n
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

func (c *call) queryInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(c.query(name)); err == nil {
		return n
	}
	return otherwise
}

// decode reads the JSON body into v.
func (c *call) decode(v any) (answer, bool) {
	if len(c.body) == 0 {
		return answer{}, true
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		if _, syntax := err.(*json.SyntaxError); syntax {
			return failure(400, "Problems parsing JSON"), false
		}
		return failure(422, "Invalid request.\n\n"+err.Error()), false
	}
	return answer{}, true
}

// decodeStrictly is decode for the operations that GitHub holds against a
// schema without room for other keys.
func (c *call) decodeStrictly(v any) (answer, bool) {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		return answer{}, true
	}
	if _, key, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
		return failure(422, "Invalid request.\n\n"+key+" is not a permitted key."), false
	}
	return c.decode(v)
}

// wantsRaw says that the client asked for bytes instead of JSON.
func (c *call) wantsRaw() bool {
	accept := c.r.Header.Get("Accept")
	return strings.Contains(accept, "application/vnd.github") && strings.Contains(accept, "raw")
}
