package github

import (
	"encoding/json"

	"github.com/google/go-github/v60/github"
)

// Permission is something that an installation grants to the App.
type Permission struct {
	Name   string // as GitHub's API has it: "pull_requests"
	Access string // "read" or "write", which includes read
	Reason string // what dfbot does with it
	// ForEvents reports that it only brings events: no call needs it, and no token asks for it.
	ForEvents bool
}

// Permissions are what the calls of this package need, and the events; app.yml asks for these. The token of a job asks
// for no more than its calls need, whatever else an installation grants. Only to resolve threads and to commit what a
// button offers, which are optional, a separate token asks for more; and one that reads a private configuration of the
// organization asks for less, for another repository.
// GitHub's "Permissions required for GitHub Apps" lists which call needs which.
func Permissions() []Permission {
	return []Permission{
		{Name: "checks", Access: "write", Reason: "the check run with summary and annotations on each head commit; " +
			"brings the events check_run and check_suite, by which people ask for another run"},
		{Name: "contents", Access: "read", Reason: "Dockerfiles, ignore files and package manifests at the head, the " +
			"paths of the tree, .dfbot.yml at the base"},
		{Name: "issues", Access: "read", Reason: "brings the event issue_comment: commands in the conversation of " +
			"a pull request", ForEvents: true},
		{Name: "merge_queues", Access: "read", Reason: "brings the event merge_group: a merge queue waits for a check",
			ForEvents: true},
		{Name: "metadata", Access: "read", Reason: "where the repository is, after it was renamed, and whether " +
			"someone who gives a command may push; GitHub grants it to every App"},
		{Name: "pull_requests", Access: "write", Reason: "the changed files and what dfbot said before; the review " +
			"with its comments, the note on a comment that is done, and the answers to commands"},
	}
}

// needed are the permissions that each token asks for, by name. GitHub adds metadata to any.
func needed() map[string]string {
	all := map[string]string{}
	for _, p := range Permissions() {
		if p.Name != "metadata" && !p.ForEvents {
			all[p.Name] = p.Access
		}
	}
	return all
}

// resolving are the permissions that it takes to resolve a thread. That of pull requests alone is not enough.
func resolving() map[string]string {
	return map[string]string{"contents": "write", "pull_requests": "write"}
}

// committing are the permissions that it takes to commit.
func committing() map[string]string { return map[string]string{"contents": "write"} }

// permissionsOf gives permissions the form in which go-github asks for them.
func permissionsOf(names map[string]string) *github.InstallationPermissions {
	p := new(github.InstallationPermissions)
	convert(names, p)
	return p
}

// permissionNames is the inverse of permissionsOf.
func permissionNames(p *github.InstallationPermissions) map[string]string {
	var names map[string]string
	convert(p, &names)
	return names
}

// convert goes by the names that both sides have in JSON.
func convert(from, to any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		panic(err) // both hold strings only
	}
}
