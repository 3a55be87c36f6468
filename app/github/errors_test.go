package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/checks"
)

// What an answer means, by its status, its type and its words: the read of a pull request, a review, the check run.
func TestAnswers(t *testing.T) {
	const (
		json       = "application/json; charset=utf-8"
		html       = "text/html"
		page       = "<html><body>blocked</body></html>"
		permission = `{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest"}`
		secondary  = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest"}`
	)
	says := func(message string) string {
		return fmt.Sprintf(`{"message":%q,"documentation_url":"https://docs.github.com/rest"}`, message)
	}
	for _, c := range []struct {
		status        int
		kind, body    string
		header        string
		reads, writes string // what the answer means to each
	}{
		{200, html, page, "", "later", "unsure"},
		{200, json, `{"id":`, "", "later", "unsure"},
		{200, json, "", "", "later", "unsure"},
		{201, html, page, "", "later", "unsure"},
		{400, json, says("Problems parsing JSON"), "", "may pass", "may pass"},
		{401, json, says("Bad credentials"), "", "later", "later"},
		{403, json, permission, "X-Accepted-GitHub-Permissions: checks=write", "permission", "permission"},
		{403, json, permission, "", "give up", "give up"},
		{403, html, page, "", "may pass", "may pass"},
		{403, json, says("Forbidden"), "", "may pass", "may pass"},
		{403, json, "", "", "may pass", "may pass"},
		{403, json, says("Repository was archived so is read-only."), "", "give up", "give up"},
		{403, json, says("Unable to create comment because issue is locked."), "", "give up", "give up"},
		{403, json, says("Although you appear to have the correct authorization credentials, the `octo` organization " +
			"has an IP allow list enabled."), "", "give up", "give up"},
		{403, json, says("Repository access blocked"), "", "give up", "give up"},
		{403, json, says("This installation has been suspended"), "", "suspended", "suspended"},
		{403, json, secondary, "", "limit", "limit"},
		{403, html, page, "Retry-After: 30", "limit", "limit"},
		{404, json, says("Not Found"), "", "later", "later"},
		{404, html, page, "", "later", "later"},
		{408, html, page, "", "later", "unsure"},
		{409, json, says("Git Repository is empty."), "", "later", "later"},
		{410, json, says("Gone"), "", "may pass", "may pass"},
		{422, json, says("No commit found for SHA: 0000"), "", "may pass", "may pass"},
		{422, html, page, "", "may pass", "may pass"},
		{429, html, page, "", "limit", "limit"},
		{451, json, says("Repository access blocked"), "", "give up", "give up"},
		{500, json, says("Server Error"), "", "later", "unsure"},
		{502, html, page, "", "later", "unsure"},
		{504, json, says("We couldn't respond to your request in time."), "", "later", "unsure"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.kind, " ", c.body[:min(len(c.body), 60)]), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, githubtest.Options{}, later)
			_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n"})
			front := &frontDoor{next: http.DefaultTransport, status: c.status, kind: c.kind, body: c.body,
				header: c.header}
			w.client = w.newClient(front)
			s := w.snapshot(ref)
			front.shut = func(r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, "/reviews") || strings.HasSuffix(r.URL.Path, "/check-runs") &&
					r.Method == "POST"
			}
			_, err := s.Comment(t.Context(), "", []checks.ReviewComment{{Path: "Dockerfile", Line: 1, Side: "RIGHT",
				Body: "x"}}, nil)
			// that leads to trials with each comment alone
			if got := meaning(w, err); got != c.writes && c.status != 422 {
				t.Errorf("a review: %s, want %s: %v", got, c.writes, err)
			}
			w.clock.Add(time.Hour)
			s = w.snapshot(ref)
			err = s.Check(t.Context(), checks.Run{Name: "dfbot", ExternalID: github.ExternalID(ref.Pull, "k"),
				Conclusion: "success", Title: "t", Summary: "s"})
			if got := meaning(w, err); got != c.writes {
				t.Errorf("a check run: %s, want %s: %v", got, c.writes, err)
			}
			w.clock.Add(time.Hour)
			front.shut = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/files") }
			_, err = w.client.Snapshot(t.Context(), ref)
			if got := meaning(w, err); got != c.reads && c.status != 404 { // that is looked into
				t.Errorf("a read: %s, want %s: %v", got, c.reads, err)
			}
		})
	}
}

// meaning is what an error says to who decides what becomes of a job.
func meaning(w *world, err error) string {
	var lacks job.GiveUp
	var again job.RetryAt
	var stale job.Stale
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &again) && strings.Contains(err.Error(), "limit"):
		return "limit"
	case errors.As(err, &again) && again.Time.Sub(w.clock.Now()) >= 20*time.Second:
		return "unsure"
	case errors.As(err, &lacks) && lacks.Permission != "":
		return "permission"
	case errors.As(err, &lacks):
		return "give up"
	case errors.As(err, new(github.MayPass)):
		return "may pass"
	case errors.As(err, &stale) && stale.Suspended:
		return "suspended"
	case errors.As(err, &stale):
		return "stale"
	}
	return "later"
}

// frontDoor answers some requests itself.
type frontDoor struct {
	next               http.RoundTripper
	status             int
	kind, body, header string
	shut               func(*http.Request) bool
}

func (f *frontDoor) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.shut == nil || !f.shut(req) {
		return f.next.RoundTrip(req)
	}
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", f.kind)
	if name, value, ok := strings.Cut(f.header, ": "); ok {
		rec.Header().Set(name, value)
	}
	rec.WriteHeader(f.status)
	rec.WriteString(f.body)
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}
