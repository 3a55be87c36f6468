package githubtest

import (
	"fmt"
)

// pullJSON is the schema "pull-request" when full, else "pull-request-simple".
func (s *Server) pullJSON(p *Pull, full bool) obj {
	r := p.repo
	url := s.api("repos/%s/pulls/%d", r.fullName(), p.Number)
	issue := s.api("repos/%s/issues/%d", r.fullName(), p.Number)
	html := fmt.Sprintf("%s/%s/pull/%d", s.web, r.fullName(), p.Number)
	links := map[string]string{
		"self": url, "html": html, "issue": issue, "comments": issue + "/comments",
		"review_comments": url + "/comments",
		"review_comment":  s.api("repos/%s/pulls/comments{/number}", r.fullName()), "commits": url + "/commits",
		"statuses": s.api("repos/%s/statuses/%s", r.fullName(), p.head),
	}
	o := obj{
		"id": p.ID, "node_id": p.NodeID(), "number": p.Number, "state": p.state, "locked": false, "title": p.title,
		"url": url, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue,
		"user": s.userJSON(p.author), "body": orNil(p.body), "created_at": stamp(p.createdAt),
		"updated_at": stamp(p.updated), "closed_at": stampOrNil(p.closedAt), "merged_at": nil, "merge_commit_sha": nil,
		"assignee": nil, "assignees": []any{}, "requested_reviewers": []any{}, "requested_teams": []any{},
		"labels": []any{}, "milestone": nil, "draft": p.draft, "head": s.sideJSON(p.headRepo, p.headRef, p.head),
		"base": s.sideJSON(r, p.baseRef, p.base), "author_association": "CONTRIBUTOR", "auto_merge": nil,
		"active_lock_reason": nil, "stack": p.stackJSON(),
	}
	hrefs := obj{}
	for name, link := range links {
		hrefs[name] = obj{"href": link}
		if name != "self" && name != "html" && name != "issue" {
			o[name+"_url"] = link
		}
	}
	o["_links"] = hrefs
	if full {
		s.addCounts(o, p)
	}
	return o
}

// stackJSON is the schema "pull-request-stack": null for a pull request in no stack.
func (p *Pull) stackJSON() any {
	if p.trunk == "" {
		return nil
	}
	return obj{"base": obj{"ref": p.trunk, "sha": p.repo.tip(p.trunk)}}
}

// addCounts adds what only the full pull request has.
func (s *Server) addCounts(o obj, p *Pull) {
	files, _ := p.files()
	commits, _ := p.repo.store.commitsBetween(p.base, p.head)
	additions, deletions, said := 0, 0, 0
	for _, f := range files {
		additions, deletions = additions+f.Additions, deletions+f.Deletions
	}
	for _, t := range p.threads {
		said += len(t.comments)
	}
	talk := 0
	for _, ic := range p.repo.comments {
		if ic.Number == p.Number {
			talk++
		}
	}
	for key, value := range (obj{
		"merged": false, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "merged_by": nil,
		"comments": talk, "review_comments": said, "maintainer_can_modify": p.headRepo != p.repo,
		"commits": len(commits), "additions": additions, "deletions": deletions, "changed_files": len(files),
	}) {
		o[key] = value
	}
}

// sideJSON is a pull request's head or base; its repo is null once the fork is deleted.
func (s *Server) sideJSON(r *Repo, ref, sha string) obj {
	o := obj{"label": r.owner + ":" + ref, "ref": ref, "sha": sha, "user": s.userJSON(r.owner), "repo": nil}
	if !r.deleted {
		o["repo"] = s.repoJSON(r)
	}
	return o
}

// fileJSON is the schema "diff-entry".
func (s *Server) fileJSON(r *Repo, head string, f FileChange) obj {
	html := s.web + "/" + r.fullName()
	o := obj{
		"sha": f.SHA, "filename": f.Path, "status": f.Status, "additions": f.Additions, "deletions": f.Deletions,
		"changes": f.Additions + f.Deletions, "blob_url": html + "/blob/" + head + "/" + escape(f.Path),
		"raw_url":      html + "/raw/" + head + "/" + escape(f.Path),
		"contents_url": s.api("repos/%s/contents/%s?ref=%s", r.fullName(), escape(f.Path), head),
	}
	if f.PreviousPath != "" {
		o["previous_filename"] = f.PreviousPath
	}
	if f.Patch != "" {
		o["patch"] = f.Patch
	}
	return o
}

// pullLink is a pull request as check runs and suites list it; pull requests
// from forks are not listed at all.
func (s *Server) pullLinks(r *Repo, sha string) []any {
	rows := []any{}
	for _, p := range r.pulls {
		if p.head != sha || p.state != "open" || p.headRepo != r {
			continue
		}
		repo := obj{"id": r.ID, "url": s.api("repos/%s", r.fullName()), "name": r.name}
		rows = append(rows, obj{
			"id": p.ID, "number": p.Number, "url": s.api("repos/%s/pulls/%d", r.fullName(), p.Number),
			"head": obj{"ref": p.headRef, "sha": p.head, "repo": repo},
			"base": obj{"ref": p.baseRef, "sha": p.base, "repo": repo},
		})
	}
	return rows
}
