package github_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/github/githubtest"
)

// busy is a GitHub that gives up on queries for more than 50 files.
type busy struct{ tries int }

func (b *busy) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path != "/graphql" {
		return http.DefaultTransport.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if strings.Count(string(body), ": object(oid:") > 50 {
		b.tries++
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Request: req}, nil
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(req)
}

// TestSmallerQueries: where GitHub does not answer for many files at once, it is asked for a few at a time.
func TestSmallerQueries(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	contents := map[string]string{}
	var wants []github.Want
	for i := range 120 {
		path := fmt.Sprintf("d%03d/Dockerfile", i)
		contents[path] = fmt.Sprintf("FROM scratch\nLABEL n=%d\n", i)
		wants = append(wants, github.Want{Path: path, Max: 100})
	}
	_, ref := w.open(contents)
	limit := &busy{}
	w.client = w.newClient(limit)
	s := w.snapshot(ref)
	w.srv.ForgetRequests()
	got, err := s.Read(t.Context(), wants)
	w.must(err)
	for path, want := range contents {
		if string(got[path].Source) != want {
			t.Fatalf("%s is %q, want %q", path, got[path].Source, want)
		}
	}
	if n := len(w.srv.Requests()); n != 3 || limit.tries == 0 {
		t.Errorf("%d calls after %d that were not answered; want 3", n, limit.tries)
	}
}

// TestTextsAreReadOnce: what one snapshot has read costs the next none.
func TestTextsAreReadOnce(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	_, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\n", "nul": "\x00"})
	wants := []github.Want{{Path: "Dockerfile", Max: 100}, {Path: "nul", Max: 100}}
	for _, calls := range []int{2, 0} {
		s := w.snapshot(ref)
		w.srv.ForgetRequests()
		got, err := s.Read(t.Context(), wants)
		w.must(err)
		if string(got["Dockerfile"].Source) != "FROM scratch\n" || string(got["nul"].Source) != "\x00" {
			t.Errorf("read %v", got)
		}
		if n := len(w.srv.Requests()); n != calls {
			t.Errorf("%d calls, want %d", n, calls)
		}
	}
	w.client.Forget(ref.Installation)
	s := w.snapshot(ref)
	w.srv.ForgetRequests()
	_, err := s.Read(t.Context(), wants)
	w.must(err)
	if n := len(w.srv.Requests()); n != 2 {
		t.Errorf("%d calls after the installation was forgotten, want 2", n)
	}
}
