package github_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Commands to ignore a rule are heard where dfbot's own reaction says that it has accepted them, by GraphQL as by REST:
// in the conversation, however long it is, and in dfbot's threads. No one can add one by editing a comment that was
// accepted, or by the same reaction.
func TestIgnored(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, later)
	pull, ref := w.open(map[string]string{"Dockerfile": "FROM scratch\nLABEL a=b\nLABEL c=d\n"})
	_, err := w.snapshot(ref).Comment(t.Context(), "", comments(1, 2), same)
	w.must(err)
	opening := pull.Comments()[0].ID

	say := func(body string) int64 { return pull.Say("mona", body) }
	reply := func(body string) int64 {
		id, err := w.srv.Reply(opening, "octo", body)
		w.must(err)
		return id
	}
	accepted := []int64{say("/dfbot ignore root-user a demo"), say("/dfbot review\n/dfbot ignore DL3008"),
		reply("/dfbot ignore apt-recommends"), say("/dfbot review"), say("> /dfbot ignore quoted")}
	edited := say("/dfbot ignore harmless")
	for range 210 {
		say("and so on")
	}
	for _, id := range append(accepted, edited) {
		w.must(w.srv.React(id, "dfbot[bot]", "+1"))
	}
	w.clock.Add(time.Second)
	w.must(pull.EditComment(edited, "eve", "/dfbot ignore secret-in-arg"))
	w.must(w.srv.React(say("/dfbot ignore not-accepted"), "dfbot[bot]", "eyes"))
	w.must(w.srv.React(say("/dfbot ignore liked-by-another"), "mona", "+1"))
	w.must(w.srv.React(say("/dfbot ignore liked-by-a-bot"), "other[bot]", "+1"))

	want := fmt.Sprint("DL3008 0 mona \napt-recommends ", opening, " octo \nroot-user 0 mona a demo")
	heard := func() string {
		var all []string
		for _, ig := range w.snapshot(ref).Prior.Ignored {
			all = append(all, fmt.Sprint(ig.Rule, " ", ig.Said, " ", ig.By, " ", ig.Reason))
		}
		slices.Sort(all)
		return strings.Join(all, "\n")
	}
	if got := heard(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if prior := w.snapshot(ref).Prior.Comments; prior[0].Answered {
		t.Error("a command counts as an answer")
	}
	w.srv.Fault(githubtest.Match{Path: "/graphql"}, githubtest.Fault{Status: 502})
	if got := heard(); got != want {
		t.Errorf("by REST: got\n%s\nwant\n%s", got, want)
	}
	if prior := w.snapshot(ref).Prior.Comments; prior[0].Answered {
		t.Error("by REST, a command counts as an answer")
	}
}
