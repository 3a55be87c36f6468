package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-github/v60/github"
)

// SchemaText is the stand-in's part of GitHub's GraphQL schema, for the contract test.
var SchemaText = schemaText

// Operations lists what the stand-in serves, "METHOD /template".
func Operations() []string {
	var all []string
	for _, rt := range routes {
		all = append(all, rt.method+" "+rt.path)
	}
	return all
}

// seen collects the requests of every test's world.
var seen struct {
	sync.Mutex
	requests []Request
}

// Seen are the requests of the tests that are done.
func Seen() []Request {
	seen.Lock()
	defer seen.Unlock()
	return slices.Clone(seen.requests)
}

// remember keeps the world's requests for Seen.
func (w *world) remember() {
	seen.Lock()
	defer seen.Unlock()
	seen.requests = append(seen.requests, w.srv.Requests()...)
}

// FullRun calls every operation at least once with success and many that are
// refused, and gives the record of it and all deliveries.
func FullRun(t *testing.T) ([]Request, []Delivery) {
	w := newWorld(t, Options{})
	w.srv.Organization("octo")
	more := DefaultPermissions()
	more["contents"], more["issues"] = "write", "write"
	w.inst.SetPermissions(more)
	p := w.twoHunks()
	fork, err := w.repo.Fork("eve")
	w.must(err)
	_, err = fork.Commit("topic",
		Commit{Files: map[string]string{"Dockerfile": "FROM busybox\n"}, Delete: []string{"README.md"}})
	w.must(err)
	_, err = w.repo.OpenPull(PullOptions{Head: "topic", HeadRepo: fork, Draft: true, Body: "from a fork"})
	w.must(err)
	w.runReads(p)
	w.runChecks(p)
	w.runReviews(p)
	w.runPeople(p)
	w.runGraphQL(p)
	w.runGit(p)
	w.runRefusals(p)
	fork.Delete()
	w.call(w.gh, "GET", "repos/octo/shop/pulls?state=all&head=octo:fix&sort=created&direction=asc", nil, 200)
	w.call(w.gh, "GET", "repos/octo/shop/pulls/2", nil, 200)
	w.runApp()
	w.call(w.gh, "DELETE", "installation/token", nil, 204)
	return w.srv.Requests(), w.srv.Deliveries()
}

// call makes one request and wants its status.
func (w *world) call(c *github.Client, method, path string, body any, want int, accept ...string) {
	w.Helper()
	req, err := c.NewRequest(method, path, body)
	w.must(err)
	if len(accept) > 0 {
		req.Header.Set("Accept", accept[0])
	}
	resp, err := c.BareDo(w.ctx, req)
	if resp == nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	resp.Body.Close()
	if resp.StatusCode != want {
		w.Fatalf("%s %s: %d, want %d: %v", method, path, resp.StatusCode, want, err)
	}
}

func (w *world) runReads(p *Pull) {
	_, err := w.repo.Commit("main", Commit{Entries: map[string]File{
		"sub": {Content: strings.Repeat("a", 40), Mode: "160000"}, "dangling": {Content: "nowhere", Mode: "120000"},
	}})
	w.must(err)
	blob, err := w.repo.store.entry(p.head, "f")
	w.must(err)
	for _, path := range []string{
		"repos/octo/shop", "installation/repositories?per_page=1", "rate_limit",
		"repos/octo/shop/collaborators/octo/permission", "repos/octo/shop/branches?per_page=1",
		"repos/octo/shop/branches/fix", "repos/octo/shop/compare/main...fix", "repos/octo/shop/contents/",
		"repos/octo/shop/contents/README.md?ref=fix", "repos/octo/shop/contents/sub",
		"repos/octo/shop/contents/dangling", "repos/octo/shop/git/blobs/" + blob.sha,
		"repos/octo/shop/git/trees/main?recursive=1", "repos/octo/shop/git/commits/" + p.head,
		"repos/octo/shop/git/ref/heads/fix", "repos/octo/shop/commits/fix", "repos/octo/shop/pulls?per_page=1&page=2",
		"repos/octo/shop/pulls/1", "repos/octo/shop/pulls/2", "repos/octo/shop/pulls/1/files?per_page=100",
		"repos/octo/shop/pulls/2/files", "repos/octo/shop/pulls/1/commits",
	} {
		w.call(w.gh, "GET", path, nil, 200)
	}
	w.call(w.gh, "GET", "repos/octo/shop/git/blobs/"+blob.sha, nil, 200, "application/vnd.github.raw+json")
	w.call(w.gh, "GET", "repos/octo/shop/contents/README.md", nil, 200, "application/vnd.github.raw+json")
}

func (w *world) runChecks(p *Pull) {
	run, _, err := w.gh.Checks.CreateCheckRun(w.ctx, "octo", "shop", github.CreateCheckRunOptions{
		Name: "dfbot", HeadSHA: p.head, Status: github.String("in_progress"), ExternalID: github.String("v1"),
		StartedAt: &github.Timestamp{Time: w.clock.Now()}, Output: withColumns(3, 3),
	})
	w.must(err)
	base := "repos/octo/shop/check-runs/" + jsonNumber(run.GetID())
	w.call(w.gh, "PATCH", base, github.UpdateCheckRunOptions{
		Name: "dfbot", Conclusion: github.String("failure"), Output: output(nil), Actions: actions(1, 3, 3),
	}, 200)
	w.call(w.gh, "GET", base, nil, 200)
	w.call(w.gh, "GET", base+"/annotations", nil, 200)
	w.call(w.gh, "POST", base+"/rerequest", nil, 201)
	w.call(w.gh, "GET",
		"repos/octo/shop/commits/"+p.head+"/check-runs?check_name=dfbot&filter=all&status=completed"+
			"&app_id="+jsonNumber(w.app.ID), nil, 200)
	w.call(w.gh, "GET", "repos/octo/shop/commits/"+p.head+"/check-suites?app_id="+jsonNumber(w.app.ID), nil, 200)
	suite := "repos/octo/shop/check-suites/" + jsonNumber(run.GetCheckSuite().GetID())
	w.call(w.gh, "GET", suite, nil, 200)
	w.call(w.gh, "GET", suite+"/check-runs", nil, 200)
	w.repo.RerequestSuite(w.app, p.head, "ann")
	w.must(w.repo.Press(run.GetID(), "fix", "ann"))
}

func (w *world) runReviews(p *Pull) {
	base := "repos/octo/shop/pulls/1"
	review := func(event string) int64 {
		r, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", 1, &github.PullRequestReviewRequest{
			CommitID: &p.head, Body: github.String("body"), Event: &event,
			Comments: []*github.DraftReviewComment{draft(func(*github.DraftReviewComment) {}),
				draft(func(c *github.DraftReviewComment) { c.StartLine = github.Int(4) })},
		})
		w.must(err)
		return r.GetID()
	}
	at := func(id int64) string { return base + "/reviews/" + jsonNumber(id) }
	first := at(review("COMMENT"))
	w.call(w.gh, "GET", first, nil, 200)
	w.call(w.gh, "PUT", first, obj{"body": "new body"}, 200)
	w.call(w.gh, "GET", first+"/comments", nil, 200)
	w.call(w.gh, "GET", base+"/reviews", nil, 200)
	w.call(w.gh, "PUT", at(review("REQUEST_CHANGES"))+"/dismissals", obj{"message": "done"}, 200)
	w.call(w.gh, "DELETE", at(w.pending(p)), nil, 200)
	w.call(w.gh, "POST", at(w.pending(p))+"/events", obj{"event": "COMMENT"}, 200)

	comment := "repos/octo/shop/pulls/comments/" + jsonNumber(p.Comments()[0].ID)
	w.call(w.gh, "GET", comment, nil, 200)
	w.call(w.gh, "PATCH", comment, obj{"body": "edited"}, 200)
	w.call(w.gh, "POST", base+"/comments/"+jsonNumber(p.Comments()[0].ID)+"/replies", obj{"body": "reply"}, 201)
	w.call(w.gh, "POST", base+"/comments",
		obj{"body": "file", "commit_id": p.head, "path": "f", "subject_type": "file"}, 201)
	w.call(w.gh, "POST", base+"/comments",
		obj{"body": "line", "commit_id": p.head, "path": "f", "line": 5, "side": "LEFT"}, 201)
	w.call(w.gh, "GET", base+"/comments?per_page=2", nil, 200)
	w.call(w.gh, "DELETE", "repos/octo/shop/pulls/comments/"+jsonNumber(p.Comments()[1].ID), nil, 204)
	w.call(w.gh, "POST", "repos/octo/shop/issues/1/comments", obj{"body": "talk"}, 201)
	w.call(w.gh, "GET", "repos/octo/shop/issues/1/comments", nil, 200)
}

func (w *world) pending(p *Pull) int64 {
	r, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, &github.PullRequestReviewRequest{
		Body:     github.String("later"),
		Comments: []*github.DraftReviewComment{draft(func(*github.DraftReviewComment) {})},
	})
	w.must(err)
	return r.GetID()
}

// runPeople has people do what makes webhooks.
func (w *world) runPeople(p *Pull) {
	id, err := p.CommentOn("ann", "f", 30, "```suggestion\nbetter\n```")
	w.must(err)
	_, err = w.srv.Reply(id, "bob", "good")
	w.must(err)
	w.must(w.srv.ResolveThread(id, "bob"))
	w.must(w.srv.UnresolveThread(id, "bob"))
	_, err = w.srv.ApplySuggestion(id, "bob")
	w.must(err)
	said := p.Say("ann", "hello")
	w.must(p.EditComment(said, "ann", "hello, all"))
	for at, id := range map[string]int64{"pulls": p.Comments()[0].ID, "issues": said} {
		path := fmt.Sprintf("repos/octo/shop/%s/comments/%d", at, id)
		w.call(w.gh, "GET", path, nil, 200)
		w.call(w.gh, "POST", path+"/reactions", obj{"content": "eyes"}, 201)
		w.call(w.gh, "POST", path+"/reactions", obj{"content": "eyes"}, 200)
		w.call(w.gh, "POST", path+"/reactions", obj{"content": "hat"}, 422)
		w.must(w.srv.React(id, "ann", "+1"))
		w.call(w.gh, "GET", path+"/reactions?content=eyes&per_page=100", nil, 200)
	}
	w.call(w.gh, "GET", "repos/octo/shop/issues/comments/1", nil, 404)
	w.call(w.gh, "GET", "repos/octo/shop/issues/1/comments?since=2000-01-01T00:00:00Z", nil, 200)
	w.must(w.repo.SetBranch("release", "main"))
	w.must(p.Retarget("release"))
	p.SetTitle("New title")
	queued, err := p.Enqueue("ann")
	w.must(err)
	p.Dequeue("ann", queued)
	p.ToDraft()
	p.Ready()
	p.Close()
	p.Reopen()
	other, err := w.srv.CreateRepo("octo", "other", map[string]string{"a": "b"})
	w.must(err)
	w.inst.RemoveRepo(other)
	w.inst.AddRepo(other)
	other.Rename("another")
	w.app.Ping()
	w.inst.Suspend()
	w.inst.Unsuspend()
	w.call(w.gh, "GET", "repos/octo/shop/pulls/1/comments", nil, 200)
	w.call(w.gh, "GET", "repos/octo/shop/compare/release...fix", nil, 200)
}

func (w *world) runGraphQL(p *Pull) {
	w.ask(`query($e:String!) { rateLimit { cost remaining resetAt } repository(owner:"octo",name:"shop") { databaseId
		object(expression:$e) { __typename ... on Commit { checkSuites(first:5, filterBy:{appId:101}) { nodes {
			checkRuns(first:50) { nodes { databaseId name externalId status conclusion } } } } } }
		pullRequest(number:1) { headRepository { databaseId } changedFiles
			comments(last:100) { pageInfo { hasPreviousPage startCursor } nodes { fullDatabaseId body lastEditedAt
				author { login } reactionGroups { content viewerHasReacted } } }
			reviews(last:50) { nodes { fullDatabaseId state body author { login __typename } commit { oid } } }
			reviewThreads(first:50) { nodes { id comments(first:5) { nodes {
				id outdated pullRequestReview { state } } } } } } } }`, obj{"e": p.head})
	w.ask(`mutation($id:ID!) { minimizeComment(input:{subjectId:$id, classifier:OUTDATED}) {
		minimizedComment { isMinimized minimizedReason } } }`,
		obj{"id": nodeID("PRRC", p.Comments()[0].ID)})
	id := p.Threads()[0].ID
	w.ask(`mutation($id:ID!) { resolveReviewThread(input:{threadId:$id}) { thread { isResolved } } }`, obj{"id": id})
	w.ask(`mutation($id:ID!) { unresolveReviewThread(input:{threadId:$id}) { thread { isResolved } } }`, obj{"id": id})
	w.ask(`mutation($head:GitObjectID!) { createCommitOnBranch(input:{
		branch:{repositoryNameWithOwner:"octo/shop", branchName:"fix"}, expectedHeadOid:$head, message:{headline:"Fix"},
		fileChanges:{additions:[{path:"a", contents:"QQ0K"}]}}) { commit { oid } } }`, obj{"head": p.head})
}

// runGit commits by the Git database.
func (w *world) runGit(p *Pull) {
	w.gh = w.client(w.token()) // the first is from before contents:write
	blob, _, err := w.gh.Git.CreateBlob(w.ctx, "octo", "shop", &github.Blob{Content: github.String("QQ0K"),
		Encoding: github.String("base64")})
	w.must(err)
	base, _, err := w.gh.Git.GetCommit(w.ctx, "octo", "shop", p.head)
	w.must(err)
	tree, _, err := w.gh.Git.CreateTree(w.ctx, "octo", "shop", base.GetTree().GetSHA(), []*github.TreeEntry{
		{Path: github.String("run"), Mode: github.String("100755"), Type: github.String("blob"), SHA: blob.SHA},
		{Path: github.String("text"), Mode: github.String("100644"), Type: github.String("blob"),
			Content: github.String("a\n")},
	})
	w.must(err)
	commit, _, err := w.gh.Git.CreateCommit(w.ctx, "octo", "shop", &github.Commit{Message: github.String("Run"),
		Tree: tree, Parents: []*github.Commit{{SHA: &p.head}}}, nil)
	w.must(err)
	if !commit.GetVerification().GetVerified() || commit.GetAuthor().GetName() != w.app.Bot() {
		w.Errorf("made %v", commit)
	}
	to := &github.Reference{Ref: github.String("heads/fix"), Object: &github.GitObject{SHA: commit.SHA}}
	w.repo.Restrict("fix")
	if _, _, err := w.gh.Git.UpdateRef(w.ctx, "octo", "shop", to, false); err == nil {
		w.Error("a rule let a push pass")
	}
	w.repo.rules = nil
	_, _, err = w.gh.Git.UpdateRef(w.ctx, "octo", "shop", to, false)
	w.must(err)
	entry, err := w.repo.store.entry(p.head, "run")
	if err != nil || entry.mode != "100755" || p.head != commit.GetSHA() {
		w.Errorf("the head is %s with %v, %v", p.head, entry, err)
	}
	old := &github.Reference{Ref: github.String("heads/fix"), Object: &github.GitObject{SHA: base.SHA}}
	if _, _, err := w.gh.Git.UpdateRef(w.ctx, "octo", "shop", old, false); err == nil {
		w.Error("a branch went back without force")
	}
}

// runRefusals makes calls that GitHub refuses, for the form of its errors.
func (w *world) runRefusals(p *Pull) {
	nobody := w.client("ghs_wrong")
	w.call(nobody, "GET", "repos/octo/shop", nil, 401)
	w.call(w.gh, "GET", "repos/octo/absent", nil, 404)
	w.call(w.gh, "POST", "repos/octo/shop/check-runs", obj{"name": "x"}, 422)
	w.call(w.gh, "POST", "repos/octo/shop/pulls/1/reviews", obj{"event": "NO"}, 422)
	w.call(w.gh, "POST", "repos/octo/shop/pulls/1/comments",
		obj{"body": "x", "commit_id": p.head, "path": "f", "line": 999}, 422)
	w.call(w.gh, "POST", "repos/octo/shop/pulls/1/reviews",
		obj{"event": "COMMENT", "comments": []obj{{"path": "f", "body": "x", "subject_type": "file"}}}, 422)
	w.call(w.gh, "GET", "repos/octo/shop/commits/nothing", nil, 422)
	w.repo.Rename("store")
	w.call(w.gh, "GET", "repos/octo/shop/pulls/1", nil, 200)
	w.repo.Rename("shop")
	for _, code := range []int{403, 404, 422, 429, 500, 503} {
		w.srv.Fault(Match{Times: 1}, Fault{Status: code})
		w.call(w.gh, "GET", "repos/octo/shop", nil, code)
	}
	w.srv.Fault(Match{Times: 1}, Fault{Trouble: SecondaryLimit})
	w.call(w.gh, "GET", "repos/octo/shop", nil, 403)
	w.gh = w.client(w.token()) // go-github sends nothing after a rate limit
}

func (w *world) runApp() {
	app := w.client(w.jwt(nil))
	id := jsonNumber(w.inst.ID)
	w.received("ping", "")
	for _, path := range []string{
		"app", "app/installations", "app/installations/" + id, "repos/octo/shop/installation", "app/hook/config",
		"app/hook/deliveries?per_page=5&status=success", "app/hook/deliveries/10001",
	} {
		w.call(app, "GET", path, nil, 200)
	}
	w.call(app, "POST", "app/hook/deliveries/10001/attempts", nil, 202)
	w.call(app, "POST", "app/installations/"+id+"/access_tokens",
		obj{"repositories": []string{"shop"}, "permissions": obj{"contents": "read"}}, 201)
	w.call(app, "PUT", "app/installations/"+id+"/suspended", nil, 204)
	w.call(app, "GET", "app/installations/"+id, nil, 200)
	w.call(app, "DELETE", "app/installations/"+id+"/suspended", nil, 204)
	w.call(app, "PATCH", "app/hook/config", obj{"secret": "new"}, 200)
	code, err := w.srv.RegisterByManifest("octo", `{"name":"Other","default_permissions":{},"default_events":[]}`)
	w.must(err)
	w.call(app, "POST", "app-manifests/"+code+"/conversions", nil, 201)
	w.received("ping", "")
}
