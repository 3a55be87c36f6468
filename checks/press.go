package checks

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review"
)

// Obstacle is why the fixes of a button were not committed.
type Obstacle uint8

const (
	HeadMoved     Obstacle = iota // the branch has other commits now
	PullClosed                    // the pull request is not open
	OutOfDate                     // the review, or what it offers, is another by now
	NoWriteAccess                 // who pressed may not push
	InFork                        // the branch is in a fork
	OnDefault                     // the head is the default branch
	BranchLocked                  // the branch is protected
	NoPermission                  // the installation does not let dfbot write contents
	GitHubRefused                 // GitHub does not take the commit
	GaveUp                        // it went wrong too often
)

// obstacleNames are the names of obstacles, for metrics.
var obstacleNames = map[Obstacle]string{
	HeadMoved: "head_moved", PullClosed: "pull_closed", OutOfDate: "out_of_date", NoWriteAccess: "no_write_access",
	InFork: "in_fork", OnDefault: "on_default_branch", BranchLocked: "branch_protected",
	NoPermission: "no_permission", GitHubRefused: "refused_by_github", GaveUp: "given_up",
}

func (o Obstacle) String() string { return obstacleNames[o] }

// obstacles are the words of each: for the title, without a full stop, and for the summary.
var obstacles = map[Obstacle][2]string{
	HeadMoved: {"the branch has new commits",
		"The branch has new commits since this review. See the check run on the newest commit."},
	PullClosed: {"the pull request is closed", "The pull request is closed."},
	OutOfDate: {"this review is out of date",
		"A new review would not offer these fixes as they are: the base branch, the configuration, the comments or " +
			"dfbot has changed. Press **Re-run**."},
	NoWriteAccess: {"no write access", "The account % may not push to this repository."},
	InFork:        {"the branch is in a fork", "The branch % is in a fork, to which dfbot cannot push."},
	OnDefault: {"the head is the default branch",
		"The branch % is the default branch, to which dfbot does not push."},
	BranchLocked: {"the branch is protected", "The branch % is protected, so dfbot does not push to it."},
	NoPermission: {"dfbot may not push", "dfbot needs the permission `contents: write` to commit. An owner can grant " +
		"it under *Settings*, *GitHub Apps*."},
	GitHubRefused: {"GitHub refused the commit", "GitHub refused the commit: %."},
	GaveUp:        {"dfbot could not finish", "dfbot could not commit the fixes. Press the button again."},
}

// Refusal says on a check run that the fixes of a button were not committed.
type Refusal struct {
	Why    Obstacle
	Detail string       // an account, a branch, or GitHub's words; shown as code
	Offer  review.Offer // for the reader to apply by hand; zero where it is not known
	// Key is in the marks around the text, so that no text can end it. No one who writes on a pull request may know it
	// before.
	Key string
}

var (
	refusedTitle = regexp.MustCompile(`^Not applied: [^.]*\. `)
	refusedMark  = regexp.MustCompile(`^<!-- dfbot:v1 refused ([0-9a-f]+) -->`)
)

// NotApplied says in a reply why nothing was committed, and how to apply the fixes without dfbot.
func NotApplied(r Refusal) string {
	said := "**Not applied.** " + strings.ReplaceAll(obstacles[r.Why][1], "%", Code(r.Detail)) + "\n"
	if hand := byHand(r.Offer); hand != "" && len(said)+len(hand) < MaxBody/2 {
		return said + "\n" + hand
	}
	return said
}

// Refuse puts a refusal in front of the title and the summary of a check run, in the place of an earlier one. The
// summary stays as it was if there is no room. Doing it twice changes nothing.
func Refuse(title, summary string, r Refusal) (newTitle, newSummary string) {
	words := obstacles[r.Why]
	title = cut("Not applied: "+words[0]+". "+refusedTitle.ReplaceAllString(title, ""), maxTitle)
	summary = strings.ReplaceAll(summary, "\r\n", "\n")
	if m := refusedMark.FindStringSubmatch(summary); m != nil {
		if _, rest, ok := strings.Cut(summary, endRefused(m[1])); ok {
			summary = rest
		}
	}
	said := "**Not applied.** " + strings.ReplaceAll(words[1], "%", Code(r.Detail)) + "\n"
	for _, text := range []string{said + "\n" + byHand(r.Offer), said} {
		text = "<!-- dfbot:v1 refused " + r.Key + " -->\n" + strings.TrimRight(text, "\n") + "\n\n" + endRefused(r.Key)
		if len(text)+len(summary) <= MaxSummary {
			return title, text + summary
		}
	}
	return title, summary
}

func endRefused(key string) string { return "<!-- dfbot:v1 end " + key + " -->\n\n" }
