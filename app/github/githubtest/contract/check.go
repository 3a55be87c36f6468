package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/vektah/gqlparser/v2"
)

// undescribed are statuses that GitHub gives to any request, whatever the
// description of its operation lists.
var undescribed = []int{301, 304, 307, 401, 403, 404, 422, 429, 500, 502, 503, 504}

// Check holds one recorded request and its answer against the description,
// and gives everything that does not fit.
func (c *Contract) Check(r githubtest.Request) []error {
	if r.Operation == "/graphql" {
		return c.named(r, c.checkGraphQL(r))
	}
	if r.Operation == "" {
		return c.named(r, []error{fmt.Errorf("no operation of GitHub's, or none the stand-in serves")})
	}
	if strings.HasPrefix(r.Path, "/repositories/") && r.Header.Get("Referer") == "" {
		return c.named(r, []error{fmt.Errorf("GitHub redirects to a repository by its id, but describes no such " +
			"operation")})
	}
	path := r.Operation
	if path == "/repos/{owner}/{repo}/contents" {
		path += "/{path}"
	}
	operation, ok := c.dig(c.api, "paths", path, strings.ToLower(r.Method))
	if !ok {
		return c.named(r, []error{fmt.Errorf("GitHub describes no such operation")})
	}
	op := operation.(map[string]any)
	errs := append(c.checkQuery(op, r.Query), c.checkBody(op, path, r)...)
	return c.named(r, append(errs, c.checkAnswer(op, path, r)...))
}

func (c *Contract) named(r githubtest.Request, errs []error) []error {
	for i, err := range errs {
		errs[i] = fmt.Errorf("%s %s -> %d: %w", r.Method, r.Path, r.Status, err)
	}
	return errs
}

// checkQuery holds the query's parameters against those described.
func (c *Contract) checkQuery(op map[string]any, query string) []error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return []error{err}
	}
	known := c.queryParameters(op)
	var errs []error
	for name, given := range values {
		schema, ok := known[name].(map[string]any)
		if !ok {
			errs = append(errs, fmt.Errorf("query parameter %q is not described", name))
			continue
		}
		if _, err := strconv.Atoi(given[0]); schema["type"] == "integer" && err != nil {
			errs = append(errs, fmt.Errorf("query parameter %s=%q is not an integer", name, given[0]))
		}
		if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, any(given[0])) {
			errs = append(errs, fmt.Errorf("query parameter %s=%q is not one of %v", name, given[0], enum))
		}
	}
	return errs
}

// queryParameters returns the schemas of an operation's query parameters, by name.
func (c *Contract) queryParameters(op map[string]any) map[string]any {
	known := map[string]any{}
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		if param := c.deref(p).(map[string]any); param["in"] == "query" {
			known[param["name"].(string)] = c.deref(param["schema"])
		}
	}
	return known
}

// checkBody holds a request's body against its schema. A request that was
// refused with 422 may break it: that is what the refusal says.
func (c *Contract) checkBody(op map[string]any, path string, r githubtest.Request) []error {
	_, described := c.dig(op, "requestBody", "content", "application/json", "schema")
	required, _ := c.dig(op, "requestBody", "required")
	if len(r.Body) == 0 && required == true && r.Status < 300 {
		return []error{fmt.Errorf("no body is sent where one is required")}
	}
	if len(r.Body) == 0 || r.Status == 422 || r.Status == 400 {
		return nil
	}
	if !described {
		return []error{fmt.Errorf("a body is sent where none is described")}
	}
	return c.fits("body", r.Body, "paths", path, strings.ToLower(r.Method), "requestBody", "content",
		"application/json", "schema")
}

// checkAnswer holds an answer against the schema of its status.
func (c *Contract) checkAnswer(op map[string]any, path string, r githubtest.Request) []error {
	if r.Status == 0 || r.Foreign {
		return nil // nothing was answered, or not by GitHub
	}
	_, listed := c.dig(op, "responses", strconv.Itoa(r.Status))
	if !listed && !slices.Contains(undescribed, r.Status) {
		return []error{fmt.Errorf("status %d is not described", r.Status)}
	}
	kind, _, _ := strings.Cut(r.AnswerTo.Get("Content-Type"), ";")
	switch {
	case r.Status == http.StatusNotModified || r.Status == http.StatusNoContent:
		if len(r.Answer) > 0 {
			return []error{fmt.Errorf("status %d with a body", r.Status)}
		}
		return nil
	case kind != "application/json":
		if r.Status < 300 && !strings.Contains(r.Header.Get("Accept"), "raw") {
			return []error{fmt.Errorf("answer of type %q", kind)}
		}
		return nil
	case r.Status >= 300:
		return c.fits("error", r.Answer, "components", "schemas", errorSchema(r.Answer))
	}
	return c.checkContent(op, path, r)
}

// checkContent holds the JSON of an answer to a request that succeeded against the schema of its status.
func (c *Contract) checkContent(op map[string]any, path string, r githubtest.Request) []error {
	code := strconv.Itoa(r.Status)
	if _, ok := c.dig(op, "responses", code, "content", "application/json", "schema"); !ok {
		if r.Status == http.StatusAccepted || string(r.Answer) == "{}" {
			return nil
		}
		return []error{fmt.Errorf("a body where none is described")}
	}
	at := c.follow("paths", path, strings.ToLower(r.Method), "responses", code)
	return c.fits("answer", r.Answer, append(at, "content", "application/json", "schema")...)
}

// follow replaces a pointer to a reference by what it refers to.
func (c *Contract) follow(pointer ...string) []string {
	node := any(c.api)
	for _, key := range pointer {
		node = c.deref(node).(map[string]any)[key]
	}
	if m, ok := node.(map[string]any); ok {
		if ref, ok := m["$ref"].(string); ok {
			return strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		}
	}
	return pointer
}

// errorSchema picks the schema of an error by its form: errors as texts, as
// objects, or none.
func errorSchema(body []byte) string {
	var e struct{ Errors []json.RawMessage }
	json.Unmarshal(body, &e)
	switch {
	case len(e.Errors) == 0:
		return "basic-error"
	case e.Errors[0][0] == '"':
		return "validation-error-simple"
	}
	return "validation-error"
}

// fits validates JSON against the schema at a pointer, and then looks for
// fields that the schema does not know.
func (c *Contract) fits(what string, text []byte, pointer ...string) []error {
	schema, err := c.schema(apiName, pointer...)
	if err != nil {
		return []error{err}
	}
	v, err := value(text)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", what, err)}
	}
	if err := schema.Validate(v); err != nil {
		return []error{fmt.Errorf("%s: %w", what, err)}
	}
	if what == "error" {
		return nil // errors carry a "status" that only some of their schemas name
	}
	raw, _ := c.dig(c.api, pointer...)
	var errs []error
	for _, field := range c.unknown(raw, v, "") {
		errs = append(errs, fmt.Errorf("%s: field %s is not described", what, field))
	}
	return errs
}

// CheckWebhook holds a webhook's payload against the schema of its event.
func (c *Contract) CheckWebhook(event string, payload []byte) error {
	var p struct{ Action string }
	if err := json.Unmarshal(payload, &p); err != nil {
		return fmt.Errorf("webhook %s: %w", event, err)
	}
	name := event + "$event"
	if p.Action != "" {
		name = event + "$" + p.Action
	}
	schema, err := c.schema(webhooksName, "definitions", name)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", name, err)
	}
	v, err := value(payload)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", name, err)
	}
	if err := schema.Validate(v); err != nil {
		return fmt.Errorf("webhook %s: %w", name, err)
	}
	return nil
}

// CheckQuery holds a GraphQL document against GitHub's schema.
func (c *Contract) CheckQuery(query string) error {
	if _, errs := gqlparser.LoadQueryWithRules(c.graph, query, nil); len(errs) > 0 {
		return errs
	}
	return nil
}

// checkGraphQL holds a query against GitHub's schema; one that was refused
// without data may break it.
func (c *Contract) checkGraphQL(r githubtest.Request) []error {
	var in struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	var out struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(r.Body, &in); err != nil {
		return []error{err}
	}
	if err := json.Unmarshal(r.Answer, &out); err != nil || r.Status != http.StatusOK {
		return nil
	}
	err := c.CheckQuery(in.Query)
	refused := out.Data == nil && len(out.Errors) > 0
	switch {
	case err != nil && !refused:
		return []error{fmt.Errorf("query: %w", err)}
	case err == nil && refused && !strings.Contains(out.Errors[0].Message, "must be defined"):
		return []error{fmt.Errorf("the stand-in refused what GitHub would take: %s", out.Errors[0].Message)}
	}
	return nil
}
