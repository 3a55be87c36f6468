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

// GiveUp is an error that trying again will not mend.
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

// outcome turns the error of a call into one of this package's types where it is one of them. Others stay as they are: they
// may be gone the next time.
func outcome(err error) error {
	if err == nil || settled(err) {
		return err
	}
	var primary *github.RateLimitError
	if errors.As(err, &primary) { // go-github refuses calls by itself once it saw that none remain
		return TryAgain{At: primary.Rate.Reset.Time, Err: errors.New("no requests remain")}
	}
	var answer *github.ErrorResponse
	if !errors.As(err, &answer) || answer.Response == nil {
		return err
	}
	switch code := answer.Response.StatusCode; {
	case code == http.StatusForbidden:
		return forbidden(answer)
	case code >= 500, code == http.StatusUnauthorized, code == http.StatusNotFound, code == http.StatusConflict,
		code == http.StatusRequestTimeout:
		return err
	}
	return GiveUp{Reason: fmt.Sprintf("GitHub refuses with status %d", answer.Response.StatusCode), Err: err}
}

// settled says that an error has its type already, or is that of a context.
func settled(err error) bool {
	return errors.As(err, new(TryAgain)) || errors.As(err, new(GiveUp)) || errors.As(err, new(Stale)) ||
		errors.As(err, new(Suspended)) || errors.Is(err, context.Canceled)
}

func forbidden(answer *github.ErrorResponse) error {
	if strings.Contains(answer.Message, "suspended") {
		return Suspended{Err: answer}
	}
	e := GiveUp{Reason: "GitHub forbids it", Err: answer}
	if strings.HasPrefix(answer.Message, "Resource not accessible") {
		e.Permission = answer.Response.Header.Get("X-Accepted-GitHub-Permissions")
		e.Reason = strings.TrimSpace("the installation lacks the permission " + e.Permission)
	}
	return e
}

// status is the status of GitHub's answer behind an error, or 0.
func status(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
