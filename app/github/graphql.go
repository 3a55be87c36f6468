package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// errNoGraphQL is the error of a query for which asking again would not help: REST has to do.
var errNoGraphQL = errors.New("GraphQL did not answer")

// errForbidden says that GraphQL does not let the installation do something.
var errForbidden = fmt.Errorf("%w: GitHub forbids it", errNoGraphQL)

// errStaleHead says that a branch has another tip than a commit was made for.
var errStaleHead = fmt.Errorf("%w: the branch has moved", errNoGraphQL)

// graphqlError is one of the errors of an answer; they come with status 200 too.
type graphqlError struct {
	Type       string `json:"type"`
	Path       []any  `json:"path"`
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// harmless reports whether the error says that there is no organization's repository, or that dfbot may not see it: its
// place in the answer is null.
func (e graphqlError) harmless() bool {
	return len(e.Path) > 0 && e.Path[0] == "organization" && (e.Type == "NOT_FOUND" || e.Type == "FORBIDDEN")
}

// query asks GraphQL and decodes the data into out. Names out of the repository go into variables, never into the text.
func (in *installation) query(ctx context.Context, text string, variables map[string]any, out any) error {
	return in.ask(repeatable(ctx), in.rest, text, variables, out)
}

// ask asks once, or as often as ctx allows, with a client that may have another token.
func (in *installation) ask(ctx context.Context, rest *github.Client, text string, variables map[string]any,
	out any) error {
	if in.client.noGraphQL.Load() {
		return errNoGraphQL
	}
	req, err := rest.NewRequest(http.MethodPost, in.client.graphql,
		map[string]any{"query": text, "variables": variables})
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphqlError  `json:"errors"`
	}
	if _, err := rest.Do(ctx, req, &answer); err != nil {
		return in.graphqlFailed(err)
	}
	if answer.Errors = slices.DeleteFunc(answer.Errors, graphqlError.harmless); len(answer.Errors) > 0 {
		return in.graphqlErrors(answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return fmt.Errorf("%w: %w", errNoGraphQL, err)
	}
	return nil
}

// graphqlFailed gives a failed query its error.
func (in *installation) graphqlFailed(err error) error {
	if status(err) == http.StatusNotFound {
		in.client.noGraphQL.Store(true)
	}
	if err := typed(err); silent(err) || errors.Is(err, context.Canceled) ||
		isTyped(err) && !errors.As(err, new(job.GiveUp)) && !errors.As(err, new(MayPass)) {
		return err
	}
	return fmt.Errorf("%w: %w", errNoGraphQL, err)
}

func (in *installation) graphqlErrors(all []graphqlError) error {
	kind, said := errNoGraphQL, []string(nil)
	for _, e := range all {
		switch {
		case e.Type == "FORBIDDEN":
			kind = errForbidden
		case e.Type == "BRANCH_PROTECTION_RULE_VIOLATION":
			return CommitRefused{oneLine(e.Message)}
		case e.Type == "STALE_DATA":
			kind = errStaleHead
		case e.Type == "RATE_LIMITED":
			return job.RetryAt{Time: in.client.opts.Now().Add(5 * time.Minute),
				Err: errors.New("GitHub limits dfbot's queries")}
		case e.Extensions.Code == "undefinedField" || e.Extensions.Code == "undefinedType":
			in.client.noGraphQL.Store(true) // an Enterprise Server that is older than the field
		}
		said = append(said, strings.TrimSpace(e.Type+" "+e.Message))
	}
	return fmt.Errorf("%w: %s", kind, strings.Join(said, "; "))
}
