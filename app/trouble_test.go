package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
)

// What a check run says of a job that was given up is whose trouble it was, at what, and what is missing; the error
// itself is folded away.
func TestWhatHappened(t *testing.T) {
	answer := func(status int) error {
		return &gogithub.ErrorResponse{Response: &http.Response{StatusCode: status,
			Request: &http.Request{Method: "GET", URL: &url.URL{Path: "/x"}}}}
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"GitHub fails", reading.in(fmt.Errorf("list files: %w", answer(502))),
			"GitHub answered with status 502 when dfbot tried to read the pull request. The Dockerfiles of this " +
				"commit were not checked."},
		{"GitHub is not there", reading.in(&url.Error{Op: "Get", Err: errors.New("refused")}),
			"dfbot could not reach GitHub when it tried to read the pull request. The Dockerfiles of this commit " +
				"were not checked."},
		{"a permission", reading.in(job.GiveUp{Reason: "no", Permission: "contents=read", Err: answer(403)}),
			"dfbot needs the permission `contents: read` to read the pull request. An owner can grant it under " +
				"*Settings*, *GitHub Apps*. The Dockerfiles of this commit were not checked."},
		{"too slow", analysing.in(context.DeadlineExceeded),
			"dfbot ran out of time when it tried to review the Dockerfiles. The Dockerfiles of this commit were not " +
				"checked."},
		{"a bug", analysing.in(errors.New("oh")),
			"dfbot failed when it tried to review the Dockerfiles. The Dockerfiles of this commit were not checked."},
		{"the comments", commenting.in(answer(500)),
			"GitHub answered with status 500 when dfbot tried to write the comments. The Dockerfiles were reviewed, " +
				"but comments may be missing."},
		{"the check run", concluding.in(answer(422)),
			"GitHub answered with status 422 when dfbot tried to write this check run. The Dockerfiles were " +
				"reviewed, but findings without a comment are not shown."},
		{"nobody knows", errors.New("oh"), "dfbot could not review this commit."},
		{"from the queue", queue.Cause{Text: "oh",
			Words: "dfbot's process ended 3 times while it reviewed this pull request", Attempts: 8},
			"dfbot's process ended 3 times while it reviewed this pull request. dfbot tried 8 times."},
	} {
		got, rest, _ := strings.Cut(whatHappened(job.Job{Delivery: "d"}, c.err), "\n\n")
		if got != c.want || !strings.HasPrefix(rest, "Press **Re-run** to try again.\n\n<details>") {
			t.Errorf("%s: %s\n\n%s", c.name, got, rest)
		}
	}
}
