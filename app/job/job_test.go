package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var pull = Ref{Installation: 1, Repository: 2, Owner: "o", Name: "n", Pull: 3, Head: "abc"}

// TestLogKeys holds the keys by which operators find a pull request in the log.
func TestLogKeys(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, test := range []struct {
		about any
		want  string
	}{
		{pull, "installation=1 repo=o/n pr=3 sha=abc next=x"},
		{Job{Kind: Review, Ref: pull, Why: "push", Delivery: "guid"},
			"delivery=guid installation=1 repo=o/n pr=3 sha=abc kind=review why=push next=x"},
		{Job{Kind: Forget, Ref: Ref{Installation: 1}},
			`delivery="" installation=1 repo="" pr=0 sha="" kind=forget-installation why="" next=x`},
	} {
		out.Reset()
		log.Info("m", slog.Any("", test.about), "next", "x")
		if _, got, _ := strings.Cut(strings.TrimSpace(out.String()), "msg=m "); got != test.want {
			t.Errorf("logged %s\nwant %s", got, test.want)
		}
	}
}

// TestStoredForm holds the form in which queues keep jobs: a new version reads what an old one has stored.
func TestStoredForm(t *testing.T) {
	j := Job{Kind: Review, Ref: pull, Why: "push", Delivery: "guid"}
	j.Left = "def"
	const stored = `{"kind":"review","installation":1,"repository":2,"owner":"o","name":"n","pull":3,"head":"abc","left":"def",` +
		`"why":"push","delivery":"guid"}`
	if text, err := json.Marshal(j); err != nil || string(text) != stored {
		t.Errorf("stored as %s, %v", text, err)
	}
	press := Job{Kind: Apply, Ref: pull, Press: Press{Button: "safe-1", Run: 4, Login: "mona", User: 5},
		Delivery: "guid"}
	const pressed = `{"kind":"apply","installation":1,"repository":2,"owner":"o","name":"n","pull":3,"head":"abc",` +
		`"press":{"button":"safe-1","run":4,"login":"mona","user":5},"delivery":"guid"}`
	if text, err := json.Marshal(press); err != nil || string(text) != pressed {
		t.Errorf("stored as %s, %v", text, err)
	}
	var back Job
	if err := json.Unmarshal([]byte(stored), &back); err != nil || back != j {
		t.Errorf("read back %+v, %v", back, err)
	}
}

func TestOutcomesSayWhy(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		err  error
		want string
	}{
		{RetryAt{Time: time.Unix(0, 0), Err: cause}, "try again at 1970-01-01T00:00:00Z: cause"},
		{GiveUp{Err: cause}, "cause"},
		{GiveUp{Reason: "reason"}, "reason"},
		{GiveUp{Reason: "reason", Err: cause}, "reason: cause"},
		{Stale{Reason: "closed"}, "stale: closed"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%T says %q, want %q", test.err, got, test.want)
		}
	}
}
