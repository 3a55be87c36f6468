package githubtest

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is where GitHub cuts Blob.text, in bytes.
const maxText = 512_000

// queries are the fields of the root of a query.
func (c *call) queries() map[string]any {
	s := c.srv
	return map[string]any{
		"repository": gqlField(func(args map[string]any) (any, error) {
			owner, name := args["owner"].(string), args["name"].(string)
			r := s.repoNamed(owner, name)
			if r == nil || !c.token.reaches(r) && !r.public {
				return nil, gqlError{"NOT_FOUND",
					fmt.Sprintf("Could not resolve to a Repository with the name '%s/%s'.", owner, name)}
			}
			return c.gqlRepo(r), nil
		}),
		"node": gqlField(func(args map[string]any) (any, error) { return c.gqlNode(fmt.Sprint(args["id"])) }),
		"rateLimit": gqlField(func(map[string]any) (any, error) {
			r := s.rates[c.bucket()]
			return &gqlObject{"RateLimit", map[string]any{
				"cost": 1, "limit": r.limit, "used": r.used, "remaining": r.limit - r.used, "resetAt": stamp(r.reset),
				"nodeCount": 1,
			}}, nil
		}),
	}
}

// gqlNode finds a review thread, comment, pull request or repository by its id.
func (c *call) gqlNode(id string) (any, error) {
	for _, r := range c.srv.repos {
		if r.deleted || !c.token.reaches(r) {
			continue
		}
		if r.NodeID() == id {
			return c.gqlRepo(r), nil
		}
		for _, p := range r.pulls {
			if p.NodeID() == id {
				return c.gqlPull(p), nil
			}
		}
	}
	if t := c.thread(id); t != nil {
		return c.gqlThread(t), nil
	}
	if cm := c.commentNode(id); cm != nil {
		return c.gqlComment(cm), nil
	}
	return nil, unresolved(id)
}

func unresolved(id string) error {
	return gqlError{"NOT_FOUND", fmt.Sprintf("Could not resolve to a node with the global id of '%s'", id)}
}

func (c *call) gqlRepo(r *Repo) *gqlObject {
	return &gqlObject{"Repository", map[string]any{
		"id": r.NodeID(), "databaseId": r.ID, "name": r.name, "nameWithOwner": r.fullName(), "isFork": r.parent != nil,
		"defaultBranchRef": gqlField(func(map[string]any) (any, error) { return c.gqlRef(r, r.defaultBranch), nil }),
		"ref": gqlField(func(args map[string]any) (any, error) {
			return c.gqlRef(r, strings.TrimPrefix(args["qualifiedName"].(string), "refs/heads/")), nil
		}),
		"object": gqlField(func(args map[string]any) (any, error) { return c.gqlExpression(r, args) }),
		"pullRequest": gqlField(func(args map[string]any) (any, error) {
			n, _ := intArg(args["number"])
			p := r.pull(n)
			switch {
			case !c.token.allows(readPulls):
				return nil, errForbidden
			case p == nil:
				return nil, gqlError{"NOT_FOUND",
					fmt.Sprintf("Could not resolve to a PullRequest with the number of %d.", n)}
			}
			return c.gqlPull(p), nil
		}),
	}}
}

// gqlExpression is Repository.object: by oid, or by an expression such as "SHA:path".
func (c *call) gqlExpression(r *Repo, args map[string]any) (any, error) {
	if !c.token.allows(readContents) {
		return nil, errForbidden
	}
	name, _ := args["oid"].(string)
	if expression, ok := args["expression"].(string); ok {
		name = expression
		if revision, at, inside := strings.Cut(expression, ":"); inside {
			sha, err := r.resolve(revision)
			if err != nil {
				return nil, nil
			}
			name = sha + ":" + at
		} else if sha, err := r.resolve(expression); err == nil {
			name = sha
		}
	}
	return c.gqlGit(r, name), nil
}

// gqlGit gives a git object; null when it does not exist.
func (c *call) gqlGit(r *Repo, name string) *gqlObject {
	o, err := r.store.objects.read(name)
	if err != nil {
		return nil
	}
	switch o.kind {
	case "blob":
		return gqlBlob(o)
	case "tree":
		return c.gqlTree(r, o.sha)
	case "commit":
		return c.gqlCommit(r, o.sha)
	}
	return nil
}

func gqlBlob(o object) *gqlObject {
	binary := bytes.IndexByte(o.data[:min(len(o.data), 8000)], 0) >= 0 || !utf8.Valid(o.data)
	var text any
	if !binary {
		text = strings.ToValidUTF8(string(o.data[:min(len(o.data), maxText)]), "")
	}
	return &gqlObject{"Blob", map[string]any{
		"id": "B_" + o.sha, "oid": o.sha, "byteSize": len(o.data), "isBinary": binary,
		"isTruncated": len(o.data) > maxText, "text": text,
	}}
}

func (c *call) gqlTree(r *Repo, sha string) *gqlObject {
	return &gqlObject{"Tree", map[string]any{
		"id": "T_" + sha, "oid": sha,
		"entries": gqlField(func(map[string]any) (any, error) {
			rows, err := r.store.tree(sha)
			list := []*gqlObject{}
			for _, row := range rows {
				list = append(list, c.gqlEntry(r, row))
			}
			return list, err
		}),
	}}
}

func (c *call) gqlEntry(r *Repo, row treeEntry) *gqlObject {
	mode, _ := strconv.ParseInt(row.mode, 8, 64)
	return &gqlObject{"TreeEntry", map[string]any{
		"mode": mode, "name": path.Base(row.path), "path": row.path, "oid": row.sha, "type": row.kind(),
		"object": gqlField(func(map[string]any) (any, error) { return c.gqlGit(r, row.sha), nil }),
	}}
}

func (c *call) gqlCommit(r *Repo, sha string) *gqlObject {
	ci, err := r.store.commit(sha)
	if err != nil {
		return nil
	}
	return &gqlObject{"Commit", map[string]any{
		"id": "C_" + ci.sha, "oid": ci.sha, "message": ci.message, "committedDate": stamp(ci.committer.when),
		"tree": gqlField(func(map[string]any) (any, error) { return c.gqlTree(r, ci.tree), nil }),
		"file": gqlField(func(args map[string]any) (any, error) {
			row, err := r.store.entry(ci.sha, args["path"].(string))
			if err != nil {
				return nil, nil
			}
			return c.gqlEntry(r, row), nil
		}),
		"checkSuites": gqlField(func(args map[string]any) (any, error) { return c.gqlSuites(r, ci.sha, args) }),
	}}
}

func (c *call) gqlSuites(r *Repo, sha string, args map[string]any) (any, error) {
	if !c.token.allows(readChecks) {
		return nil, errForbidden
	}
	filter, _ := args["filterBy"].(map[string]any)
	app, byApp := intArg(filter["appId"])
	var found []*CheckSuite
	for _, cs := range r.suites {
		if cs.HeadSHA == sha && (!byApp || int64(app) == cs.App.ID) {
			found = append(found, cs)
		}
	}
	return connection("CheckSuite", "checkSuites", found, args, func(cs *CheckSuite) *gqlObject {
		status, conclusion := r.suiteState(cs)
		return &gqlObject{"CheckSuite", map[string]any{
			"id": nodeID("CS", cs.ID), "databaseId": cs.ID, "status": strings.ToUpper(status),
			"conclusion": orNil(strings.ToUpper(conclusion)),
			"checkRuns":  gqlField(func(args map[string]any) (any, error) { return gqlRuns(r.runsOf(cs), args) }),
		}}
	})
}

func gqlRuns(runs []*CheckRun, args map[string]any) (any, error) {
	filter, _ := args["filterBy"].(map[string]any)
	if filter["checkType"] != "ALL" {
		runs = latest(runs)
	}
	runs = slices.DeleteFunc(slices.Clone(runs), func(run *CheckRun) bool {
		name, byName := filter["checkName"].(string)
		return byName && run.Name != name
	})
	return connection("CheckRun", "checkRuns", runs, args, func(run *CheckRun) *gqlObject {
		return &gqlObject{"CheckRun", map[string]any{
			"id": nodeID("CR", run.ID), "databaseId": run.ID, "name": run.Name, "externalId": orNil(run.ExternalID),
			"status": strings.ToUpper(run.Status), "conclusion": orNil(strings.ToUpper(run.Conclusion)),
			"detailsUrl": orNil(run.DetailsURL), "startedAt": stampOrNil(run.StartedAt),
			"completedAt": stampOrNil(run.CompletedAt), "title": orNil(run.Title), "summary": orNil(run.Summary),
			"text": orNil(run.Text),
		}}
	})
}

func (c *call) gqlRef(r *Repo, name string) *gqlObject {
	sha := r.tip(name)
	if sha == "" {
		return nil
	}
	return &gqlObject{"Ref", map[string]any{
		"id": "REF_" + name, "name": name, "prefix": "refs/heads/",
		"target": gqlField(func(map[string]any) (any, error) {
			if !c.token.allows(readContents) {
				return nil, errForbidden
			}
			return c.gqlCommit(r, sha), nil
		}),
		"associatedPullRequests": gqlField(func(args map[string]any) (any, error) {
			return c.gqlPullsOf(r, name, args)
		}),
	}}
}

// gqlPullsOf lists the pull requests whose head is a branch.
func (c *call) gqlPullsOf(r *Repo, branch string, args map[string]any) (any, error) {
	if !c.token.allows(readPulls) {
		return nil, errForbidden
	}
	var found []*Pull
	states, _ := args["states"].([]any)
	for _, p := range r.pulls {
		if p.headRepo == r && p.headRef == branch &&
			(len(states) == 0 || slices.Contains(states, any(strings.ToUpper(p.state)))) {
			found = append(found, p)
		}
	}
	return connection("PullRequest", "associatedPullRequests", found, args, c.gqlPull)
}

// gqlActor is an account; a bot's login is its slug, without "[bot]".
func (c *call) gqlActor(login string) *gqlObject {
	u := c.srv.account(login)
	return &gqlObject{u.kind, map[string]any{
		"id": nodeID("U", u.id), "databaseId": u.id, "login": strings.TrimSuffix(u.login, "[bot]"),
	}}
}

func (c *call) gqlPull(p *Pull) *gqlObject {
	var headRepo, headRef *gqlObject
	if !p.headRepo.deleted {
		headRepo, headRef = c.gqlRepo(p.headRepo), c.gqlRef(p.headRepo, p.headRef)
	}
	sum := func(count func(FileChange) int) gqlField {
		return func(map[string]any) (any, error) {
			files, err := p.files()
			n := 0
			for _, f := range files {
				n += count(f)
			}
			return n, err
		}
	}
	return &gqlObject{"PullRequest", map[string]any{
		"id": p.NodeID(), "fullDatabaseId": strconv.FormatInt(p.ID, 10), "number": p.Number,
		"state": strings.ToUpper(p.state), "title": p.title, "body": p.body, "isDraft": p.draft, "merged": false,
		"closed": p.state == "closed", "isCrossRepository": p.headRepo != p.repo, "headRefOid": p.head,
		"headRefName": p.headRef, "headRef": headRef, "headRepository": headRepo, "baseRefOid": p.base,
		"baseRefName": p.baseRef, "baseRef": c.gqlRef(p.repo, p.baseRef), "author": c.gqlActor(p.author),
		"updatedAt": stamp(p.updated), "changedFiles": sum(func(FileChange) int { return 1 }),
		"additions":     sum(func(f FileChange) int { return f.Additions }),
		"deletions":     sum(func(f FileChange) int { return f.Deletions }),
		"reviewThreads": gqlField(func(args map[string]any) (any, error) { return c.gqlThreads(p, args) }),
		"reviews":       gqlField(func(args map[string]any) (any, error) { return c.gqlReviews(p, args) }),
		"comments":      gqlField(func(args map[string]any) (any, error) { return c.gqlTalk(p, args) }),
	}}
}

// gqlTalk is the conversation of a pull request.
func (c *call) gqlTalk(p *Pull, args map[string]any) (any, error) {
	var found []*IssueComment
	for _, ic := range p.repo.comments {
		if ic.Number == p.Number {
			found = append(found, ic)
		}
	}
	return connection("IssueComment", "comments", found, args, func(ic *IssueComment) *gqlObject {
		return &gqlObject{"IssueComment", map[string]any{
			"id": nodeID("IC", ic.ID), "fullDatabaseId": strconv.FormatInt(ic.ID, 10), "author": c.gqlActor(ic.Author),
			"body": ic.Body, "createdAt": stamp(ic.CreatedAt), "lastEditedAt": stampOrNil(ic.EditedAt),
			"viewerDidAuthor": ic.Author == c.app.Bot(), "reactionGroups": c.gqlReactions(ic.reactions),
		}}
	})
}

func (c *call) gqlThreads(p *Pull, args map[string]any) (any, error) {
	var seen []*Thread
	for _, t := range p.threads {
		if !p.isPending(t.comments[0]) || t.comments[0].Author == c.app.Bot() {
			seen = append(seen, t)
		}
	}
	return connection("PullRequestReviewThread", "reviewThreads", seen, args, c.gqlThread)
}

func (c *call) gqlThread(t *Thread) *gqlObject {
	a := t.Anchor
	mayWrite := c.token.allows("contents=write")
	var by any
	if t.ResolvedBy != "" {
		u := c.gqlActor(t.ResolvedBy)
		u.kind = "User" // the schema has no other kind here
		by = u
	}
	return &gqlObject{"PullRequestReviewThread", map[string]any{
		"id": t.ID, "isCollapsed": t.Resolved || t.Outdated, "isOutdated": t.Outdated, "isResolved": t.Resolved,
		"path": t.Path, "line": intOrNil(a.Line), "startLine": intOrNil(a.StartLine),
		"originalLine": intOrNil(a.OriginalLine), "originalStartLine": intOrNil(a.OriginalStartLine),
		"diffSide": cmp.Or(a.Side, "RIGHT"), "startDiffSide": orNil(a.StartSide),
		"subjectType": strings.ToUpper(a.Subject), "resolvedBy": by, "viewerCanReply": true,
		"viewerCanResolve": mayWrite && !t.Resolved, "viewerCanUnresolve": mayWrite && t.Resolved,
		"comments": gqlField(func(args map[string]any) (any, error) {
			return connection("PullRequestReviewComment", "comments", t.comments, args, c.gqlComment)
		}),
	}}
}

func (c *call) gqlComment(cm *Comment) *gqlObject {
	t := cm.thread
	r := t.pull.repo
	return &gqlObject{"PullRequestReviewComment", map[string]any{
		"id": nodeID("PRRC", cm.ID), "databaseId": cm.ID, "fullDatabaseId": strconv.FormatInt(cm.ID, 10),
		"author": c.gqlActor(cm.Author), "body": cm.Body, "createdAt": stamp(cm.CreatedAt),
		"lastEditedAt": stampOrNil(cm.EditedAt), "reactionGroups": c.gqlReactions(cm.reactions),
		"authorAssociation": t.pull.association(cm.Author),
		"isMinimized":       cm.Minimized != "", "minimizedReason": orNil(strings.ToLower(cm.Minimized)),
		"outdated": t.Outdated, "path": t.Path, "line": intOrNil(t.Anchor.Line),
		"startLine": intOrNil(t.Anchor.StartLine), "viewerDidAuthor": cm.Author == c.app.Bot(),
		"commit": gqlField(func(map[string]any) (any, error) { return c.gqlCommit(r, t.Anchor.CommitID), nil }),
		"originalCommit": gqlField(func(map[string]any) (any, error) {
			return c.gqlCommit(r, t.Anchor.OriginalCommitID),
				nil
		}),
		"pullRequestReview": gqlField(func(map[string]any) (any, error) {
			return c.gqlReview(t.pull, t.pull.review(cm.ReviewID)), nil
		}),
	}}
}

func (c *call) gqlReviews(p *Pull, args map[string]any) (any, error) {
	states, _ := args["states"].([]any)
	author, byAuthor := args["author"].(string)
	var seen []*Review
	for _, r := range p.reviews {
		own := r.Author == c.app.Bot()
		if (r.State != "PENDING" || own) && (len(states) == 0 || slices.Contains(states, any(r.State))) &&
			(!byAuthor || strings.TrimSuffix(r.Author, "[bot]") == author) {
			seen = append(seen, r)
		}
	}
	return connection("PullRequestReview", "reviews", seen, args,
		func(r *Review) *gqlObject { return c.gqlReview(p, r) })
}

func (c *call) gqlReview(p *Pull, r *Review) *gqlObject {
	if r == nil {
		return nil
	}
	return &gqlObject{"PullRequestReview", map[string]any{
		"id": nodeID("PRR", r.ID), "fullDatabaseId": strconv.FormatInt(r.ID, 10), "state": r.State, "body": r.Body,
		"author": c.gqlActor(r.Author), "submittedAt": stampOrNil(r.SubmittedAt),
		"viewerDidAuthor": r.Author == c.app.Bot(),
		"commit": gqlField(func(map[string]any) (any, error) {
			if !c.token.allows(readContents) {
				return nil, errForbidden
			}
			return c.gqlCommit(p.repo, r.CommitID), nil
		}),
	}}
}
