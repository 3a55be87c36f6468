package review

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/dfbot/dfbot/config"
)

// A patch of the check run begins with the file as the suggestions leave it; one that cannot be made together with them
// is not shown.
func TestPatchesAfterSuggestions(t *testing.T) {
	head := lines(20, map[int]string{3: "RUN bad odd", 5: "RUN clash", 8: "RUN bad", 9: "RUN odd", 14: "RUN odd",
		18: "RUN odd"})
	r := one(lines(20, nil), head, Prior{}, Policy{})
	check(t, r, `
		success
		finding Dockerfile:3 safe-rule comment
		finding Dockerfile:3 notice-rule annotation since NotSevere
		finding Dockerfile:5 calm-rule comment
		finding Dockerfile:5 quiet-rule annotation since NotSevere
		finding Dockerfile:8 safe-rule comment
		finding Dockerfile:9 notice-rule annotation since NotSevere
		finding Dockerfile:14 notice-rule annotation since NotSevere
		finding Dockerfile:18 notice-rule annotation since NotSevere
		comment Dockerfile:3-3 safe-rule suggests ["RUN good odd"]
		comment Dockerfile:5-5 calm-rule suggests ["RUN calm"]
		comment Dockerfile:8-8 safe-rule suggests ["RUN good"]
		patch Dockerfile:3 since NotSevere
		patch Dockerfile:5 since NotSevere
		no diff since OtherSuggestion
		patch Dockerfile:9 since NotSevere
		patch Dockerfile:14 since NotSevere
		patch Dockerfile:18 since NotSevere`)
	src := head
	for _, c := range r.Comments {
		src = strings.Replace(src, strings.Split(head, "\n")[c.Start-1]+"\n", c.Suggestion.Lines[0]+"\n", 1)
	}
	for _, p := range r.Diffs {
		src = applied(t, src, p.Text)
	}
	if want := lines(20,
		map[int]string{3: "RUN good even", 5: "RUN calm", 8: "RUN good", 9: "RUN even", 14: "RUN even",
			18: "RUN even"}); src != want {
		t.Errorf("applied one after the other they give\n%s", src)
	}
}

// applied is the file with the patch applied.
func applied(t *testing.T, src, patch string) string {
	t.Helper()
	if patch == "" {
		return src
	}
	files, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := gitdiff.Apply(&out, strings.NewReader(src), files[0]); err != nil {
		t.Fatalf("%v:\n%s\nto\n%s", err, patch, src)
	}
	return out.String()
}

// Of two patches that are shown, one may change the line next to the other's: they are one diff then.
func TestNeighbours(t *testing.T) {
	head := lines(20, map[int]string{3: "RUN odd", 4: "RUN odd", 8: "RUN odd"})
	r := one(lines(20, nil), head, Prior{}, Policy{})
	if n := len(r.Diffs); n != 2 || len(r.Diffs[0].Parts) != 2 {
		t.Fatalf("%d diffs:\n%s", n, dump(r))
	}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		src := head
		for _, i := range order {
			src = applied(t, src, r.Diffs[i].Text)
		}
		if strings.Contains(src, "odd") {
			t.Errorf("in the order %v they give\n%s", order, src)
		}
	}
}

// The suggestion of an earlier comment is on the pull request too. Where that comment has none, the patch is shown.
func TestPatchesAfterEarlierSuggestions(t *testing.T) {
	head := lines(9, map[int]string{3: "RUN clash", 7: "RUN bad"})
	outdated := said(Open, fingerprints(head, safeRule)...)
	outdated.Outdated = true
	calm := said(Open, fingerprints(head, calmRule)...).onLine(3)
	check(t, one(lines(9, nil), head, Prior{Comments: []Said{calm, outdated}}, Policy{}), `
		success
		finding Dockerfile:3 calm-rule open
		finding Dockerfile:3 quiet-rule annotation since NotSevere
		finding Dockerfile:7 safe-rule open
		patch Dockerfile:3 since NotSevere
		no diff since OtherSuggestion
		patch Dockerfile:7 since OutdatedComment`)
}

// A refused comment is no comment; it keeps its room, since the others are on the pull request by then.
func TestRefused(t *testing.T) {
	base, head := lines(20, nil), lines(20, map[int]string{3: "RUN bad", 9: "RUN bad", 15: "RUN bad"})
	policy := Policy{Repo: config.Repo{Comments: config.Comments{Max: 2}}}
	pull := Pull{Changes: map[string]Change{"Dockerfile": change(base, head)},
		Refused: fingerprints(head, safeRule)[:1]}
	check(t, New(results(head), pull, Prior{}, policy), `
		success
		finding Dockerfile:3 safe-rule annotation since Refused
		finding Dockerfile:9 safe-rule comment
		finding Dockerfile:15 safe-rule annotation since OverLimit
		comment Dockerfile:9-9 safe-rule suggests ["RUN good"]
		patch Dockerfile:3 since Refused
		patch Dockerfile:15 since OverLimit`)
}

// Where dfbot may not comment everything is judged all the same.
func TestMuted(t *testing.T) {
	base, head := lines(9, nil), lines(9, map[int]string{3: "RUN bad", 8: "RUN odd"})
	pull := Pull{Changes: map[string]Change{"Dockerfile": change(base, head)}, Muted: true}
	check(t, New(results(head), pull, Prior{}, Policy{}), `
		success
		finding Dockerfile:3 safe-rule annotation since MayNotComment
		finding Dockerfile:8 notice-rule annotation since NotSevere
		patch Dockerfile:3 since MayNotComment
		patch Dockerfile:8 since NotSevere`)
}

// A comment is on a line of the instruction that it is about, also where its suggestion only puts lines before or
// after that.
func TestCommentIsOnItsLine(t *testing.T) {
	for name, c := range map[string]struct{ at, want string }{
		"before":      {"RUN noted", `comment Dockerfile:5-5 noted-rule suggests ["# noted" "RUN noted"]`},
		"behind":      {"RUN closed", `comment Dockerfile:5-5 closed-rule suggests ["RUN closed" "# closed"]`},
		"farther off": {"RUN far", `comment Dockerfile:5-6 far-rule suggests ["RUN far" "RUN step 6" "# far"]`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := dump(one(lines(9, nil), lines(9, map[int]string{5: c.at}), Prior{},
				Policy{})); !strings.Contains(got, c.want+"\n") {
				t.Errorf("want %s in\n%s", c.want, got)
			}
		})
	}
}
