package githubtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// This file makes git objects and moves branches as GitHub's Git database API does.

// rule is what keeps a branch from being pushed to.
type rule struct {
	classic bool   // a branch protection, which GET branches/BRANCH shows; else a rule of a ruleset
	message string // GitHub's
}

// Protect protects a branch as a branch protection rule does that requires a pull request.
func (r *Repo) Protect(branch string) {
	r.restrict(branch, rule{true, "Changes must be made through a pull request."})
}

// Restrict puts a branch under a rule of a ruleset, which GET branches/BRANCH does not show.
func (r *Repo) Restrict(branch string) {
	r.restrict(branch, rule{false, "Repository rule violations found\n\nChanges must be made through a pull request." +
		"\n\n"})
}

func (r *Repo) restrict(branch string, by rule) {
	r.srv.mu.Lock()
	defer r.srv.mu.Unlock()
	if r.rules == nil {
		r.rules = map[string]rule{}
	}
	r.rules[branch] = by
}

// createBlob is POST git/blobs.
func createBlob(c *call) answer {
	var in struct{ Content, Encoding string }
	if a, ok := c.decode(&in); !ok {
		return a
	}
	data := []byte(in.Content)
	if in.Encoding == "base64" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(in.Content); err != nil {
			return failure(422, "content is not valid Base64")
		}
	}
	out, err := c.repo.store.once(data, "hash-object", "-w", "--stdin")
	if err != nil {
		return trouble(err)
	}
	sha := strings.TrimSpace(string(out))
	return created(obj{"sha": sha, "url": c.srv.api("repos/%s/git/blobs/%s", c.repo.fullName(), sha)})
}

// treeInput is a row of the body of POST git/trees.
type treeInput struct {
	Path, Mode, Type string
	SHA              *string
	Content          *string
}

// createTree is POST git/trees: the rows over those of base_tree.
func createTree(c *call) answer {
	var in struct {
		BaseTree string      `json:"base_tree"`
		Tree     []treeInput `json:"tree"`
	}
	if a, ok := c.decode(&in); !ok {
		return a
	}
	var change bytes.Buffer
	if in.BaseTree != "" {
		base, err := c.repo.store.objects.read(in.BaseTree + "^{tree}")
		if err != nil {
			return failure(422, "base_tree is not a valid tree oid")
		}
		fmt.Fprintf(&change, "M 040000 %s \"\"\n", base.sha)
	}
	for _, row := range in.Tree {
		switch {
		case !slices.Contains([]string{"100644", "100755", "120000", "160000", "040000"}, row.Mode):
			return failure(422, "tree.mode "+row.Mode+" is not a valid mode")
		case row.Content != nil:
			writeEntry(&change, row.Path, File{Content: *row.Content, Mode: row.Mode})
		case row.SHA == nil:
			fmt.Fprintf(&change, "D %s\n", quotePath(row.Path))
		default:
			if _, err := c.repo.store.objects.read(*row.SHA); err != nil {
				return failure(422, "tree.sha "+*row.SHA+" is not a valid blob")
			}
			fmt.Fprintf(&change, "M %s %s %s\n", row.Mode, *row.SHA, quotePath(row.Path))
		}
	}
	made, err := c.loose(change.String(), "", nil)
	if err != nil {
		return trouble(err)
	}
	sha, rows, err := c.repo.store.listTree(made.tree, false)
	if err != nil {
		return trouble(err)
	}
	list := []any{}
	for _, row := range rows {
		list = append(list, c.treeRow(row))
	}
	return created(obj{"sha": sha, "url": c.srv.api("repos/%s/git/trees/%s", c.repo.fullName(), sha), "tree": list,
		"truncated": false})
}

// createGitCommit is POST git/commits. GitHub signs what an App commits in its own name.
func createGitCommit(c *call) answer {
	var in struct {
		Message, Tree     string
		Parents           []string
		Author, Committer *obj
	}
	if a, ok := c.decode(&in); !ok {
		return a
	}
	if tree, err := c.repo.store.objects.read(in.Tree); err != nil || tree.kind != "tree" {
		return failure(422, "Tree SHA does not exist")
	}
	for _, parent := range in.Parents {
		if _, err := c.repo.store.commit(parent); err != nil {
			return failure(422, "Parent SHA does not exist or is not a commit object")
		}
	}
	if in.Author != nil || in.Committer != nil {
		return failure(422, "the stand-in makes commits in the App's own name only")
	}
	ci, err := c.loose(fmt.Sprintf("M 040000 %s \"\"\n", in.Tree), in.Message, in.Parents)
	if err != nil {
		return trouble(err)
	}
	c.srv.signed[ci.sha] = true
	return created(c.srv.gitCommitJSON(c.repo, ci))
}

// loose makes a commit that no branch has, by the calling App. The change is in the words of git fast-import.
func (c *call) loose(change, message string, parents []string) (commitInfo, error) {
	st := c.repo.store
	sha, err := st.writeChange(message, parents, change, c.srv.account(c.app.Bot()), c.srv.now())
	if err != nil {
		return commitInfo{}, err
	}
	return st.commit(sha)
}

// updateRef is PATCH git/refs/{ref}, for branches.
func updateRef(c *call) answer {
	var in struct {
		SHA   string
		Force bool
	}
	if a, ok := c.decode(&in); !ok {
		return a
	}
	branch, isBranch := strings.CutPrefix(c.params["ref"], "heads/")
	tip := c.repo.tip(branch)
	if !isBranch || tip == "" {
		return failure(422, "Reference does not exist")
	}
	if _, err := c.repo.store.commit(in.SHA); err != nil {
		return failure(422, "Object does not exist")
	}
	if base, err := c.repo.store.mergeBase(tip, in.SHA); !in.Force && (err != nil || base != tip) {
		return failure(422, "Update is not a fast forward")
	}
	if by, restricted := c.repo.rules[branch]; restricted {
		return failure(422, by.message)
	}
	c.repo.store.setBranch(c.repo.ID, branch, in.SHA)
	if err := c.repo.pushed(branch, tip, in.SHA, c.app.Bot()); err != nil {
		return trouble(err)
	}
	return getRef(c)
}

// verification is what GitHub says of a commit's signature.
func (s *Server) verification(sha string) obj {
	if s.signed[sha] {
		return obj{"verified": true, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----",
			"payload": "tree", "verified_at": nil}
	}
	return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}
