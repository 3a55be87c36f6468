package githubtest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/github/githubtest/contract"
	"github.com/google/go-github/v60/github"
)

// loadOnce reads the descriptions, which takes a second, for all tests.
var loadOnce = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(contract.Dir()) })

func load(t *testing.T) *contract.Contract {
	t.Helper()
	c, err := loadOnce()
	if contract.Missing(err) {
		t.Skip(contract.Hint())
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestContract holds a run over every operation, all that the tests before it
// asked, and every webhook, against GitHub's own descriptions.
func TestContract(t *testing.T) {
	c := load(t)
	requests, deliveries := githubtest.FullRun(t)
	requests = append(requests, githubtest.Seen()...)
	missing := githubtest.Operations()
	for _, r := range requests {
		for _, err := range c.Check(r) {
			t.Error(err)
		}
		if r.Status < 300 && !r.Foreign {
			missing = slices.DeleteFunc(missing, func(op string) bool { return op == r.Method+" "+r.Operation })
		}
	}
	for _, op := range missing {
		t.Errorf("%s is served and was not called", op)
	}
	for _, d := range deliveries {
		if err := c.CheckWebhook(d.Event, d.Payload); err != nil {
			t.Error(err)
		}
		if _, err := github.ParseWebHook(d.Event, d.Payload); err != nil {
			t.Errorf("go-github on %s %s: %v", d.Event, d.Action, err)
		}
	}
	t.Logf("%d requests, %d deliveries", len(requests), len(deliveries))
}

func TestSchemaIsPartOfGitHubs(t *testing.T) {
	c := load(t)
	for _, err := range c.CheckSchema(githubtest.SchemaText) {
		t.Error(err)
	}
}

// A page that a Fault has answered with is no answer of GitHub's. The request that it answers is held against the
// contract all the same, and so is a page that no Fault has made.
func TestContractOfPages(t *testing.T) {
	c := load(t)
	page := githubtest.Request{
		Method: "GET", Path: "/repos/octo/shop", Operation: "/repos/{owner}/{repo}", Status: 200,
		Answer: []byte("<html></html>"), AnswerTo: map[string][]string{"Content-Type": {"text/html"}}, Foreign: true,
	}
	if errs := c.Check(page); len(errs) > 0 {
		t.Errorf("a page of a fault's: %v", errs)
	}
	page.Query = "x=1"
	if len(c.Check(page)) == 0 {
		t.Error("an unknown query passes where a page was answered")
	}
	page.Query, page.Foreign = "", false
	if len(c.Check(page)) == 0 {
		t.Error("a page of GitHub's own passes")
	}
}

// TestContractNotices breaks requests and answers and wants each break seen.
func TestContractNotices(t *testing.T) {
	c := load(t)
	good := githubtest.Request{
		Method: "POST", Path: "/repos/o/r/check-runs", Operation: "/repos/{owner}/{repo}/check-runs", Status: 422,
		Answer:   []byte(`{"message":"m","documentation_url":"d","status":"422"}`),
		AnswerTo: map[string][]string{"Content-Type": {"application/json"}},
	}
	if errs := c.Check(good); len(errs) > 0 {
		t.Fatalf("a good request: %v", errs)
	}
	for name, change := range map[string]func(*githubtest.Request){
		"unknown operation": func(r *githubtest.Request) { r.Operation = "/repos/{owner}/{repo}/nothing" },
		"unknown query":     func(r *githubtest.Request) { r.Query = "x=1" },
		"missing field":     func(r *githubtest.Request) { r.Status, r.Body = 201, []byte(`{"name":"x"}`) },
		"unknown field": func(r *githubtest.Request) {
			r.Status, r.Body = 500,
				[]byte(`{"name":"x","head_sha":"s","hed":1}`)
		},
		"unknown nested field": func(r *githubtest.Request) {
			r.Status, r.Body = 500,
				[]byte(`{"name":"x","head_sha":"s","output":{"title":"t","summary":"s","sumary":""}}`)
		},
		"null body":            func(r *githubtest.Request) { r.Status, r.Body = 500, []byte("null") },
		"no body":              func(r *githubtest.Request) { r.Status, r.Body = 201, nil },
		"repository by its id": func(r *githubtest.Request) { r.Path = "/repositories/1/check-runs" },
		"wrong type": func(r *githubtest.Request) {
			r.Status, r.Body = 500,
				[]byte(`{"name":1,"head_sha":"s"}`)
		},
		"answer without fields": func(r *githubtest.Request) { r.Status, r.Answer = 201, []byte(`{"id":1}`) },
		"error with a number":   func(r *githubtest.Request) { r.Answer = []byte(`{"message":1}`) },
		"undescribed status":    func(r *githubtest.Request) { r.Status = 418 },
		"bad query": func(r *githubtest.Request) {
			r.Operation, r.Status, r.Body, r.Answer = "/graphql", 200, []byte(`{"query":"{ nothing }"}`),
				[]byte(`{"data":{}}`)
		},
	} {
		bad := good
		change(&bad)
		if len(c.Check(bad)) == 0 {
			t.Errorf("%s passes", name)
		}
	}
	if c.CheckWebhook("pull_request", []byte(`{"action":"opened","number":1}`)) == nil {
		t.Error("a webhook without its pull request passes")
	}
}

// undecodable are the example payloads that go-github v60 cannot read, by event
// and place, and why. dfbot reads a few fields by its own decoder, which takes
// all of these.
var undecodable = map[string]string{
	"check_run 7":  "an App's created_at of 2018 without a zone",
	"check_run 8":  "an App's created_at of 2018 without a zone",
	"discussion 1": "answer_chosen_by is an object",
	"package 0":    "metadata is a list",
	"package 1":    "body is an object",
	"package 2":    "metadata is a list",
}

// TestExamplesDecode feeds GitHub's example payloads to go-github.
func TestExamplesDecode(t *testing.T) {
	load(t)
	text, err := os.ReadFile(filepath.Join(contract.Dir(), "@octokit/webhooks-examples/api.github.com/index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	decoded := 0
	for _, ev := range events {
		if github.EventForType(ev.Name) == nil {
			continue // an event that go-github v60 does not know
		}
		for i, example := range ev.Examples {
			_, err := github.ParseWebHook(ev.Name, example)
			name := fmt.Sprint(ev.Name, " ", i)
			if reason, known := undecodable[name]; known != (err != nil) {
				t.Errorf("%s: %v (%s)", name, err, reason)
			}
			decoded++
		}
	}
	if decoded < 250 {
		t.Errorf("only %d examples were decoded", decoded)
	}
	t.Logf("%d examples", decoded)
}
