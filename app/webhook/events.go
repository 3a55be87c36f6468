package webhook

import (
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/dfbot/dfbot/app/job"
)

// meaning says what a delivery asks for: the jobs, or none and the reason why it is dropped.
// app is the id of this App, 0 if it is not known.
type meaning func(p *payload, app int64) (jobs []job.Job, reason string)

// events is where an event and its action get their meaning. A new event is a new row here, and a line in app.yml
// unless GitHub sends it unasked. The action of an event without actions is "".
var events = map[string]map[string]meaning{
	"check_run": {
		"requested_action": pressed,
		"rerequested":      checkRunAgain,
	},
	"check_suite": {
		"rerequested": checkSuiteAgain,
	},
	"installation": {
		"created":                  installation(job.Refresh, "created"),
		"deleted":                  installation(job.Forget, "deleted"),
		"new_permissions_accepted": installation(job.Refresh, "permissions"),
		"suspend":                  installation(job.Forget, "suspended"),
		"unsuspend":                installation(job.Refresh, "unsuspended"),
	},
	"installation_repositories": {
		"added":   installation(job.Refresh, "repositories"),
		"removed": installation(job.Refresh, "repositories"),
	},
	"issue_comment": {
		"created": commented,
	},
	"merge_group": {
		"checks_requested": queued,
		"destroyed":        nothing("the merge group is gone"),
	},
	"ping": {
		"": nothing("GitHub is testing the URL"),
	},
	"pull_request": {
		"closed":           pull(job.Close, "closed"),
		"edited":           retargeted,
		"opened":           pull(job.Review, "opened"),
		"ready_for_review": pull(job.Review, "ready"),
		"reopened":         pull(job.Review, "reopened"),
		"stacked":          pull(job.Review, "stacked"),
		"synchronize":      pushed,
	},
	"pull_request_review_comment": {
		"created": commentedOnLines,
	},
}

// Events are the names of the events that have a meaning, sorted. GitHub sends check_run, check_suite, installation,
// installation_repositories and ping unasked; an App subscribes to the others.
func Events() []string { return slices.Sorted(maps.Keys(events)) }

func nothing(reason string) meaning {
	return func(*payload, int64) ([]job.Job, string) { return nil, reason }
}

func installation(kind job.Kind, why job.Why) meaning {
	return func(p *payload, _ int64) ([]job.Job, string) { return one(p.installationJob(kind, why)) }
}

func pull(kind job.Kind, why job.Why) meaning {
	return func(p *payload, _ int64) ([]job.Job, string) {
		if p.PullRequest.Number <= 0 {
			return nil, "the delivery names no pull request"
		}
		j, reason := p.pullJob(kind, why, p.PullRequest.Number, p.PullRequest.Head.SHA)
		j.Trunk = p.PullRequest.Stack.trunk
		return one(j, reason)
	}
}

// pushed is a new head. The old one may be another pull request's head too.
func pushed(p *payload, app int64) ([]job.Job, string) {
	jobs, reason := pull(job.Review, "push")(p, app)
	if len(jobs) == 1 && sha.MatchString(p.Before) {
		jobs[0].Left = p.Before
	}
	return jobs, reason
}

// retargeted is an edit that pointed the pull request at another branch, so that its diff is another.
func retargeted(p *payload, app int64) ([]job.Job, string) {
	if p.Changes.Base == nil {
		return nil, "the edit did not change the base branch"
	}
	return pull(job.Review, "retarget")(p, app)
}

// checkRunAgain is the wish to run one check again, checkSuiteAgain to run all of them.
func checkRunAgain(p *payload, app int64) ([]job.Job, string) {
	return again(p, p.CheckRun, app)
}

func checkSuiteAgain(p *payload, app int64) ([]job.Job, string) {
	return again(p, p.CheckSuite, app)
}

// again makes a job for each pull request of this repository that the check was for. GitHub lists pull requests of
// other repositories with the same commit, and none at all for a fork's; then there is one job that has to find the
// pull request by its head.
func again(p *payload, check checkRequest, app int64) ([]job.Job, string) {
	if app != 0 && check.App.ID != app {
		return nil, "the check belongs to another App"
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
	var jobs []job.Job
	for _, number := range numbers {
		j, reason := p.pullJob(job.Review, job.Rerequested, number, check.HeadSHA)
		if reason != "" {
			return nil, reason
		}
		jobs = append(jobs, j)
	}
	return jobs, ""
}

// pressed is a button of a check run. GitHub tells only the App that the run belongs to.
func pressed(p *payload, app int64) ([]job.Job, string) {
	if app != 0 && p.CheckRun.App.ID != app {
		return nil, "the check belongs to another App"
	}
	press := job.Press{Button: p.RequestedAction.Identifier, Run: p.CheckRun.ID,
		Login: p.Sender.Login, User: p.Sender.ID}
	pull := about.FindStringSubmatch(p.CheckRun.ExternalID)
	switch {
	case !button.MatchString(press.Button) || press.Run <= 0 || pull == nil:
		return nil, "the button is not one of dfbot's"
	case p.Sender.Type != "User" || press.User <= 0 || !login.MatchString(press.Login):
		return nil, "it is not a person who pressed the button"
	}
	number, _ := strconv.Atoi(pull[1]) // the pattern lets nothing else through
	j, reason := p.pullJob(job.Apply, "pressed", number, p.CheckRun.HeadSHA)
	j.Press = press
	return one(j, reason)
}

// commented is a new comment in the conversation of an issue or a pull request.
func commented(p *payload, _ int64) ([]job.Job, string) {
	if p.Issue.PullRequest == nil {
		return nil, "the comment is on an issue"
	}
	return one(p.commandJob(p.Issue.Number, false))
}

// commentedOnLines is a new comment on lines of a diff.
func commentedOnLines(p *payload, _ int64) ([]job.Job, string) {
	return one(p.commandJob(p.PullRequest.Number, true))
}

// group is the name of the branch that a merge queue makes for a pull request, and the pull request's number.
var group = regexp.MustCompile(`^refs/heads/gh-readonly-queue/.+/pr-([1-9][0-9]{0,8})-[0-9a-f]{40,64}$`)

// queued is a commit that a merge queue wants checked.
func queued(p *payload, _ int64) ([]job.Job, string) {
	number := 0
	if m := group.FindStringSubmatch(p.MergeGroup.HeadRef); m != nil {
		number, _ = strconv.Atoi(m[1]) // the pattern lets nothing else through
	}
	return one(p.pullJob(job.Queue, "merge-group", number, p.MergeGroup.HeadSHA))
}

func one(j job.Job, reason string) ([]job.Job, string) {
	if reason != "" {
		return nil, reason
	}
	return []job.Job{j}, ""
}
