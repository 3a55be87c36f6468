package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/dfbot/dfbot/app/job"
)

// MayPass is a refusal of GitHub's that may be gone the next time: it does not know a commit yet, or it is not GitHub
// that answers. What stays so is final, and then Reason says why.
type MayPass struct {
	Reason string // in dfbot's own words, and may be shown as it is
	Err    error
}

func (e MayPass) Error() string {
	var answer *github.ErrorResponse
	if errors.As(e.Err, &answer) && answer.Message != "" {
		return fmt.Sprintf("%s: %s", e.Reason, answer.Message)
	}
	return e.Reason
}

func (e MayPass) Unwrap() error { return e.Err }

// typed turns the error of a call into one of this package's types where it is one of them. Others stay as they are:
// they may be gone the next time.
func typed(err error) error {
	if err == nil || isTyped(err) {
		return err
	}
	var late unsure
	if errors.As(err, &late) {
		return job.RetryAt{Time: late.at, Err: err}
	}
	var primary *github.RateLimitError
	if errors.As(err, &primary) { // go-github refuses calls on its own once it saw that none remain
		return job.RetryAt{Time: primary.Rate.Reset.Time, Err: errors.New("no requests remain")}
	}
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return refusal(err, answer)
}

// isTyped reports whether an error has its type already.
func isTyped(err error) bool {
	return errors.As(err, new(job.RetryAt)) || errors.As(err, new(job.GiveUp)) || errors.As(err, new(MayPass)) ||
		errors.As(err, new(job.Stale))
}

// refusal gives an answer that refuses a call its type. Rate limits are not among them: [limitsTransport] handles
// those.
func refusal(err error, answer *github.ErrorResponse) error {
	switch code := answer.Response.StatusCode; {
	case code >= 500, code == http.StatusUnauthorized, code == http.StatusNotFound, code == http.StatusRequestTimeout,
		code == http.StatusConflict, code == http.StatusLocked, code == http.StatusTooEarly:
		return err
	case code == http.StatusForbidden && strings.Contains(answer.Message, "suspended"):
		return job.Stale{Reason: "the installation is suspended", Suspended: true}
	case code == http.StatusForbidden && strings.HasPrefix(answer.Message, "Resource not accessible"):
		lacks := answer.Response.Header.Get("X-Accepted-GitHub-Permissions")
		return job.GiveUp{Reason: strings.TrimSpace("the installation lacks the permission " + lacks),
			Permission: lacks, Err: answer}
	case code == http.StatusUnavailableForLegalReasons:
		return job.GiveUp{Reason: "GitHub does not show the repository for legal reasons", Err: answer}
	}
	for _, final := range finals {
		if answer.Response.StatusCode == http.StatusForbidden && strings.Contains(answer.Message, final.words) {
			return job.GiveUp{Reason: final.reason, Err: answer}
		}
	}
	return MayPass{Reason: fmt.Sprintf("GitHub refused with status %d", answer.Response.StatusCode), Err: err}
}

// finals are the words of a 403 that says why it will be one the next time too. GitHub gives no code for it.
var finals = []struct{ words, reason string }{
	{"was archived", "the repository is archived"},
	{"is locked", "the conversation is locked"},
	{"access blocked", "GitHub blocks access to the repository"},
	{"IP allow list", "the IP allow list of the organization does not include dfbot's address"},
	{"been disabled", "GitHub has disabled it in this repository"},
}

// Status returns the status of GitHub's answer in an error, or 0.
func Status(err error) int { return status(err) }

// status returns the status of GitHub's answer in an error, or 0.
func status(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
