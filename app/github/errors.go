package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// TryAgain is an error that will be gone at a known time: a rate limit.
type TryAgain struct {
	At  time.Time
	Err error
}

func (e TryAgain) Error() string {
	return fmt.Sprintf("not before %s: %v", e.At.UTC().Format(time.RFC3339), e.Err)
}

func (e TryAgain) Unwrap() error { return e.Err }

// GiveUp is an error that trying again will not help.
type GiveUp struct {
	// Reason is in dfbot's own words and may be shown as it is.
	Reason string
	// Permission is what the installation would have to be granted, as "checks=write", where that is the reason and GitHub says it.
	Permission string
	Err        error
}

func (e GiveUp) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e GiveUp) Unwrap() error { return e.Err }

// Stale says that the work is no longer wanted: the pull request moved on or was closed, the repository is gone.
type Stale struct{ Reason string }

func (e Stale) Error() string { return "stale: " + e.Reason }

// Suspended says that the installation takes no calls until somebody ends its suspension.
type Suspended struct{ Err error }

func (e Suspended) Error() string { return "the installation is suspended" }
func (e Suspended) Unwrap() error { return e.Err }

// MayPass is a refusal of GitHub's that may be gone the next time: it does not know a commit yet, or it is not GitHub that answers. What stays so is
// final, and then Reason says why.
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

// outcome turns the error of a call into one of this package's types where it is one of them. Others stay as they are: they
// may be gone the next time.
func outcome(err error) error {
	if err == nil || settled(err) {
		return err
	}
	var late unsure
	if errors.As(err, &late) {
		return TryAgain{At: late.at, Err: err}
	}
	var primary *github.RateLimitError
	if errors.As(err, &primary) { // go-github refuses calls by itself once it saw that none remain
		return TryAgain{At: primary.Rate.Reset.Time, Err: errors.New("no requests remain")}
	}
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return refusal(err, answer)
}

// settled says that an error has its type already.
func settled(err error) bool {
	return errors.As(err, new(TryAgain)) || errors.As(err, new(GiveUp)) || errors.As(err, new(MayPass)) ||
		errors.As(err, new(Stale)) || errors.As(err, new(Suspended))
}

// refusal judges an answer that refuses a call. Rate limits are not among them: [limitsTransport] has found them out before.
func refusal(err error, answer *github.ErrorResponse) error {
	switch code := answer.Response.StatusCode; {
	case code >= 500, code == http.StatusUnauthorized, code == http.StatusNotFound, code == http.StatusRequestTimeout,
		code == http.StatusConflict, code == http.StatusLocked, code == http.StatusTooEarly:
		return err
	case code == http.StatusForbidden && strings.Contains(answer.Message, "suspended"):
		return Suspended{Err: answer}
	case code == http.StatusForbidden && strings.HasPrefix(answer.Message, "Resource not accessible"):
		lacks := answer.Response.Header.Get("X-Accepted-GitHub-Permissions")
		return GiveUp{Reason: strings.TrimSpace("the installation lacks the permission " + lacks), Permission: lacks, Err: answer}
	case code == http.StatusUnavailableForLegalReasons:
		return GiveUp{Reason: "GitHub does not show the repository for legal reasons", Err: answer}
	}
	for _, final := range finals {
		if answer.Response.StatusCode == http.StatusForbidden && strings.Contains(answer.Message, final.words) {
			return GiveUp{Reason: final.reason, Err: answer}
		}
	}
	return MayPass{Reason: fmt.Sprintf("GitHub refuses with status %d", answer.Response.StatusCode), Err: err}
}

// finals are the words of a 403 that says why it will be one the next time too. GitHub gives no code for it.
var finals = []struct{ words, reason string }{
	{"was archived", "the repository is archived"},
	{"is locked", "the conversation is locked"},
	{"access blocked", "GitHub blocks access to the repository"},
	{"IP allow list", "the IP allow list of the organization does not have dfbot's address"},
	{"been disabled", "GitHub has disabled it in this repository"},
}

// Status is the status of GitHub's answer behind an error, or 0.
func Status(err error) int { return status(err) }

// status is the status of GitHub's answer behind an error, or 0.
func status(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
