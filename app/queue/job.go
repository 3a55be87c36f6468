package queue

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/riverqueue/river/rivertype"

	"github.com/dfbot/dfbot/app/job"
)

// gaveUpKind is the kind, in the database only, of the jobs that run the GaveUp callback.
const gaveUpKind job.Kind = "gave-up"

// laneOf names what a job has to itself while it runs: its pull request, its comment, its merge group, or its
// installation. A commit, a command and a review do not replace each other, so each has a lane of its own.
func laneOf(j job.Job) string {
	switch {
	case j.Kind == job.Apply:
		return fmt.Sprintf("%d/%d/%d/apply", j.Installation, j.Repository, j.Pull)
	case j.Kind == job.Command:
		return fmt.Sprintf("%d/%d/%d/comment-%d", j.Installation, j.Repository, j.Pull, j.Comment.ID)
	case j.Kind == job.Queue:
		return fmt.Sprintf("%d/%d/queue/%s", j.Installation, j.Repository, j.Head)
	case j.Repository == 0:
		return fmt.Sprintf("%d", j.Installation)
	case j.Pull == 0:
		return fmt.Sprintf("%d/%d/%s", j.Installation, j.Repository, j.Head)
	default:
		return fmt.Sprintf("%d/%d/%d", j.Installation, j.Repository, j.Pull)
	}
}

// args is a job as River stores it. The database finds jobs by lane and installation, see schema.
type args struct {
	Job  job.Job `json:"job"`
	Lane string  `json:"lane"`
	// Cause is, for a job of gaveUpKind, the error that Job was given up with.
	Cause    string `json:"cause,omitempty"`
	Words    string `json:"words,omitempty"`
	Attempts int    `json:"attempts,omitempty"`

	as   job.Kind // the kind under which River files the job
	next retryAt  // when to try again, from Work to NextRetry
}

func newArgs(j job.Job) args { return args{Job: j, Lane: laneOf(j), as: j.Kind} }

// Kind is River's name for the kind of job.
func (a args) Kind() string { return string(a.as) }

// read reads the job of a row.
func (a *args) read(row *rivertype.JobRow) error {
	if err := json.Unmarshal(row.EncodedArgs, a); err != nil {
		return err
	}
	if a.as = job.Kind(row.Kind); a.as != gaveUpKind && !slices.Contains(job.Kinds(), a.as) {
		return fmt.Errorf("unknown kind %q", row.Kind)
	}
	return nil
}
