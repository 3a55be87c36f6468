package contract

import (
	"fmt"
	"slices"
	"strings"
)

// correction is a field that GitHub answers with null where its description
// says that it never is.
type correction struct {
	webhooks bool   // in the webhook schemas, else in the OpenAPI description
	schema   string // name of the schema
	field    string // path of the field, by "/"
	reason   string
}

const (
	goneFork = "head.repo is null once the fork is deleted"
	noLine   = "an outdated comment has no line, and one on a file never has"
)

var corrections = []correction{
	{false, "pull-request", "head/repo", goneFork},
	{false, "pull-request-simple", "head/repo", goneFork},
	{false, "pull-request-review-comment", "line", noLine},
	{false, "pull-request-review-comment", "original_line", noLine},
	{false, "pull-request-review-comment", "position", noLine},
	{true, "pull-request-review-comment", "original_line", noLine},
}

// correct applies the corrections. One that finds nothing to correct is an
// error, so that the list does not outlive its reasons.
func (c *Contract) correct() error {
	for _, fix := range corrections {
		document, keys := c.api, []string{"components", "schemas", fix.schema}
		if fix.webhooks {
			document, keys = c.webhooks, []string{"definitions", fix.schema}
		}
		if !c.allowNullField(document, keys, fix.field) {
			return fmt.Errorf("load contract: no %s.%s to correct (%s)", fix.schema, fix.field, fix.reason)
		}
	}
	for _, fix := range []func() error{c.correctInstallations, c.correctPing, c.correctReply,
		c.correctEvents} {
		if err := fix(); err != nil {
			return err
		}
	}
	return nil
}

// allowNullField lets a field of the schema at keys be null, and reports whether the schema has it.
func (c *Contract) allowNullField(document any, keys []string, field string) bool {
	words := strings.Split(field, "/")
	for _, word := range words {
		keys = append(keys, "properties", word)
	}
	parent, _ := c.dig(document, keys[:len(keys)-1]...)
	fields, _ := parent.(map[string]any)
	last := words[len(words)-1]
	if fields[last] == nil {
		return false
	}
	fields[last] = map[string]any{"anyOf": []any{fields[last], map[string]any{"type": "null"}}}
	return true
}

// correctReply lets a comment with in_reply_to go without commit_id and path:
// the description itself says that they are ignored then.
func (c *Contract) correctReply() error {
	body, ok := c.dig(c.api, "paths", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", "post", "requestBody",
		"content", "application/json", "schema")
	if !ok {
		return fmt.Errorf("load contract: no review comment to correct")
	}
	schema := body.(map[string]any)
	schema["anyOf"] = []any{
		map[string]any{"required": schema["required"]},
		map[string]any{"required": []any{"body", "in_reply_to"}},
	}
	delete(schema, "required")
	return nil
}

// correctPing takes from the ping's hook the two addresses that only the hooks
// of repositories and organisations have.
func (c *Contract) correctPing() error {
	hook, ok := c.dig(c.webhooks, "definitions", "ping$event", "properties", "hook")
	if !ok {
		return fmt.Errorf("load contract: no ping to correct")
	}
	required, _ := hook.(map[string]any)["required"].([]any)
	hook.(map[string]any)["required"] = slices.DeleteFunc(required, func(name any) bool {
		return name == "url" || name == "ping_url"
	})
	return nil
}

// correctEvents adds an event that an App can subscribe to, and that the list of a hook's events lacks.
func (c *Contract) correctEvents() error {
	const lacking = "merge_group"
	lists, _ := c.dig(c.webhooks, "definitions", "webhook-events", "oneOf")
	for _, list := range asList(lists) {
		items, _ := c.dig(list, "items")
		names, _ := c.dig(items, "enum")
		if all := asList(names); len(all) > 1 && !slices.Contains(all, any(lacking)) {
			items.(map[string]any)["enum"] = append(all, lacking)
			return nil
		}
	}
	return fmt.Errorf("load contract: no list of events to correct")
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// correctInstallations corrects GET /app/installations, whose inlined schema asks
// an account to be a user and an enterprise at once.
func (c *Contract) correctInstallations() error {
	list, ok := c.dig(c.api, "paths", "/app/installations", "get", "responses", "200", "content", "application/json",
		"schema")
	if !ok {
		return fmt.Errorf("load contract: no GET /app/installations to correct")
	}
	list.(map[string]any)["items"] = map[string]any{"$ref": "#/components/schemas/installation"}
	return nil
}
