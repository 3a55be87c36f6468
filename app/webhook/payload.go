package webhook

import (
	"encoding/json"
	"regexp"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/job"
)

// payload is the little that dfbot reads of a delivery, over all its events. What is missing or null is zero: head
// repositories of deleted forks, authors that are gone, an installation where the delivery comes from a webhook that is
// not an App's.
type payload struct {
	Action       string       `json:"action"`
	Installation identity     `json:"installation"`
	Repository   repository   `json:"repository"`
	PullRequest  pullRequest  `json:"pull_request"`
	Before       string       `json:"before"` // of a push to the pull request: the head that it left
	Changes      changes      `json:"changes"`
	CheckRun     checkRequest `json:"check_run"`
	CheckSuite   checkRequest `json:"check_suite"`
	MergeGroup   mergeGroup   `json:"merge_group"`
	Issue        issue        `json:"issue"`
	Comment      comment      `json:"comment"`
	Sender       sender       `json:"sender"`

	RequestedAction struct {
		Identifier string `json:"identifier"`
	} `json:"requested_action"`
}

// sender is who made the event happen.
type sender struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"` // User, Bot, Organization
}

type identity struct {
	ID int64 `json:"id"`
}

type repository struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Owner struct {
		Login string `json:"login"`
	} `json:"owner"`
}

type pullRequest struct {
	Number int `json:"number"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Repo identity `json:"repo"`
	} `json:"base"`
	Stack stack `json:"stack"`
}

// stack is what GitHub says of the stack that a pull request is in; null where it is in none. It is a preview: what has
// another form than today is not read, and is no reason to refuse the delivery.
type stack struct {
	trunk string // branch that the whole stack goes into; "" where it is not known
}

// UnmarshalJSON never fails.
func (s *stack) UnmarshalJSON(text []byte) error {
	var read struct {
		Base struct{ Ref string }
	}
	if json.Unmarshal(text, &read) == nil && len(read.Base.Ref) <= maxBranch {
		s.trunk = read.Base.Ref
	}
	return nil
}

// maxBranch is the most bytes of a branch's name (GitHub, as of most file systems that git keeps names in).
const maxBranch = 255

// changes are what an edit changed. Base is there if the pull request was pointed at another branch.
type changes struct {
	Base *struct{} `json:"base"`
}

// issue is what a conversation belongs to. PullRequest is there if that is a pull request.
type issue struct {
	Number      int       `json:"number"`
	PullRequest *struct{} `json:"pull_request"`
}

// comment is a comment on a pull request. App is there if its author let an App write it.
type comment struct {
	ID   int64     `json:"id"`
	Body string    `json:"body"`
	User sender    `json:"user"`
	App  *struct{} `json:"performed_via_github_app"`
}

type mergeGroup struct {
	HeadSHA string `json:"head_sha"`
	HeadRef string `json:"head_ref"`
}

// checkRequest is a check run or a check suite that someone wants to run again, or a check run that someone has pressed
// a button of.
type checkRequest struct {
	ID           int64         `json:"id"`
	ExternalID   string        `json:"external_id"` // of a check run: only its own App can write it
	HeadSHA      string        `json:"head_sha"`
	App          identity      `json:"app"`
	PullRequests []pullRequest `json:"pull_requests"`
}

var (
	sha  = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	name = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	dots = regexp.MustCompile(`^\.+$`)
	// login is the name of a person's account; those of an enterprise have an underscore.
	login = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	// button is the identifier of one of dfbot's buttons, see review.Offer.
	button = regexp.MustCompile(`^(safe|all)-[0-9a-f]{12}$`)
	// about is the beginning of an external id, with the number of the pull request that the check run is about.
	about = regexp.MustCompile(`^v1:pr=([1-9][0-9]{0,8}):`)
)

// isName reports whether s can be the name of an account or a repository, and a step of a path that leads nowhere else.
func isName(s string) bool { return name.MatchString(s) && !dots.MatchString(s) }

// ref is what the payload is about, for the log: with no more of the names than an id is long.
func (p *payload) ref() job.Ref {
	ref := job.Ref{Installation: p.Installation.ID, Repository: p.Repository.ID}
	if p.Repository.ID != 0 {
		ref.Owner, ref.Name = short(p.Repository.Owner.Login), short(p.Repository.Name)
	}
	return ref
}

// installationJob is a job for the whole of an installation, or the reason why it asks for none.
func (p *payload) installationJob(kind job.Kind, why job.Why) (job.Job, string) {
	if p.Installation.ID <= 0 {
		return job.Job{}, "the delivery names no installation; it is not from an App's webhook"
	}
	return job.Job{Kind: kind, Ref: job.Ref{Installation: p.Installation.ID}, Why: why}, ""
}

// pullJob is a job for a pull request, by number or for 0 by head, or the reason why it asks for none.
func (p *payload) pullJob(kind job.Kind, why job.Why, pull int, head string) (job.Job, string) {
	j, reason := p.repositoryJob(kind, why)
	switch {
	case reason != "":
		return j, reason
	case pull < 0:
		return j, "the delivery names no pull request"
	case !sha.MatchString(head):
		return j, "the delivery names no head commit"
	}
	j.Pull, j.Head = pull, head
	return j, ""
}

func (p *payload) repositoryJob(kind job.Kind, why job.Why) (job.Job, string) {
	j, reason := p.installationJob(kind, why)
	owner := p.Repository.Owner.Login
	switch {
	case reason != "":
		return j, reason
	case p.Repository.ID <= 0 || !isName(p.Repository.Name) || !isName(owner):
		return j, "the delivery names no repository"
	}
	j.Repository, j.Owner, j.Name = p.Repository.ID, owner, p.Repository.Name
	return j, ""
}

// commandJob is a job for the commands of the comment, or the reason why it asks for none. Only people are obeyed, and
// only in their own words. What they may do is asked when the job runs.
func (p *payload) commandJob(pull int, inDiff bool) (job.Job, string) {
	c := p.Comment
	switch {
	case len(command.Parse(c.Body)) == 0:
		return job.Job{}, "the comment has no command"
	case p.Sender.Type != "User" || c.User.Type != "User" || c.User.ID != p.Sender.ID || c.App != nil:
		return job.Job{}, "the comment is not a person's own"
	case pull <= 0 || c.ID <= 0:
		return job.Job{}, "the delivery names no pull request"
	}
	j, reason := p.repositoryJob(job.Command, "comment")
	j.Pull, j.Comment = pull, job.Comment{ID: c.ID, InDiff: inDiff, Digest: command.Digest(c.Body)}
	return j, reason
}
