package githubtest

import (
	"encoding/base64"
	"net/url"
	"path"
	"slices"
	"strings"
)

// maxTreeRows is where GitHub truncates a recursive tree.
const maxTreeRows = 100_000

// maxContents is the largest file, in bytes, whose content GET contents gives as JSON.
const maxContents = 1 << 20

// escape writes a path for a URL, keeping its slashes.
func escape(p string) string {
	return (&url.URL{Path: p}).EscapedPath()
}

func getBlob(c *call) answer {
	obj, err := c.repo.store.objects.read(c.params["file_sha"])
	if err != nil || obj.kind != "blob" || len(c.params["file_sha"]) != 40 {
		return notFound()
	}
	if c.wantsRaw() {
		return raw("application/vnd.github.raw+json; charset=utf-8", obj.data)
	}
	return ok(map[string]any{
		"sha": obj.sha, "node_id": "B_" + obj.sha, "size": len(obj.data), "encoding": "base64",
		"url": c.srv.api("repos/%s/git/blobs/%s", c.repo.fullName(), obj.sha), "content": base64Lines(obj.data),
	})
}

// base64Lines is base64 with a newline after each 60 characters, as GitHub writes it.
func base64Lines(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(text) > 0 {
		n := min(60, len(text))
		out.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return out.String()
}

func getTree(c *call) answer {
	name := c.params["tree_sha"]
	if sha := c.repo.tip(name); sha != "" {
		name = sha
	}
	recursive := c.query("recursive") != ""
	sha, rows, err := c.repo.store.listTree(name, recursive)
	if err != nil {
		return trouble(err)
	}
	limit := c.srv.opt.TruncateTrees
	if limit == 0 {
		limit = maxTreeRows
	}
	truncated := recursive && len(rows) > limit
	if truncated {
		rows = rows[:limit]
	}
	list := []any{}
	for _, row := range rows {
		list = append(list, c.treeRow(row))
	}
	return ok(obj{"sha": sha, "url": c.srv.api("repos/%s/git/trees/%s", c.repo.fullName(), sha), "tree": list,
		"truncated": truncated})
}

func (c *call) treeRow(row sizedEntry) obj {
	o := obj{"path": row.path, "mode": row.mode, "type": row.kind(), "sha": row.sha}
	switch row.kind() {
	case "blob":
		o["size"] = row.size
		o["url"] = c.srv.api("repos/%s/git/blobs/%s", c.repo.fullName(), row.sha)
	case "tree":
		o["mode"] = "040000"
		o["url"] = c.srv.api("repos/%s/git/trees/%s", c.repo.fullName(), row.sha)
	}
	return o
}

func getGitCommit(c *call) answer {
	ci, err := c.repo.store.commit(c.params["commit_sha"])
	if err != nil || len(c.params["commit_sha"]) != 40 {
		return notFound()
	}
	return ok(c.srv.gitCommitJSON(c.repo, ci))
}

func getCommit(c *call) answer {
	sha, err := c.repo.resolve(c.params["ref"])
	if err != nil {
		return failure(422, "No commit found for SHA: "+c.params["ref"])
	}
	ci, err := c.repo.store.commit(sha)
	if err != nil {
		return trouble(err)
	}
	return ok(c.srv.commitJSON(c.repo, ci))
}

func getRef(c *call) answer {
	name, isBranch := strings.CutPrefix(c.params["ref"], "heads/")
	sha, full := c.repo.tip(name), "refs/heads/"+name
	if !isBranch {
		full = "refs/" + c.params["ref"]
		sha, _ = c.repo.resolve(full)
	}
	if sha == "" {
		return notFound()
	}
	return ok(obj{
		"ref": full, "node_id": "REF_" + full, "url": c.srv.api("repos/%s/git/%s", c.repo.fullName(), escape(full)),
		"object": obj{"type": "commit", "sha": sha,
			"url": c.srv.api("repos/%s/git/commits/%s", c.repo.fullName(), sha)},
	})
}

func getBranch(c *call) answer {
	ci, err := c.repo.store.commit(c.repo.tip(c.params["branch"]))
	if err != nil {
		return failure(404, "Branch not found")
	}
	url := c.srv.api("repos/%s/branches/%s", c.repo.fullName(), escape(c.params["branch"]))
	protected := c.repo.rules[c.params["branch"]].classic
	return ok(obj{
		"name": c.params["branch"], "commit": c.srv.commitJSON(c.repo, ci), "protected": protected,
		"protection": obj{"enabled": protected}, "protection_url": url + "/protection",
		"_links": obj{"self": url, "html": c.srv.web + "/" + c.repo.fullName() + "/tree/" + escape(c.params["branch"])},
	})
}

func listBranches(c *call) answer {
	heads := c.repo.store.heads[c.repo.ID]
	return paged(c, sortedKeys(heads), func(name string) any {
		return obj{"name": name, "protected": c.repo.rules[name].classic, "commit": obj{
			"sha": heads[name], "url": c.srv.api("repos/%s/commits/%s", c.repo.fullName(), heads[name]),
		}}
	}, nil)
}

// getContents is GET /repos/{owner}/{repo}/contents/{path}.
func getContents(c *call) answer {
	ref := c.query("ref")
	if ref == "" {
		ref = c.repo.defaultBranch
	}
	sha, err := c.repo.resolve(ref)
	if err != nil {
		return failure(404, "No commit found for the ref "+ref)
	}
	at := strings.Trim(c.params["path"], "/")
	row := treeEntry{mode: "40000", sha: sha}
	if at != "" {
		if row, err = c.repo.store.entry(sha, at); err != nil {
			return trouble(err)
		}
	}
	if row.kind() == "tree" {
		return c.folder(row, at, ref)
	}
	if row.mode == "120000" {
		if target, ok := c.follow(sha, row); ok {
			row.mode, row.sha = target.mode, target.sha
		}
	}
	return c.content(row, ref)
}

// follow gives what a symlink in the repository points at, when that is a file
// of the repository: GitHub answers with its content.
func (c *call) follow(commit string, link treeEntry) (treeEntry, bool) {
	blob, err := c.repo.store.objects.read(link.sha)
	if err != nil {
		return treeEntry{}, false
	}
	target := path.Join(path.Dir(link.path), string(blob.data))
	row, err := c.repo.store.entry(commit, target)
	return row, err == nil && strings.HasPrefix(row.mode, "100")
}

// content answers with one file, symlink or submodule.
func (c *call) content(row treeEntry, ref string) answer {
	o := c.contentRow(row, ref)
	if row.mode == "160000" {
		o["submodule_git_url"] = o["html_url"]
		return ok(o)
	}
	blob, err := c.repo.store.objects.read(row.sha)
	if err != nil {
		return trouble(err)
	}
	if c.wantsRaw() {
		return raw("application/vnd.github.raw+json; charset=utf-8", blob.data)
	}
	switch {
	case row.mode == "120000":
		o["target"] = string(blob.data)
	case len(blob.data) > maxContents:
		o["content"], o["encoding"] = "", "none"
	default:
		o["content"], o["encoding"] = base64Lines(blob.data), "base64"
	}
	return ok(o)
}

func (c *call) folder(row treeEntry, at, ref string) answer {
	rows, err := c.repo.store.tree(row.sha)
	if err != nil {
		return trouble(err)
	}
	slices.SortFunc(rows, func(a, b treeEntry) int { return strings.Compare(a.path, b.path) })
	list := []any{}
	for _, r := range rows {
		r.path = path.Join(at, r.path)
		list = append(list, c.contentRow(r, ref))
	}
	return ok(list)
}

// contentRow is what a file, folder, symlink and submodule have in common.
func (c *call) contentRow(row treeEntry, ref string) obj {
	size, kind, git := 0, "file", any(c.srv.api("repos/%s/git/blobs/%s", c.repo.fullName(), row.sha))
	switch row.kind() {
	case "tree":
		kind, git = "dir", c.srv.api("repos/%s/git/trees/%s", c.repo.fullName(), row.sha)
	case "commit":
		kind, git = "submodule", nil
	default:
		blob, _ := c.repo.store.objects.read(row.sha)
		size = len(blob.data)
	}
	if row.mode == "120000" {
		kind = "symlink"
	}
	self := c.srv.api("repos/%s/contents/%s?ref=%s", c.repo.fullName(), escape(row.path), url.QueryEscape(ref))
	html := c.srv.web + "/" + c.repo.fullName() + "/blob/" + escape(ref+"/"+row.path)
	o := obj{
		"name": path.Base(row.path), "path": row.path, "sha": row.sha, "size": size, "type": kind, "url": self,
		"html_url": html, "git_url": git, "download_url": nil, "_links": obj{"self": self, "git": git, "html": html},
	}
	if kind == "file" || kind == "symlink" {
		o["download_url"] = c.srv.web + "/" + c.repo.fullName() + "/raw/" + escape(ref+"/"+row.path)
	}
	return o
}
