package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/checks"
)

// step is a part of a review, as it follows "tried to".
type step string

const (
	reading    step = "read the pull request"
	tidying    step = "delete what an earlier attempt left on the pull request"
	analysing  step = "review the Dockerfiles"
	commenting step = "write the comments"
	concluding step = "write this check run"
	committing step = "commit the fixes"
)

// trouble is an error with words for the readers of a check run whose job was given up.
type trouble struct {
	step
	err error
}

// in adds to an error in which step it came; nil stays nil.
func (s step) in(err error) error {
	if err == nil {
		return nil
	}
	return trouble{s, err}
}

func (t trouble) Error() string { return t.err.Error() }
func (t trouble) Unwrap() error { return t.err }

// Words says what failed, and what is missing because of it.
func (t trouble) Words() string { return t.failed() + ". " + t.missing() }

func (t trouble) failed() string {
	var giveUp job.GiveUp
	var unreached *url.Error
	status := github.Status(t.err)
	switch {
	case errors.As(t.err, &giveUp) && giveUp.Permission != "":
		return "dfbot needs the permission " + checks.Permission(giveUp.Permission) + " to " + string(t.step) +
			". An owner can grant it under *Settings*, *GitHub Apps*"
	case status != 0:
		return fmt.Sprintf("GitHub answered with status %d when dfbot tried to %s", status, t.step)
	case errors.Is(t.err, context.DeadlineExceeded):
		return "dfbot ran out of time when it tried to " + string(t.step)
	case errors.As(t.err, &unreached):
		return "dfbot could not reach GitHub when it tried to " + string(t.step)
	}
	return "dfbot failed when it tried to " + string(t.step)
}

func (t trouble) missing() string {
	switch t.step {
	case commenting:
		return "The Dockerfiles were reviewed, but comments may be missing."
	case concluding:
		return "The Dockerfiles were reviewed, but findings without a comment are not shown."
	}
	return "The Dockerfiles of this commit were not checked."
}

// whatHappened words the end of a job for the readers of its check run. What an operator needs is folded away; it may
// have words from GitHub and names from the repository.
func whatHappened(j job.Job, err error) string {
	c := queue.Cause{Text: err.Error()}
	if !errors.As(err, &c) {
		var t trouble
		if errors.As(err, &t) {
			c.Words = t.Words()
		}
	}
	words := c.Words
	switch {
	case words == "":
		words = "dfbot could not review this commit."
	case !strings.HasSuffix(words, "."):
		words += "."
	}
	if c.Attempts > 1 {
		words += fmt.Sprintf(" dfbot tried %d times.", c.Attempts)
	}
	return words + "\n\nPress **Re-run** to try again.\n\n<details><summary>For the operator</summary>\n\nDelivery " +
		checks.Code(j.Delivery) +
		": " + checks.Code(c.Text[:min(len(c.Text), 1000)]) + "\n\n</details>\n"
}
