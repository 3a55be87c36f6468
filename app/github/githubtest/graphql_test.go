package githubtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
)

// ask sends a GraphQL query and gives its answer as JSON.
func (w *world) ask(query string, variables obj) string {
	w.Helper()
	body, err := json.Marshal(obj{"query": query, "variables": variables})
	w.must(err)
	req, err := http.NewRequestWithContext(w.ctx, "POST", w.srv.URL+"graphql", bytes.NewReader(body))
	w.must(err)
	req.Header.Set("Authorization", "bearer "+w.token())
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	var out bytes.Buffer
	_, err = out.ReadFrom(resp.Body)
	w.must(err)
	if resp.StatusCode != 200 {
		w.Fatalf("status %d: %s", resp.StatusCode, out.String())
	}
	return strings.TrimSpace(out.String())
}

func TestGraphQLObjects(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"bin": "a\x00b", "big": strings.Repeat("x", 512_001), "Dockerfile": "FROM é\n"})
	got := w.ask(`query($o:String!,$a:String,$b:String,$c:String,$skip:Boolean!) {
		repository(owner:$o, name:"shop") {
			nameWithOwner
			a: object(expression:$a) { __typename oid ... on Blob { byteSize isBinary isTruncated text } }
			b: object(expression:$b) { ...blob }
			c: object(expression:$c) { ...blob }
			d: object(expression:"nothing:here") { oid }
			nameWithOwner @skip(if:$skip)
			pullRequest(number:1) {
				number state isDraft headRepository { nameWithOwner } author { login __typename }
				baseRef { name target { ... on Commit {
					file(path:"README.md") { object { ... on Blob { text } } } gone: file(path:"x/y") { mode } } } }
			}
		}
	}
	fragment blob on Blob { byteSize isBinary isTruncated }`,
		obj{"o": "octo", "a": p.head + ":Dockerfile", "b": p.head + ":bin", "c": p.head + ":big", "skip": true})
	want := `{"data":{"repository":{"nameWithOwner":"octo/shop",` +
		`"a":{"__typename":"Blob","oid":"` + blobOf(w, "Dockerfile") +
		`","byteSize":8,"isBinary":false,"isTruncated":false,"text":"FROM é\n"},` +
		`"b":{"byteSize":3,"isBinary":true,"isTruncated":false},` +
		`"c":{"byteSize":512001,"isBinary":false,"isTruncated":true},"d":null,` +
		`"pullRequest":{"number":1,"state":"OPEN","isDraft":false,"headRepository":{"nameWithOwner":"octo/shop"},` +
		`"author":{"login":"ann","__typename":"User"},` +
		`"baseRef":{"name":"main","target":{"file":{"object":{"text":"# shop\n"}},"gone":null}}}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func blobOf(w *world, path string) string {
	row, err := w.repo.store.entry(w.repo.tip("fix"), path)
	w.must(err)
	return row.sha
}

func TestGraphQLThreads(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.twoHunks()
	for range 3 {
		_, _, err := w.gh.PullRequests.CreateReview(w.ctx, "octo", "shop", p.Number, &github.PullRequestReviewRequest{
			CommitID: &p.head, Event: github.String("COMMENT"),
			Comments: []*github.DraftReviewComment{draft(func(*github.DraftReviewComment) {})},
		})
		w.must(err)
	}
	w.must(w.srv.ResolveThread(p.Comments()[0].ID, "ann"))
	const query = `query($after:String) { repository(owner:"octo",name:"shop") { pullRequest(number:1) {
		reviewThreads(first:2, after:$after) { pageInfo { hasNextPage endCursor } nodes {
			id isResolved isOutdated line startLine resolvedBy { login } viewerCanResolve
			comments(first:1) { totalCount nodes { fullDatabaseId author { login __typename } body } } } } } } }`
	type page struct {
		Data struct {
			Repository struct {
				PullRequest struct {
					ReviewThreads struct {
						PageInfo struct {
							HasNextPage bool
							EndCursor   string
						}
						Nodes []struct {
							ID                           string
							IsResolved, ViewerCanResolve bool
							Line                         int
							StartLine                    *int
							ResolvedBy                   *struct{ Login string }
							Comments                     struct {
								TotalCount int
								Nodes      []struct {
									FullDatabaseID string `json:"fullDatabaseId"`
									Author         struct {
										Login    string
										Typename string `json:"__typename"`
									}
								}
							}
						}
					}
				}
			}
		}
	}
	var one, two page
	w.must(json.Unmarshal([]byte(w.ask(query, nil)), &one))
	threads := one.Data.Repository.PullRequest.ReviewThreads
	w.must(json.Unmarshal([]byte(w.ask(query, obj{"after": threads.PageInfo.EndCursor})), &two))
	rest := two.Data.Repository.PullRequest.ReviewThreads
	if len(threads.Nodes) != 2 || !threads.PageInfo.HasNextPage || len(rest.Nodes) != 1 || rest.PageInfo.HasNextPage {
		t.Fatalf("pages: %+v, %+v", threads, rest)
	}
	first := threads.Nodes[0]
	if !first.IsResolved || first.ResolvedBy.Login != "ann" || first.ViewerCanResolve || first.Line != 5 ||
		first.StartLine != nil {
		t.Errorf("first thread: %+v", first)
	}
	if a := first.Comments.Nodes[0].Author; a.Login != "dfbot" || a.Typename != "Bot" {
		t.Errorf("author: %+v", a)
	}
	refused := w.ask(`mutation($id:ID!) { resolveReviewThread(input:{threadId:$id}) { thread { isResolved } } }`,
		obj{"id": rest.Nodes[0].ID})
	if !strings.Contains(refused, `"type":"FORBIDDEN"`) ||
		!strings.HasPrefix(refused, `{"data":{"resolveReviewThread":null}`) {
		t.Errorf("without contents:write: %s", refused)
	}
	more := DefaultPermissions()
	more["contents"] = "write"
	w.inst.SetPermissions(more)
	done := w.ask(`mutation($id:ID!) { resolveReviewThread(input:{threadId:$id}) {
		thread { isResolved resolvedBy { login } } } }`, obj{"id": rest.Nodes[0].ID})
	if done != `{"data":{"resolveReviewThread":{"thread":{"isResolved":true,"resolvedBy":{"login":"dfbot"}}}}}` {
		t.Errorf("resolved: %s", done)
	}
	if w.received("pull_request_review_thread", "resolved") == nil {
		t.Error("no event for the thread")
	}
}

func TestGraphQLErrors(t *testing.T) {
	w := newWorld(t, Options{})
	const valueless = `query($n:Int!) { repository(owner:"octo", name:"shop") { pullRequest(number:$n) { id } } }`
	for query, want := range map[string]string{
		`{ repository(owner:"x", name:"y") { id } }`:         `"type":"NOT_FOUND"`,
		`{ repository(owner:"octo", name:"shop") { nope } }`: `"errors":[{`,
		`{ repository(owner:"octo", name:"shop") `:           `"errors":[{`,
		valueless: `"errors":[{`,
	} {
		if got := w.ask(query, nil); !strings.Contains(got, want) {
			t.Errorf("%s: %s", query, got)
		}
	}
	w.openPull(map[string]string{"a": "b"})
	for args, want := range map[string]string{"": "MISSING_PAGINATION_BOUNDARIES",
		"(first:101)": "EXCESSIVE_PAGINATION", `(first:1, after:"x")`: "INVALID_CURSOR_ARGUMENTS"} {
		got := w.ask(`{ repository(owner:"octo", name:"shop") { pullRequest(number:1) { reviews`+args+
			` { totalCount } } } }`, nil)
		if !strings.Contains(got, want) {
			t.Errorf("reviews%s: %s", args, got)
		}
	}
}

func TestGraphQLCommit(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"a": "b", "gone": "x"})
	more := DefaultPermissions()
	more["contents"] = "write"
	w.inst.SetPermissions(more)
	const mutation = `mutation($head:GitObjectID!) { createCommitOnBranch(input:{
		branch:{repositoryNameWithOwner:"octo/shop", branchName:"fix"}, expectedHeadOid:$head, message:{headline:"Fix"},
		fileChanges:{additions:[{path:"a", contents:"QQ0K"}], deletions:[{path:"gone"}]}}) { commit { oid } } }`
	old := p.head
	if got := w.ask(mutation, obj{"head": old}); !strings.Contains(got, p.head) {
		t.Errorf("committed: %s", got)
	}
	content, err := w.repo.ReadFile("fix", "a")
	w.must(err)
	if string(content) != "A\r\n" {
		t.Errorf("content %q", content)
	}
	if _, err := w.repo.ReadFile("fix", "gone"); err == nil {
		t.Error("the deleted file is there")
	}
	if got := w.ask(mutation, obj{"head": old}); !strings.Contains(got, "STALE_DATA") {
		t.Errorf("on a stale head: %s", got)
	}
}
