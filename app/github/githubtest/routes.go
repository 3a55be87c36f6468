package githubtest

import "strings"

const (
	readContents  = "contents=read"
	writeContents = "contents=write"
	readPulls     = "pull_requests=read"
	writePulls    = "pull_requests=write"
	readChecks    = "checks=read"
	writeChecks   = "checks=write"
	readMetadata  = "metadata=read"
)

// routes are the operations the stand-in serves. Where two templates fit a
// path, the first wins.
var routes = []route{
	{method: "GET", path: "/app", auth: byApp, handle: getApp},
	{method: "GET", path: "/app/installations", auth: byApp, handle: listInstallations},
	{method: "GET", path: "/app/installations/{installation_id}", auth: byApp, handle: getInstallation},
	{method: "POST", path: "/app/installations/{installation_id}/access_tokens", auth: byApp, handle: createToken},
	{method: "PUT", path: "/app/installations/{installation_id}/suspended", auth: byApp, handle: suspendInstallation},
	{method: "DELETE", path: "/app/installations/{installation_id}/suspended", auth: byApp,
		handle: unsuspendInstallation},
	{method: "GET", path: "/app/hook/config", auth: byApp, handle: getHookConfig},
	{method: "PATCH", path: "/app/hook/config", auth: byApp, handle: updateHookConfig},
	{method: "GET", path: "/app/hook/deliveries", auth: byApp, handle: listDeliveries},
	{method: "GET", path: "/app/hook/deliveries/{delivery_id}", auth: byApp, handle: getDelivery},
	{method: "POST", path: "/app/hook/deliveries/{delivery_id}/attempts", auth: byApp, handle: redeliver},
	{method: "POST", path: "/app-manifests/{code}/conversions", auth: byNobody, handle: convertManifest},
	{method: "GET", path: "/repos/{owner}/{repo}/installation", auth: byApp, handle: getRepoInstallation},

	{method: "DELETE", path: "/installation/token", handle: revokeToken},
	{method: "GET", path: "/installation/repositories", needs: readMetadata, handle: listInstallationRepos},
	{method: "GET", path: "/rate_limit", handle: getRateLimit},
	{method: "POST", path: "/graphql", handle: graphql},

	{method: "GET", path: "/repos/{owner}/{repo}", needs: readMetadata, handle: getRepo},
	{method: "GET", path: "/repos/{owner}/{repo}/collaborators/{username}/permission", needs: readMetadata,
		handle: getPermission},
	{method: "GET", path: "/repos/{owner}/{repo}/branches", needs: readContents, handle: listBranches},
	{method: "GET", path: "/repos/{owner}/{repo}/branches/{branch}", needs: readContents, handle: getBranch},
	{method: "GET", path: "/repos/{owner}/{repo}/compare/{basehead}", needs: readContents, handle: compare},
	{method: "GET", path: "/repos/{owner}/{repo}/contents", needs: readContents, handle: getContents},
	{method: "GET", path: "/repos/{owner}/{repo}/contents/{path}", needs: readContents, handle: getContents},
	{method: "GET", path: "/repos/{owner}/{repo}/git/blobs/{file_sha}", needs: readContents, handle: getBlob},
	{method: "GET", path: "/repos/{owner}/{repo}/git/trees/{tree_sha}", needs: readContents, handle: getTree},
	{method: "GET", path: "/repos/{owner}/{repo}/git/commits/{commit_sha}", needs: readContents, handle: getGitCommit},
	{method: "GET", path: "/repos/{owner}/{repo}/git/ref/{ref}", needs: readContents, handle: getRef},
	{method: "POST", path: "/repos/{owner}/{repo}/git/blobs", needs: writeContents, handle: createBlob},
	{method: "POST", path: "/repos/{owner}/{repo}/git/trees", needs: writeContents, handle: createTree},
	{method: "POST", path: "/repos/{owner}/{repo}/git/commits", needs: writeContents, handle: createGitCommit},
	{method: "PATCH", path: "/repos/{owner}/{repo}/git/refs/{ref}", needs: writeContents, handle: updateRef},
	{method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}/check-runs", needs: readChecks, handle: listRuns},
	{method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}/check-suites", needs: readChecks, handle: listSuites},
	{method: "GET", path: "/repos/{owner}/{repo}/commits/{ref}", needs: readContents, handle: getCommit},

	{method: "POST", path: "/repos/{owner}/{repo}/check-runs", needs: writeChecks, handle: createRun},
	{method: "GET", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs: readChecks, handle: getRun},
	{method: "PATCH", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs: writeChecks, handle: updateRun},
	{method: "GET", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", needs: readChecks,
		handle: listAnnotations},
	{method: "POST", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest", needs: writeChecks,
		handle: rerequestRun},
	{method: "GET", path: "/repos/{owner}/{repo}/check-suites/{check_suite_id}", needs: readChecks, handle: getSuite},
	{method: "GET", path: "/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", needs: readChecks,
		handle: listSuiteRuns},

	{method: "GET", path: "/repos/{owner}/{repo}/pulls", needs: readPulls, handle: listPulls},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}", needs: readPulls, handle: getComment},
	{method: "PATCH", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}", needs: writePulls,
		handle: updateComment},
	{method: "DELETE", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}", needs: writePulls,
		handle: deleteComment},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}", needs: readPulls, handle: getPull},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/files", needs: readPulls, handle: listFiles},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/commits", needs: readPulls,
		handle: listPullCommits},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/comments", needs: readPulls,
		handle: listPullComments},
	{method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/comments", needs: writePulls,
		handle: createComment},
	{method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", needs: writePulls,
		handle: createReply},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", needs: readPulls, handle: listReviews},
	{method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", needs: writePulls,
		handle: createReview},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", needs: readPulls,
		handle: getReview},
	{method: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", needs: writePulls,
		handle: updateReview},
	{method: "DELETE", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", needs: writePulls,
		handle: deleteReview},
	{method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments", needs: readPulls,
		handle: listReviewComments},
	{method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events", needs: writePulls,
		handle: submitReview},
	{method: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals", needs: writePulls,
		handle: dismissReview},

	{method: "GET", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", needs: readPulls,
		handle: listReactions},
	{method: "POST", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", needs: writePulls,
		handle: createReaction},

	// GitHub documents issues only for these. For comments on pull requests it goes by the permission of those.
	{method: "GET", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}",
		needs: "issues=read; pull_requests=read", handle: getIssueComment},
	{method: "GET", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
		needs: "issues=read; pull_requests=read", handle: listReactions},
	{method: "POST", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
		needs: "issues=write; pull_requests=write", handle: createReaction},
	{method: "GET", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments",
		needs: "issues=read; pull_requests=read", handle: listIssueComments},
	{method: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments",
		needs: "issues=write; pull_requests=write", handle: createIssueComment},
}

func init() {
	for i := range routes {
		routes[i].words = strings.Split(strings.Trim(routes[i].path, "/"), "/")
	}
}
