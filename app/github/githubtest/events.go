package githubtest

import (
	"slices"
	"strings"
	"time"
)

// emit tells every App that is installed on a repository of an event there, if
// it subscribed to the event and may read what the event is about.
func (s *Server) emit(event, action string, r *Repo, sender string, body obj) {
	for _, in := range s.installations {
		s.emitTo(in, event, action, r, sender, body)
	}
}

// emitOwn tells one App of an event of its own: check_run, check_suite.
func (s *Server) emitOwn(a *App, event, action string, r *Repo, sender string, body obj) {
	for _, in := range s.installations {
		if in.App == a {
			s.emitTo(in, event, action, r, sender, body)
		}
	}
}

// emitTo queues the event for one installation. An action of "" leaves it out.
func (s *Server) emitTo(in *Installation, event, action string, r *Repo, sender string, body obj) {
	if !in.covers(r) || !in.suspended.IsZero() || !in.hears(event) {
		return
	}
	payload := obj{
		"repository": s.repoJSON(r), "sender": s.userJSON(sender),
		"installation": obj{"id": in.ID, "node_id": nodeID("MDI", in.ID)},
	}
	if action != "" {
		payload["action"] = action
	}
	if s.account(r.owner).kind == "Organization" {
		payload["organization"] = s.organizationJSON(r.owner)
	}
	for k, v := range body {
		payload[k] = v
	}
	addProperties(payload)
	s.queue(in.App, event, payload)
}

// addProperties gives every repository in a payload the custom_properties that
// only webhooks carry.
func addProperties(v any) {
	switch node := v.(type) {
	case []any:
		for _, item := range node {
			addProperties(item)
		}
	case obj:
		if _, isRepo := node["full_name"]; isRepo {
			node["custom_properties"] = obj{}
		}
		for _, item := range node {
			addProperties(item)
		}
	}
}

// runEventJSON is a check run as webhooks have it: with more of its suite.
func (s *Server) runEventJSON(r *Repo, run *CheckRun) obj {
	suite := s.suiteJSON(r, run.suite, false)
	for _, key := range []string{"head_commit", "latest_check_runs_count", "check_runs_url", "rerequestable",
		"runs_rerequestable"} {
		delete(suite, key)
	}
	return merge(s.runJSON(r, run), obj{"check_suite": suite})
}

// eventNeeds is the permission without which an event is not sent.
var eventNeeds = map[string]string{
	"pull_request": "pull_requests", "pull_request_review": "pull_requests",
	"pull_request_review_comment": "pull_requests", "pull_request_review_thread": "pull_requests", "push": "contents",
	"issue_comment": "issues", "repository": "metadata", "merge_group": "merge_queues",
}

// hears reports whether an installation is sent an event. The check events come
// with checks:write, without being subscribed to.
func (in *Installation) hears(event string) bool {
	if event == "check_run" || event == "check_suite" {
		return in.permissions["checks"] == "write"
	}
	need := eventNeeds[event]
	return slices.Contains(in.App.events, event) && (need == "metadata" || in.permissions[need] != "")
}

func (s *Server) organizationJSON(login string) obj {
	u := s.account(login)
	base := s.api("orgs/%s", login)
	return obj{
		"login": u.login, "id": u.id, "node_id": nodeID("O", u.id), "url": base, "repos_url": base + "/repos",
		"events_url": base + "/events", "hooks_url": base + "/hooks", "issues_url": base + "/issues",
		"members_url": base + "/members{/member}", "public_members_url": base + "/public_members{/member}",
		"avatar_url": s.web + "/avatars/" + login, "description": nil,
	}
}

// Organization makes an account an organisation.
func (s *Server) Organization(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.account(login)
	u.kind = "Organization"
	s.users[strings.ToLower(login)] = u
}

// emitPull sends a pull_request event; changes has what is beside the pull
// request: before and after of a push, or the changes of an edit.
func (s *Server) emitPull(p *Pull, action, sender string, changes obj) {
	body := obj{"number": p.Number, "pull_request": s.pullJSON(p, true)}
	switch action {
	case "synchronize":
		body["before"], body["after"] = changes["before"], changes["after"]
	case "edited":
		body["changes"] = changes
	}
	s.emit("pull_request", action, p.repo, sender, body)
}

// zeroSHA stands for "no commit" in push events.
var zeroSHA = strings.Repeat("0", 40)

// emitPush sends a push event.
func (s *Server) emitPush(r *Repo, branch, before, after, by string) error {
	url := s.web + "/" + r.fullName()
	commits, head := []any{}, any(nil)
	if after != "" {
		ci, err := r.store.commit(after)
		if err != nil {
			return err
		}
		one := s.pushCommit(r, ci)
		head, commits = one, append(commits, one)
	}
	repo := s.repoJSON(r)
	repo["pushed_at"], repo["created_at"] = r.pushedAt.Unix(), r.createdAt.Unix()
	repo["owner"] = merge(s.userJSON(r.owner), obj{"name": r.owner, "email": nil})
	repo["master_branch"], repo["stargazers"] = r.defaultBranch, 0
	s.emit("push", "", r, by, obj{
		"ref": "refs/heads/" + branch, "before": orZero(before), "after": orZero(after), "repository": repo,
		"base_ref": nil, "created": before == "", "deleted": after == "", "forced": s.forced(r, before, after),
		"commits": commits, "head_commit": head,
		"compare": url + "/compare/" + orZero(before)[:12] + "..." + orZero(after)[:12],
		"pusher":  obj{"name": by, "email": s.account(by).email()},
	})
	return nil
}

func (s *Server) forced(r *Repo, before, after string) bool {
	if before == "" || after == "" {
		return false
	}
	base, err := r.store.mergeBase(before, after)
	return err != nil || base != before
}

func (s *Server) pushCommit(r *Repo, ci commitInfo) obj {
	o := s.simpleCommitJSON(ci)
	o["url"], o["distinct"] = s.commitPage(r, ci.sha), true
	added, removed, modified := []string{}, []string{}, []string{}
	if len(ci.parents) > 0 {
		files, _ := r.store.diff(ci.parents[0], ci.sha)
		for _, f := range files {
			switch f.Status {
			case "added":
				added = append(added, f.Path)
			case "removed":
				removed = append(removed, f.Path)
			case "renamed":
				added, removed = append(added, f.Path), append(removed, f.PreviousPath)
			default:
				modified = append(modified, f.Path)
			}
		}
	}
	o["added"], o["removed"], o["modified"] = added, removed, modified
	for _, role := range []string{"author", "committer"} {
		o[role].(obj)["username"] = o[role].(obj)["name"]
	}
	return o
}

func orZero(sha string) string {
	if sha == "" {
		return zeroSHA
	}
	return sha
}

func merge(a, b obj) obj {
	for k, v := range b {
		a[k] = v
	}
	return a
}

// emitComment sends a pull_request_review_comment event.
func (s *Server) emitComment(c *Comment, action, sender string, changes obj) {
	body := obj{"comment": s.commentJSON(c), "pull_request": s.pullJSON(c.thread.pull, false)}
	if changes != nil {
		body["changes"] = changes
	}
	s.emit("pull_request_review_comment", action, c.thread.pull.repo, sender, body)
}

// emitThread sends a pull_request_review_thread event.
func (s *Server) emitThread(t *Thread, action, sender string) {
	comments := []any{}
	for _, c := range t.comments {
		comments = append(comments, s.commentJSON(c))
	}
	s.emit("pull_request_review_thread", action, t.pull.repo, sender, obj{
		"thread": obj{"node_id": t.ID, "comments": comments}, "pull_request": s.pullJSON(t.pull, false),
		"updated_at": s.now().Format(time.RFC3339),
	})
}

// issueJSON is a pull request as the issue it is.
func (s *Server) issueJSON(p *Pull) obj {
	url := s.api("repos/%s/issues/%d", p.repo.fullName(), p.Number)
	pull := s.pullJSON(p, false)
	return obj{
		"url": url, "repository_url": s.api("repos/%s", p.repo.fullName()), "labels_url": url + "/labels{/name}",
		"comments_url": url + "/comments", "events_url": url + "/events", "timeline_url": url + "/timeline",
		"html_url": pull["html_url"], "id": p.ID + 100_000, "node_id": p.NodeID(), "number": p.Number,
		"title": p.title, "user": s.userJSON(p.author), "labels": []any{}, "state": p.state, "locked": false,
		"assignee": nil, "assignees": []any{}, "milestone": nil, "comments": len(p.repo.comments),
		"created_at": stamp(p.createdAt), "updated_at": stamp(p.updated), "closed_at": stampOrNil(p.closedAt),
		"author_association": "CONTRIBUTOR", "active_lock_reason": nil, "draft": p.draft,
		"pull_request": obj{
			"url": pull["url"], "html_url": pull["html_url"], "diff_url": pull["diff_url"],
			"patch_url": pull["patch_url"], "merged_at": nil,
		},
		"body": orNil(p.body), "reactions": reactionsJSON(url, nil), "performed_via_github_app": nil,
		"state_reason": nil,
	}
}
