package checks

import (
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// GitHub's limits on the buttons of a check run: three, with labels and identifiers of up to 20 characters.
const maxDescription = 40

// Action is a button on a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

// Buttons words the offers of a review as the buttons of its check run.
func Buttons(offers []review.Offer) []Action {
	var all []Action
	for _, o := range offers {
		a := Action{Label: "Apply all", Identifier: o.Button(), Description: "Commit all fixes; check them first"}
		n, unsafe := o.Fixes()
		said := "Commit " + plural(n, "fix", "fixes")
		switch {
		case o.Least == analysis.Safe:
			a.Label, a.Description = "Apply safe fixes", "Commit the safe fixes to Dockerfiles"
			said = fmt.Sprintf("Commit %s to %s", plural(n, "safe fix", "safe fixes"),
				plural(len(o.Files), "Dockerfile", "Dockerfiles"))
		case n == 1:
			said += "; check it first"
		case unsafe == n:
			said += "; check them first"
		default:
			said += fmt.Sprintf("; check %d of them first", unsafe)
		}
		if len(said) <= maxDescription {
			a.Description = said
		}
		all = append(all, a)
	}
	return all
}

// mostCommitted is how many fixes the message of a commit lists.
const mostCommitted = 50

// Commit words the commit of an offer for the person who asked for it, whose login and id GitHub has given. The last
// lines are the mark, by which the commit is found again, and the person.
func Commit(o review.Offer, mark, login string, id int64) (headline, body string) {
	headline = "Apply dfbot's fixes"
	if o.Least == analysis.Safe {
		headline = "Apply dfbot's safe fixes"
	}
	var b strings.Builder
	n, _ := o.Fixes()
	listed := 0
	for _, f := range o.Files {
		for _, d := range f.Fixed {
			if listed++; listed <= mostCommitted {
				fmt.Fprintf(&b, "- %s: %s:%d\n", d.Rule.Name, inCommit(f.Path), d.Place.Line)
			}
		}
	}
	if n > mostCommitted {
		fmt.Fprintf(&b, "- %d more\n", n-mostCommitted)
	}
	fmt.Fprintf(&b, "\n%s\nCo-authored-by: %s <%d+%s@users.noreply.github.com>\n", mark, login, id,
		login)
	return headline, b.String()
}

// CommittedBy is the line of a commit's message that names the button that was pressed for it.
func CommittedBy(button string) string { return "Dfbot-button: " + button }

// CommandedBy is the line that names the comment with the command for it.
func CommandedBy(comment int64) string { return fmt.Sprintf("Dfbot-command: %d", comment) }

// inCommit shows a path in the message of a commit, where GitHub knows no code spans: what could be a mention, a
// reference to an issue or an address becomes a question mark.
func inCommit(path string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._/-", r) {
			return r
		}
		return '?'
	}, path)
}

// byHand is how a reader applies an offer without its button; "" where there is none.
func byHand(o review.Offer) string {
	if len(o.Files) == 0 {
		return ""
	}
	text := ""
	for _, f := range o.Files {
		text += diff.Unified(f.Path, f.Before, f.After, 3)
	}
	block, ok := Fence("diff", text)
	switch {
	case ok && !strings.Contains(text, "\r") && len(block) <= MaxSummary/2:
		return "To make the fixes yourself, apply this to the branch as it is, with `git apply`:\n\n" + block
	case o.Least == analysis.Safe:
		return "To make the fixes yourself, run `dfbot review --fix` on the Dockerfiles.\n"
	}
	return "To make the fixes yourself, run `dfbot review --fix=unsafe` on the Dockerfiles.\n"
}
