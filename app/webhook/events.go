package webhook

import (
	"maps"
	"slices"

	"github.com/dfbot/dfbot/app/queue"
)

// meaning says what a delivery asks for: the jobs, or none and the reason why it is dropped.
// app is the id of this App, 0 if it is not known.
type meaning func(p *payload, app int64) (jobs []queue.Job, reason string)

// events is where an event and its action get their meaning. A new event is a new row here, and a line in app.yml
// unless GitHub sends it unasked. The action of an event without actions is "".
var events = map[string]map[string]meaning{
	"check_run": {
		"rerequested": checkRunAgain,
	},
	"check_suite": {
		"rerequested": checkSuiteAgain,
	},
	"installation": {
		"created":                  installation(queue.Refresh, "created"),
		"deleted":                  installation(queue.Forget, "deleted"),
		"new_permissions_accepted": installation(queue.Refresh, "permissions"),
		"suspend":                  installation(queue.Forget, "suspended"),
		"unsuspend":                installation(queue.Refresh, "unsuspended"),
	},
	"installation_repositories": {
		"added":   installation(queue.Refresh, "repositories"),
		"removed": installation(queue.Refresh, "repositories"),
	},
	"ping": {
		"": nothing("GitHub only tries the address"),
	},
	"pull_request": {
		"closed":           pull(queue.Close, "closed"),
		"edited":           retargeted,
		"opened":           pull(queue.Review, "opened"),
		"ready_for_review": pull(queue.Review, "ready"),
		"reopened":         pull(queue.Review, "reopened"),
		"synchronize":      pushed,
	},
}

// Events are the names of the events that have a meaning, sorted. GitHub sends check_run, check_suite, installation,
// installation_repositories and ping unasked; an App subscribes to the others.
func Events() []string { return slices.Sorted(maps.Keys(events)) }

func nothing(reason string) meaning {
	return func(*payload, int64) ([]queue.Job, string) { return nil, reason }
}

func installation(kind queue.Kind, why queue.Why) meaning {
	return func(p *payload, _ int64) ([]queue.Job, string) { return one(p.installationJob(kind, why)) }
}

func pull(kind queue.Kind, why queue.Why) meaning {
	return func(p *payload, _ int64) ([]queue.Job, string) {
		if p.PullRequest.Number <= 0 {
			return nil, "the delivery names no pull request"
		}
		return one(p.pullJob(kind, why, p.PullRequest.Number, p.PullRequest.Head.SHA))
	}
}

// pushed is a new head. The old one may be another pull request's head too.
func pushed(p *payload, app int64) ([]queue.Job, string) {
	jobs, reason := pull(queue.Review, "push")(p, app)
	if len(jobs) == 1 && sha.MatchString(p.Before) {
		jobs[0].Left = p.Before
	}
	return jobs, reason
}

// retargeted is an edit that pointed the pull request at another branch, so that its diff is another.
func retargeted(p *payload, app int64) ([]queue.Job, string) {
	if p.Changes.Base == nil {
		return nil, "the edit left the base branch alone"
	}
	return pull(queue.Review, "retarget")(p, app)
}

// checkRunAgain is the wish to run one check again, checkSuiteAgain to run all of them.
func checkRunAgain(p *payload, app int64) ([]queue.Job, string) {
	return again(p, p.CheckRun, p.CheckRun.ID, app)
}

func checkSuiteAgain(p *payload, app int64) ([]queue.Job, string) {
	return again(p, p.CheckSuite, 0, app)
}

// again makes a job for each pull request of this repository that the check was for. GitHub lists pull requests of other repositories with the
// same commit, and none at all for a fork's; then there is one job that has to find the pull request by its head.
func again(p *payload, check checkRequest, run, app int64) ([]queue.Job, string) {
	if app != 0 && check.App.ID != app {
		return nil, "the check is another App's"
	}
	var numbers []int
	for _, pr := range check.PullRequests {
		if pr.Base.Repo.ID == p.Repository.ID && pr.Number > 0 {
			numbers = append(numbers, pr.Number)
		}
	}
	if len(numbers) == 0 {
		numbers = []int{0}
	}
	var jobs []queue.Job
	for _, number := range numbers {
		job, reason := p.pullJob(queue.Review, "rerequested", number, check.HeadSHA)
		if reason != "" {
			return nil, reason
		}
		job.CheckRun = run
		jobs = append(jobs, job)
	}
	return jobs, ""
}

func one(job queue.Job, reason string) ([]queue.Job, string) {
	if reason != "" {
		return nil, reason
	}
	return []queue.Job{job}, ""
}
