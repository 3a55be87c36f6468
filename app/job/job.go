// Package job says what a piece of work is about, and the ways in which it can end.
//
// A [Job] is what a delivery asks for. The receiver makes it, the queue keeps it, the app does it, and all of them log
// it under the same keys. [RetryAt], [GiveUp] and [Stale] are the errors that decide what becomes of a job.
//
// A job holds identifiers and nothing else: it must never carry what may have changed by the time it runs.
package job

import (
	"fmt"
	"log/slog"
)

// Kind is what a job asks for.
type Kind string

const (
	// Review asks for a review of a pull request.
	Review Kind = "review"
	// Close reports that a pull request was closed. It replaces reviews of it that wait or run. If the pull request
	// turns out to be open, the delivery came late and the job is a Review.
	Close Kind = "close"
	// Apply asks for a commit with the fixes of a button that someone pressed on a check run.
	Apply Kind = "apply"
	// Command asks to obey the commands of a comment.
	Command Kind = "command"
	// Queue asks for the check of a merge group: the commit that a merge queue has made of the base branch and the pull
	// request, and merges if all checks on it pass. Head is that commit. If Pull is 0, GitHub did not say which pull
	// request it is for.
	Queue Kind = "queue"
	// Refresh reports that what an installation may do or see has changed.
	Refresh Kind = "refresh-installation"
	// Forget reports that an installation was deleted or suspended. Everything that waits for it is dropped.
	Forget Kind = "forget-installation"
)

// Kinds lists all kinds of jobs.
func Kinds() []Kind { return []Kind{Review, Close, Apply, Command, Queue, Refresh, Forget} }

// Why is the word for what made GitHub send the delivery: "opened", "push". It is for logs; only [Rerequested] changes
// what is done.
type Why string

// Rerequested is the Why of a job that a person asked for with "Re-run".
const Rerequested Why = "rerequested"

// Ref says which pull request, repository or installation is meant.
type Ref struct {
	// Installation is the id of the installation that the delivery belongs to.
	Installation int64 `json:"installation"`
	// Repository is the id of the repository, 0 where the whole installation is meant.
	Repository int64 `json:"repository,omitempty"`
	// Owner and Name are where the repository was last seen. It may have moved; the id is the truth.
	Owner string `json:"owner,omitempty"`
	Name  string `json:"name,omitempty"`
	// Pull is the number of the pull request. In a job, 0 means that GitHub named none (it does not for forks) and that
	// the pull request has to be found by Head: the handler finds it and queues a job that names it, with the delivery
	// id Delivery + "#" + number, so that the work itself happens in the lane of that pull request.
	Pull int `json:"pull,omitempty"`
	// Head is the SHA of the commit that is expected to be the head. It is a hint: the pull request may have moved on,
	// and since deliveries come in any order the newest job may carry an older head. The handler works on what the head
	// is now.
	Head string `json:"head,omitempty"`
	// Left is the SHA of the commit that was the head before a push, else "". Its check run may be about this pull
	// request and about others.
	Left string `json:"left,omitempty"`
	// Trunk is the branch that the whole stack goes into, where the delivery says that the pull request is in one, else
	// "". It counts for this Head, as long as the base branch is that of an open pull request. Without it nothing is
	// known: GitHub delivers pull requests of a stack that is being made without it.
	Trunk string `json:"trunk,omitempty"`
}

func (r Ref) String() string { return fmt.Sprintf("%s#%d", r.repo(), r.Pull) }

// repo is the repository's name with its owner's, "" where the whole installation is meant.
func (r Ref) repo() string {
	if r.Owner == "" {
		return ""
	}
	return r.Owner + "/" + r.Name
}

// LogValue groups the keys under which every log line names a pull request: installation, repo, pr, sha. Log it under
// the key "" to have them at the top level.
func (r Ref) LogValue() slog.Value { return slog.GroupValue(r.attrs()...) }

func (r Ref) attrs() []slog.Attr {
	return []slog.Attr{
		slog.Int64("installation", r.Installation), slog.String("repo", r.repo()), slog.Int("pr", r.Pull),
		slog.String("sha", r.Head),
	}
}

// Job is one piece of work.
type Job struct {
	Kind Kind `json:"kind"`
	Ref
	Why Why `json:"why,omitempty"`
	// Press is what was pressed, for an [Apply]. Its Head is the commit of that check run.
	Press Press `json:"press,omitzero"`
	// Comment is the comment of a Command.
	Comment Comment `json:"comment,omitzero"`
	// Delivery is the GUID of the delivery that asked for the job.
	Delivery string `json:"delivery"`
}

// Press is a button that someone pressed on a check run.
type Press struct {
	// Button is the identifier that the App gave the button.
	Button string `json:"button"`
	// Run is the id of the check run that has it.
	Run int64 `json:"run"`
	// Login and User are the name and the id of the account that pressed it. What it may do is asked when the job runs.
	Login string `json:"login"`
	User  int64  `json:"user"`
}

// Comment is a comment on a pull request.
type Comment struct {
	ID int64 `json:"id"`
	// InDiff reports that it is on lines of the diff, and not in the conversation.
	InDiff bool `json:"in_diff,omitempty"`
	// Digest names its text as it was delivered, as command.Digest does: an edit is another text.
	Digest string `json:"digest"`
}

// LogValue is the delivery, the keys of the [Ref], and the kind of job and why there is one.
func (j Job) LogValue() slog.Value {
	return slog.GroupValue(append(append([]slog.Attr{slog.String("delivery", j.Delivery)}, j.attrs()...),
		slog.String("kind", string(j.Kind)), slog.String("why", string(j.Why)))...)
}
