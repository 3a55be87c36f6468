package github

// Permission is something that an installation grants to the App.
type Permission struct {
	Name   string // as GitHub's API has it: "pull_requests"
	Access string // "read" or "write", which includes read
	Reason string // what dfbot does with it
}

// Permissions are what the calls of this package need, all of them; app.yml asks for these. Which call needs which stands in
// GitHub's "Permissions required for GitHub Apps". Resolving a review thread would need contents:write; dfbot does not ask for that, and
// says on the comment that it is done where it may not resolve (Snapshot.Mark).
func Permissions() []Permission {
	return []Permission{
		{"checks", "write", "the check run with summary and annotations on each head commit; brings the events check_run and check_suite, by which people ask for another run"},
		{"contents", "read", "Dockerfiles, ignore files and package manifests at the head, the paths of the tree, .dfbot.yml at the base"},
		{"metadata", "read", "the repository by its id, after it was renamed; GitHub grants it to every App"},
		{"pull_requests", "write", "the changed files and what dfbot said before; the review with its comments, and the note on a comment that is done"},
	}
}
