package githubtest

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// mutations are the fields of the root of a mutation.
func (c *call) mutations() map[string]any {
	return map[string]any{
		"resolveReviewThread":   c.settleThread("ResolveReviewThreadPayload", true),
		"unresolveReviewThread": c.settleThread("UnresolveReviewThreadPayload", false),
		"minimizeComment":       gqlField(c.minimizeComment),
		"createCommitOnBranch":  gqlField(c.createCommitOnBranch),
	}
}

// thread finds a review thread that the caller may see, by its id.
func (c *call) thread(id string) *Thread {
	for _, r := range c.srv.repos {
		for _, p := range r.pulls {
			for _, t := range p.threads {
				if t.ID == id && c.token.reaches(r) && !r.deleted {
					return t
				}
			}
		}
	}
	return nil
}

// commentNode finds a review comment that the caller may see, by its id.
func (c *call) commentNode(id string) *Comment {
	for _, r := range c.srv.repos {
		for _, p := range r.pulls {
			for _, cm := range p.allComments() {
				if nodeID("PRRC", cm.ID) == id && c.token.reaches(r) && !r.deleted {
					return cm
				}
			}
		}
	}
	return nil
}

// settleThread resolves a thread or opens it again. It takes contents:write;
// pull_requests:write is not enough.
func (c *call) settleThread(payload string, resolved bool) gqlField {
	return func(args map[string]any) (any, error) {
		in := args["input"].(map[string]any)
		t := c.thread(fmt.Sprint(in["threadId"]))
		if t == nil {
			return nil, unresolved(fmt.Sprint(in["threadId"]))
		}
		if !c.token.allows("contents=write") || !c.token.allows(writePulls) {
			return nil, errForbidden
		}
		c.srv.resolve(t, c.app.Bot(), resolved)
		return &gqlObject{payload,
			map[string]any{"clientMutationId": in["clientMutationId"], "thread": c.gqlThread(t)}}, nil
	}
}

func (c *call) minimizeComment(args map[string]any) (any, error) {
	in := args["input"].(map[string]any)
	cm := c.commentNode(fmt.Sprint(in["subjectId"]))
	if cm == nil {
		return nil, unresolved(fmt.Sprint(in["subjectId"]))
	}
	if !c.token.allows(writePulls) {
		return nil, errForbidden
	}
	cm.Minimized = fmt.Sprint(in["classifier"])
	return &gqlObject{"MinimizeCommentPayload", map[string]any{
		"clientMutationId": in["clientMutationId"], "minimizedComment": c.gqlComment(cm),
	}}, nil
}

// createCommitOnBranch commits files to a branch whose tip is the expected
// one. Files keep their mode; new ones are plain.
func (c *call) createCommitOnBranch(args map[string]any) (any, error) {
	in := args["input"].(map[string]any)
	r, branch, err := c.committable(in["branch"].(map[string]any))
	if err != nil {
		return nil, err
	}
	tip, expected := r.tip(branch), fmt.Sprint(in["expectedHeadOid"])
	if tip != expected {
		return nil, gqlError{"STALE_DATA",
			fmt.Sprintf("Expected branch to point to %q but it did not.  Pull and try again.", expected)}
	}
	if by, restricted := r.rules[branch]; restricted {
		kind := "UNPROCESSABLE"
		if by.classic {
			kind = "BRANCH_PROTECTION_RULE_VIOLATION"
		}
		return nil, gqlError{kind, by.message}
	}
	commit := Commit{Author: c.app.Bot(), Message: commitMessage(in["message"].(map[string]any)),
		Entries: map[string]File{}}
	changes, _ := in["fileChanges"].(map[string]any)
	for _, path := range inputs(changes["deletions"]) {
		commit.Delete = append(commit.Delete, path["path"].(string))
	}
	for _, add := range inputs(changes["additions"]) {
		path := add["path"].(string)
		content, err := base64.StdEncoding.DecodeString(fmt.Sprint(add["contents"]))
		if err != nil {
			return nil, gqlError{"UNPROCESSABLE", "File contents are not valid Base64: " + path}
		}
		if strings.HasPrefix(path, ".github/workflows/") && !c.token.allows("workflows=write") {
			return nil, errForbidden
		}
		entry, _ := r.store.entry(tip, path)
		commit.Entries[path] = File{Content: string(content), Mode: entry.mode}
	}
	sha, err := r.commit(branch, commit)
	if err != nil {
		return nil, err
	}
	c.srv.signed[sha] = true
	if err := r.pushed(branch, tip, sha, c.app.Bot()); err != nil {
		return nil, err
	}
	return &gqlObject{"CreateCommitOnBranchPayload", map[string]any{
		"clientMutationId": in["clientMutationId"], "commit": c.gqlCommit(r, sha), "ref": c.gqlRef(r, branch),
	}}, nil
}

// committable finds the branch an input names and checks that the caller may write it.
func (c *call) committable(in map[string]any) (*Repo, string, error) {
	owner, name, _ := strings.Cut(fmt.Sprint(in["repositoryNameWithOwner"]), "/")
	branch := strings.TrimPrefix(fmt.Sprint(in["branchName"]), "refs/heads/")
	r := c.srv.repoNamed(owner, name)
	if r == nil || !c.token.reaches(r) {
		return nil, "", gqlError{"NOT_FOUND", "The given branch was not found."}
	}
	if !c.token.allows("contents=write") {
		return nil, "", errForbidden
	}
	if r.tip(branch) == "" {
		return nil, "", gqlError{"NOT_FOUND", "The given branch was not found."}
	}
	return r, branch, nil
}

func commitMessage(in map[string]any) string {
	message := fmt.Sprint(in["headline"])
	if body, ok := in["body"].(string); ok && body != "" {
		message += "\n\n" + body
	}
	return message
}

// inputs reads a list of input objects.
func inputs(v any) []map[string]any {
	list, _ := v.([]any)
	var out []map[string]any
	for _, item := range list {
		out = append(out, item.(map[string]any))
	}
	return out
}
