package githubtest

import (
	"net/http"
	"strings"
	"testing"
)

func TestEnterpriseServesBelowItsOwnPaths(t *testing.T) {
	w := newWorld(t, Options{Enterprise: true})
	if !strings.HasSuffix(w.srv.URL, "/api/v3/") {
		t.Fatalf("URL %s", w.srv.URL)
	}
	p := w.openPull(map[string]string{"a": "b"})
	got, _, err := w.gh.PullRequests.Get(w.ctx, "octo", "shop", p.Number)
	w.must(err)
	if !strings.HasPrefix(got.GetURL(), w.srv.URL+"repos/") ||
		!strings.HasPrefix(got.GetHTMLURL(), w.srv.web+"/octo/") {
		t.Errorf("addresses %s, %s", got.GetURL(), got.GetHTMLURL())
	}
	for path, want := range map[string]int{"/api/graphql": 401, "/api/v3/graphql": 404, "/repos/octo/shop": 404} {
		resp, err := http.Post(w.srv.web+path, "application/json", strings.NewReader("{}"))
		w.must(err)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	w.srv.ForgetRequests() // these have no place in the contract
	if h := w.received("pull_request", "opened"); h.header.Get("X-GitHub-Enterprise-Host") == "" {
		t.Error("no enterprise headers on the webhook")
	}
	w.repo.Rename("store")
	_, _, err = w.gh.PullRequests.Get(w.ctx, "octo", "shop", p.Number)
	w.must(err)
}
