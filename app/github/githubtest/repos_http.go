package githubtest

import (
	"strings"
)

// getRepo answers with what only the full repository has beside the rest.
func getRepo(c *call) answer {
	return ok(merge(c.srv.repoJSON(c.repo),
		obj{"network_count": 0, "subscribers_count": 0, "custom_properties": obj{}}))
}

// getPermission is GET /repos/{owner}/{repo}/collaborators/{username}/permission.
func getPermission(c *call) answer {
	login := c.params["username"]
	level := c.repo.permissions[strings.ToLower(login)]
	if strings.EqualFold(login, c.repo.owner) {
		level = "admin"
	}
	if level == "" {
		level = "none"
	}
	user := c.srv.userJSON(login)
	user["role_name"], user["permissions"] = level, obj{
		"pull": level != "none", "triage": levels[level] > 1, "push": levels[level] > 1,
		"maintain": level == "admin", "admin": level == "admin",
	}
	return ok(obj{"permission": level, "role_name": level, "user": user})
}

// userJSON is the schema "simple-user".
func (s *Server) userJSON(login string) obj {
	u := s.account(login)
	base := s.api("users/%s", escape(u.login))
	o := obj{
		"login": u.login, "id": u.id, "node_id": nodeID("U", u.id), "avatar_url": s.web + "/avatars/" + escape(u.login),
		"gravatar_id": "", "url": base, "html_url": s.web + "/" + escape(u.login), "type": u.kind, "site_admin": false,
		"followers_url": base + "/followers", "following_url": base + "/following{/other_user}",
		"gists_url": base + "/gists{/gist_id}", "starred_url": base + "/starred{/owner}{/repo}",
		"subscriptions_url": base + "/subscriptions", "organizations_url": base + "/orgs", "repos_url": base + "/repos",
		"events_url": base + "/events{/privacy}", "received_events_url": base + "/received_events",
	}
	if u.kind == "Bot" {
		o["html_url"] = s.web + "/apps/" + strings.TrimSuffix(u.login, "[bot]")
	}
	return o
}

// repoLinks are the URL templates of a repository, below its own URL.
var repoLinks = map[string]string{
	"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}",
	"branches": "/branches{/branch}", "collaborators": "/collaborators{/collaborator}",
	"comments": "/comments{/number}", "commits": "/commits{/sha}", "compare": "/compare/{base}...{head}",
	"contents": "/contents/{+path}", "contributors": "/contributors", "deployments": "/deployments",
	"downloads": "/downloads", "events": "/events", "forks": "/forks", "git_commits": "/git/commits{/sha}",
	"git_refs": "/git/refs{/sha}", "git_tags": "/git/tags{/sha}", "hooks": "/hooks",
	"issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
	"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages",
	"merges": "/merges", "milestones": "/milestones{/number}",
	"notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}",
	"releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}",
	"subscribers": "/subscribers", "subscription": "/subscription", "tags": "/tags", "teams": "/teams",
	"trees": "/git/trees{/sha}",
}

// repoJSON is the schema "repository", which fits where "minimal-repository" is wanted.
func (s *Server) repoJSON(r *Repo) obj {
	open := 0
	for _, p := range r.pulls {
		if p.state == "open" {
			open++
		}
	}
	base, html := s.api("repos/%s", r.fullName()), s.web+"/"+r.fullName()
	o := obj{
		"id": r.ID, "node_id": r.NodeID(), "name": r.name, "full_name": r.fullName(), "private": !r.public,
		"owner": s.userJSON(r.owner), "html_url": html, "description": nil, "fork": r.parent != nil, "url": base,
		"created_at": stamp(r.createdAt), "updated_at": stamp(r.pushedAt), "pushed_at": stamp(r.pushedAt),
		"git_url": "git:" + strings.TrimPrefix(html, "http:") + ".git", "ssh_url": "git@127.0.0.1:" + r.fullName() +
			".git",
		"clone_url": html + ".git", "svn_url": html, "mirror_url": nil, "homepage": nil, "size": 1,
		"stargazers_count": 0, "watchers_count": 0, "language": nil, "has_issues": true, "has_projects": false,
		"has_downloads": true, "has_wiki": false, "has_pages": false, "has_discussions": false, "forks_count": 0,
		"archived": false, "disabled": false, "open_issues_count": open, "license": nil, "allow_forking": true,
		"is_template": false, "web_commit_signoff_required": false, "topics": []any{}, "visibility": r.visibility(),
		"forks": 0, "open_issues": open, "watchers": 0, "default_branch": r.defaultBranch,
	}
	for name, below := range repoLinks {
		o[name+"_url"] = base + below
	}
	return o
}

// brief is a repository as the installation events list it.
func (r *Repo) brief() obj {
	return obj{"id": r.ID, "node_id": r.NodeID(), "name": r.name, "full_name": r.fullName(), "private": !r.public}
}

// commitJSON is the schema "commit", as the repository's commits are listed.
func (s *Server) commitJSON(r *Repo, ci commitInfo) obj {
	url := s.api("repos/%s/commits/%s", r.fullName(), ci.sha)
	return obj{
		"sha": ci.sha, "node_id": "C_" + ci.sha, "url": url, "html_url": s.commitPage(r, ci.sha),
		"comments_url": url + "/comments", "author": s.committer(ci.author), "committer": s.committer(ci.committer),
		"parents": s.parentsJSON(r, ci, "commits"),
		"commit": obj{
			"author": signatureJSON(ci.author), "committer": signatureJSON(ci.committer), "message": ci.message,
			"tree": s.treeLink(r, ci), "url": s.api("repos/%s/git/commits/%s", r.fullName(), ci.sha),
			"comment_count": 0, "verification": s.verification(ci.sha),
		},
	}
}

// gitCommitJSON is the schema "git-commit".
func (s *Server) gitCommitJSON(r *Repo, ci commitInfo) obj {
	return obj{
		"sha": ci.sha, "node_id": "C_" + ci.sha, "url": s.api("repos/%s/git/commits/%s", r.fullName(), ci.sha),
		"html_url": s.commitPage(r, ci.sha), "author": signatureJSON(ci.author),
		"committer": signatureJSON(ci.committer), "message": ci.message, "tree": s.treeLink(r, ci),
		"parents": s.parentsJSON(r, ci, "git/commits"), "verification": s.verification(ci.sha),
	}
}

func (s *Server) commitPage(r *Repo, sha string) string {
	return s.web + "/" + r.fullName() + "/commit/" + sha
}

func (s *Server) treeLink(r *Repo, ci commitInfo) obj {
	return obj{"sha": ci.tree, "url": s.api("repos/%s/git/trees/%s", r.fullName(), ci.tree)}
}

func (s *Server) parentsJSON(r *Repo, ci commitInfo, under string) []any {
	rows := []any{}
	for _, sha := range ci.parents {
		rows = append(rows, obj{
			"sha": sha, "url": s.api("repos/%s/%s/%s", r.fullName(), under, sha), "html_url": s.commitPage(r, sha),
		})
	}
	return rows
}

func signatureJSON(g signature) obj {
	return obj{"name": g.name, "email": g.email, "date": stamp(g.when)}
}

// committer is the account that a signature belongs to; null when there is none.
func (s *Server) committer(g signature) any {
	if !strings.HasSuffix(g.email, "@users.noreply.github.com") {
		return nil
	}
	return s.userJSON(g.name)
}

// simpleCommitJSON is the head_commit of suites and pushes.
func (s *Server) simpleCommitJSON(ci commitInfo) obj {
	return obj{
		"id": ci.sha, "tree_id": ci.tree, "message": ci.message, "timestamp": stamp(ci.committer.when),
		"author":    obj{"name": ci.author.name, "email": ci.author.email},
		"committer": obj{"name": ci.committer.name, "email": ci.committer.email},
	}
}
