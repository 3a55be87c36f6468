package queue

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/riverqueue/river/rivertype"
)

// Kind says what a job asks for.
type Kind string

const (
	// Review asks for a review of a pull request.
	Review Kind = "review"
	// Close says that a pull request was closed. It takes the place of reviews of it that wait or run. Should the pull
	// request be open when the handler looks, a delivery came late and the job is a Review.
	Close Kind = "close"
	// Refresh says that what an installation may do or see has changed.
	Refresh Kind = "refresh-installation"
	// Forget says that an installation was deleted or suspended. Everything that waits for it is dropped.
	Forget Kind = "forget-installation"
)

// Kinds are all kinds of jobs.
func Kinds() []Kind { return []Kind{Review, Close, Refresh, Forget} }

// gaveUpKind is the kind, in the database only, of the jobs that run the GaveUp callback.
const gaveUpKind Kind = "gave-up"

// Why is the word for what made GitHub send the delivery: "opened", "push", "rerequested". It is for logs and for
// telling a person's wish from a push; the queue does not look at it.
type Why string

// Job is one piece of work: identifiers, and nothing that may grow old.
type Job struct {
	Kind Kind `json:"kind"`
	// Installation is the id of the installation that the delivery belongs to.
	Installation int64 `json:"installation"`
	// Repository is the id of the repository, 0 where the job is about the installation.
	Repository int64 `json:"repository,omitempty"`
	// Owner and Name are where the repository was last seen. It may have moved; the id is the truth.
	Owner string `json:"owner,omitempty"`
	Name  string `json:"name,omitempty"`
	// Pull is the number of the pull request. 0 means that GitHub named none (it does not for forks) and that the
	// pull request is to be found by Head: the handler finds it and calls Accept with a job that names it and the
	// delivery id Delivery + "#" + number, so that the work itself happens in the lane of that pull request.
	Pull int `json:"pull,omitempty"`
	// Head is the SHA of the commit that the delivery spoke of. It is a hint: the pull request may have moved on, and since
	// deliveries come in any order the newest job may carry an older head. The handler works on what the head is now.
	Head string `json:"head,omitempty"`
	// Left is the SHA of the commit that was the head before a push, else "". Its check run may have spoken for this pull request and for others.
	Left string `json:"left,omitempty"`
	Why  Why    `json:"why,omitempty"`
	// CheckRun is the id of the check run that somebody asked to run again, else 0.
	CheckRun int64 `json:"check_run,omitempty"`
	// Delivery is the GUID of the delivery that asked for the job.
	Delivery string `json:"delivery"`
}

// lane names what a job has to itself while it runs: its pull request, or its installation.
func (j Job) lane() string {
	switch {
	case j.Repository == 0:
		return fmt.Sprintf("%d", j.Installation)
	case j.Pull == 0:
		return fmt.Sprintf("%d/%d/%s", j.Installation, j.Repository, j.Head)
	default:
		return fmt.Sprintf("%d/%d/%d", j.Installation, j.Repository, j.Pull)
	}
}

// repo is the repository as logs name it.
func (j Job) repo() string {
	if j.Owner == "" {
		return ""
	}
	return j.Owner + "/" + j.Name
}

// LogValue is a job as logs show it, under the fixed keys.
func (j Job) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("delivery", j.Delivery),
		slog.Int64("installation", j.Installation),
		slog.String("repo", j.repo()),
		slog.Int("pr", j.Pull),
		slog.String("kind", string(j.Kind)),
		slog.String("why", string(j.Why)),
	)
}

// args is a job as River stores it. The database finds jobs by lane and installation, see schema.
type args struct {
	Job  Job    `json:"job"`
	Lane string `json:"lane"`
	// Cause is, for a job of gaveUpKind, the error that Job was given up with.
	Cause    string `json:"cause,omitempty"`
	Words    string `json:"words,omitempty"`
	Attempts int    `json:"attempts,omitempty"`

	as   Kind    // the kind under which River files the job
	next retryAt // when to try again, from Work to NextRetry
}

func newArgs(j Job) args { return args{Job: j, Lane: j.lane(), as: j.Kind} }

// Kind is River's name for the kind of job.
func (a args) Kind() string { return string(a.as) }

// read reads the job of a row.
func (a *args) read(row *rivertype.JobRow) error {
	if err := json.Unmarshal(row.EncodedArgs, a); err != nil {
		return err
	}
	if a.as = Kind(row.Kind); a.as != gaveUpKind && !slices.Contains(Kinds(), a.as) {
		return fmt.Errorf("unknown kind %q", row.Kind)
	}
	return nil
}
