package webhook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/command"
	"github.com/dfbot/dfbot/app/github/githubtest/contract"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/webhook"
)

const appID = 29310

func TestEvents(t *testing.T) {
	want := []string{"check_run", "check_suite", "installation", "installation_repositories", "issue_comment",
		"merge_group", "ping", "pull_request", "pull_request_review_comment"}
	if got := webhook.Events(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// checkPayload is a delivery about a check of this App for pull requests of this repository and of another.
func checkPayload(key, action string, app int, more object, pulls ...object) []byte {
	check := merge(object{"id": 4, "head_sha": head, "app": object{"id": app}, "head_branch": nil,
		"pull_requests": pulls}, more)
	return encode(object{
		"action": action, key: check,
		"repository": repositoryObject(repositoryID), "installation": object{"id": installation},
	})
}

// pressPayload is a press of a button on a check run of this App, with changes to the run and to the payload.
func pressPayload(run, payload object) []byte {
	check := merge(object{"id": 4, "head_sha": head, "app": object{"id": appID},
		"external_id": "v1:pr=7:0123456789abcdef:success"}, run)
	return encode(merge(object{
		"action": "requested_action", "check_run": check, "requested_action": object{"identifier": "safe-0123456789ab"},
		"sender":     object{"login": "Codertocat", "id": 21031067, "type": "User"},
		"repository": repositoryObject(repositoryID), "installation": object{"id": installation},
	}, payload))
}

func pullOf(repository, number int) object {
	return object{"number": number, "base": object{"repo": object{"id": repository}},
		"head": object{"sha": head, "repo": nil}}
}

func installationPayload(action string) []byte {
	return encode(object{
		"action": action, "installation": object{"id": installation, "suspended_at": nil, "permissions": object{}},
		"repositories": []object{{"id": 1, "name": "x"}}, "requester": nil,
	})
}

// commentPayload is a delivery about a comment on pull request 7.
func commentPayload(action, body string, more object) []byte {
	mona := object{"id": 9, "login": "mona", "type": "User"}
	return encode(merge(object{
		"action": action, "issue": object{"number": 7, "pull_request": object{"url": "x"}},
		"comment": object{"id": 5, "body": body, "user": mona, "performed_via_github_app": nil}, "sender": mona,
		"repository": repositoryObject(repositoryID), "installation": object{"id": installation},
	}, more))
}

func groupPayload(action, ref string) []byte {
	return encode(object{
		"action": action, "merge_group": object{"head_sha": head, "head_ref": ref, "base_sha": head},
		"repository": repositoryObject(repositoryID), "installation": object{"id": installation},
	})
}

func TestWhatEventsMean(t *testing.T) {
	pr := job.Job{Kind: job.Review, Ref: job.Ref{
		Installation: installation, Repository: repositoryID, Owner: "Codertocat", Name: "Hello-World", Pull: 7,
		Head: head,
	}, Delivery: "guid"}
	why := func(why job.Why) job.Job { j := pr; j.Why = why; return j }
	again := func(pull int) job.Job {
		j := why("rerequested")
		j.Pull = pull
		return j
	}
	press := pr
	press.Kind, press.Why = job.Apply, "pressed"
	press.Press = job.Press{Button: "safe-0123456789ab", Run: 4, Login: "Codertocat", User: 21031067}
	leaving := why("push")
	leaving.Left = strings.Repeat("e", 40)
	stacked := why("stacked")
	stacked.Trunk = "main"
	inStack := func(stack any) []byte {
		return pullRequestPayload("stacked", 7, object{"pull_request": object{"number": 7, "stack": stack,
			"head": object{"sha": head}, "base": object{"ref": "lower", "repo": repositoryObject(repositoryID)}}})
	}
	closed := why("closed")
	closed.Kind = job.Close
	whole := func(kind job.Kind, why job.Why) []job.Job {
		return []job.Job{{Kind: kind, Ref: job.Ref{Installation: installation}, Why: why, Delivery: "guid"}}
	}
	ordered := job.Job{Kind: job.Command, Ref: pr.Ref, Why: "comment", Delivery: "guid", Comment: job.Comment{ID: 5,
		Digest: command.Digest("/dfbot review")}}
	ordered.Head = ""
	inDiff := ordered
	inDiff.Comment.InDiff = true
	grouped := why("merge-group")
	grouped.Kind = job.Queue
	unnamed := grouped
	unnamed.Pull = 0
	queue := "refs/heads/gh-readonly-queue/feature/pr-1-of-2/pr-"
	deletedFork := object{"pull_request": object{
		"number": 7, "user": nil, "head": object{"sha": head, "repo": nil, "user": nil},
		"base": object{"sha": head, "repo": repositoryObject(repositoryID)},
	}}
	tests := []struct {
		name, event string
		body        []byte
		want        []job.Job // none: dropped
	}{
		{"opened", "pull_request", pullRequestPayload("opened", 7), []job.Job{why("opened")}},
		{"pushed", "pull_request", pullRequestPayload("synchronize", 7), []job.Job{why("push")}},
		{"pushed from a commit", "pull_request", pullRequestPayload("synchronize", 7,
			object{"before": strings.Repeat("e", 40)}), []job.Job{leaving}},
		{"pushed from what is no commit", "pull_request", pullRequestPayload("synchronize", 7,
			object{"before": "../x"}), []job.Job{why("push")}},
		{"reopened", "pull_request", pullRequestPayload("reopened", 7), []job.Job{why("reopened")}},
		{"ready", "pull_request", pullRequestPayload("ready_for_review", 7), []job.Job{why("ready")}},
		{"closed", "pull_request", pullRequestPayload("closed", 7), []job.Job{closed}},
		{"another base", "pull_request", pullRequestPayload("edited", 7,
			object{"changes": object{"base": object{"ref": object{"from": "main"}}}}), []job.Job{why("retarget")}},
		{"another title", "pull_request", pullRequestPayload("edited", 7,
			object{"changes": object{"title": object{"from": "x"}}}), nil},
		{"a base that is null", "pull_request", pullRequestPayload("edited", 7, object{"changes": object{"base": nil}}),
			nil},
		{"labeled", "pull_request", pullRequestPayload("labeled", 7), nil},
		{"a fork that is gone", "pull_request", pullRequestPayload("opened", 7, deletedFork), []job.Job{why("opened")}},
		{"stacked", "pull_request", inStack(object{"size": 3, "base": object{"ref": "main", "sha": head}}),
			[]job.Job{stacked}},
		{"not stacked", "pull_request", inStack(nil), []job.Job{why("stacked")}},
		{"stacked in another form", "pull_request", inStack(object{"base": "main"}), []job.Job{why("stacked")}},
		{"stacked onto a long name", "pull_request",
			inStack(object{"base": object{"ref": strings.Repeat("x", 256)}}), []job.Job{why("stacked")}},
		{"check run", "check_run", checkPayload("check_run", "rerequested", appID, nil, pullOf(repositoryID, 7)),
			[]job.Job{again(7)}},
		{"check run of a fork", "check_run", checkPayload("check_run", "rerequested", appID, nil), []job.Job{again(0)}},
		{"check run of null", "check_run", checkPayload("check_run", "rerequested", appID,
			object{"pull_requests": nil}), []job.Job{again(0)}},
		{"check run of another App", "check_run", checkPayload("check_run", "rerequested", appID+1, nil,
			pullOf(repositoryID, 7)), nil},
		{"check run without an App", "check_run", checkPayload("check_run", "rerequested", appID, object{"app": nil},
			pullOf(repositoryID, 7)), nil},
		{"check run completed", "check_run", checkPayload("check_run", "completed", appID, nil,
			pullOf(repositoryID, 7)), nil},
		{
			"check suite", "check_suite",
			checkPayload("check_suite", "rerequested", appID, nil, pullOf(repositoryID, 7), pullOf(1, 5),
				pullOf(repositoryID, 8)),
			[]job.Job{again(7), again(8)},
		},
		{"check suite of another repository only", "check_suite",
			checkPayload("check_suite", "rerequested", appID, nil, pullOf(1, 5)), []job.Job{again(0)}},
		{"check suite requested", "check_suite", checkPayload("check_suite", "requested", appID, nil,
			pullOf(repositoryID, 7)), nil},
		{"button", "check_run", pressPayload(nil, nil), []job.Job{press}},
		{"button of another App", "check_run", pressPayload(object{"app": object{"id": appID + 1}}, nil), nil},
		{"button of a run about no pull request", "check_run", pressPayload(object{"external_id": "v1"}, nil), nil},
		{"button of a run without an external id", "check_run", pressPayload(object{"external_id": nil}, nil), nil},
		{"button of a run without an id", "check_run", pressPayload(object{"id": nil}, nil), nil},
		{"button on no commit", "check_run", pressPayload(object{"head_sha": "main"}, nil), nil},
		{"unknown button", "check_run", pressPayload(nil,
			object{"requested_action": object{"identifier": "safe-"}}), nil},
		{"button without an action", "check_run", pressPayload(nil, object{"requested_action": nil}), nil},
		{"button pressed by a bot", "check_run", pressPayload(nil,
			object{"sender": object{"login": "x", "id": 9, "type": "Bot"}}), nil},
		{"button pressed by no one", "check_run", pressPayload(nil, object{"sender": nil}), nil},
		{"button pressed by what is not a name", "check_run", pressPayload(nil,
			object{"sender": object{"login": "x\nCo-authored-by: y", "id": 9, "type": "User"}}), nil},
		{"installed", "installation", installationPayload("created"), whole(job.Refresh, "created")},
		{"uninstalled", "installation", installationPayload("deleted"), whole(job.Forget, "deleted")},
		{"suspended", "installation", installationPayload("suspend"), whole(job.Forget, "suspended")},
		{"unsuspended", "installation", installationPayload("unsuspend"), whole(job.Refresh, "unsuspended")},
		{"permissions", "installation", installationPayload("new_permissions_accepted"),
			whole(job.Refresh, "permissions")},
		{"repositories added", "installation_repositories", installationPayload("added"),
			whole(job.Refresh, "repositories")},
		{"repositories removed", "installation_repositories", installationPayload("removed"),
			whole(job.Refresh, "repositories")},
		{"a command", "issue_comment", commentPayload("created", "/dfbot review", nil), []job.Job{ordered}},
		{"a command on lines", "pull_request_review_comment", commentPayload("created", "/dfbot review",
			object{"issue": nil, "pull_request": object{"number": 7}}), []job.Job{inDiff}},
		{"no command", "issue_comment", commentPayload("created", "> /dfbot review", nil), nil},
		{"an edit", "issue_comment", commentPayload("edited", "/dfbot review", nil), nil},
		{"a command on an issue", "issue_comment", commentPayload("created", "/dfbot review",
			object{"issue": object{"number": 7}}), nil},
		{"a bot's command", "issue_comment", commentPayload("created", "/dfbot review",
			object{"sender": object{"id": 9, "type": "Bot", "login": "x[bot]"}}), nil},
		{"a command in a bot's comment", "issue_comment", commentPayload("created", "/dfbot review",
			object{"comment": object{"id": 5, "body": "/dfbot review", "user": object{"id": 9, "type": "Bot"}}}), nil},
		{"a command that another account sends", "issue_comment", commentPayload("created", "/dfbot review",
			object{"sender": object{"id": 8, "type": "User", "login": "eve"}}), nil},
		{"a command by an App for a person", "issue_comment", commentPayload("created", "/dfbot review",
			object{"comment": object{"id": 5, "body": "/dfbot review", "performed_via_github_app": object{"id": 3},
				"user": object{"id": 9, "type": "User"}}}), nil},
		{"a merge group", "merge_group", groupPayload("checks_requested", queue+"7-"+head), []job.Job{grouped}},
		{"a merge group of another name", "merge_group", groupPayload("checks_requested", "refs/heads/x"),
			[]job.Job{unnamed}},
		{"a merge group that is gone", "merge_group", groupPayload("destroyed", queue+"7-"+head), nil},
		{"ping", "ping", encode(object{"zen": "Design for failure.", "hook_id": 1}), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, webhook.Options{AppID: appID})
			got := s.deliver(t, test.event, "guid", test.body)
			if len(test.want) == 0 {
				if got.Status != 200 || got.Outcome != "dropped" || got.Reason == "" || s.queued(t) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.Status != 202 {
				t.Fatalf("%+v", got)
			}
			jobs := s.work(t, len(test.want))
			slices.SortFunc(jobs, func(a, b job.Job) int { return a.Pull - b.Pull })
			if !slices.Equal(jobs, test.want) {
				t.Errorf("got  %+v\nwant %+v", jobs, test.want)
			}
		})
	}
}

func TestChecksOfAnyAppWhereNoneIsKnown(t *testing.T) {
	s := serve(t, webhook.Options{})
	if got := s.deliver(t, "check_run", "guid", checkPayload("check_run", "rerequested", 5,
		nil)); got.Outcome != "accepted" {
		t.Errorf("%+v", got)
	}
}

// TestRecordedPayloads sends GitHub's own example payloads, from the npm package @octokit/webhooks-examples.
func TestRecordedPayloads(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(contract.Dir(), "@octokit/webhooks-examples/api.github.com/index.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(contract.Hint())
	}
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string
		Examples []json.RawMessage
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	s := serve(t, webhook.Options{})
	outcomes := map[string]int{}
	for _, event := range events {
		for i, example := range event.Examples {
			got := s.deliver(t, event.Name, fmt.Sprint(event.Name, i), example)
			if got.Outcome != "accepted" && got.Outcome != "dropped" {
				t.Errorf("%s %d: %+v", event.Name, i, got)
			}
			if slices.Contains(webhook.Events(), event.Name) && strings.Contains(got.Reason, "names no") &&
				strings.Contains(string(example), `"installation"`) {
				t.Errorf("%s %d: %+v", event.Name, i, got)
			}
			outcomes[got.Outcome]++
		}
	}
	t.Logf("%v", outcomes)
	if outcomes["accepted"] == 0 {
		t.Error("none was accepted")
	}
}
