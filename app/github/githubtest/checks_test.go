package githubtest

import (
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
)

func annotations(n int) []*github.CheckRunAnnotation {
	list := make([]*github.CheckRunAnnotation, n)
	for i := range list {
		list[i] = &github.CheckRunAnnotation{
			Path: github.String("Dockerfile"), StartLine: github.Int(i + 1), EndLine: github.Int(i + 1),
			AnnotationLevel: github.String("warning"), Message: github.String("m"),
		}
	}
	return list
}

func output(change func(*github.CheckRunOutput)) *github.CheckRunOutput {
	o := &github.CheckRunOutput{Title: github.String("t"), Summary: github.String("s")}
	if change != nil {
		change(o)
	}
	return o
}

func TestCheckRunLimits(t *testing.T) {
	w := newWorld(t, Options{})
	sha, err := w.repo.Resolve("main")
	w.must(err)
	long := strings.Repeat("é", 65535)
	for name, c := range map[string]struct {
		change func(*github.CreateCheckRunOptions)
		want   int
	}{
		"plain": {func(*github.CreateCheckRunOptions) {}, 0},
		"summary of 65535": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Summary = &long })
		}, 0},
		"summary of 65536": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Summary = github.String(long + "x") })
		}, 422},
		"text of 65536": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Text = github.String(long + "x") })
		}, 422},
		"no summary": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Summary = nil })
		}, 422},
		"50 annotations": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Annotations = annotations(50) })
		}, 0},
		"51 annotations": {func(o *github.CreateCheckRunOptions) {
			o.Output = output(func(o *github.CheckRunOutput) { o.Annotations = annotations(51) })
		}, 422},
		"columns on one line": {func(o *github.CreateCheckRunOptions) { o.Output = withColumns(3, 3) }, 0},
		"columns over lines":  {func(o *github.CreateCheckRunOptions) { o.Output = withColumns(3, 4) }, 422},
		"completed, no conclusion": {func(o *github.CreateCheckRunOptions) { o.Status = github.String("completed") },
			422},
		"conclusion stale": {func(o *github.CreateCheckRunOptions) { o.Conclusion = github.String("stale") },
			422},
		"unknown commit": {func(o *github.CreateCheckRunOptions) { o.HeadSHA = strings.Repeat("1", 40) },
			422},
		"3 actions":         {func(o *github.CreateCheckRunOptions) { o.Actions = actions(3, 20, 40) }, 0},
		"4 actions":         {func(o *github.CreateCheckRunOptions) { o.Actions = actions(4, 20, 40) }, 422},
		"label of 21":       {func(o *github.CreateCheckRunOptions) { o.Actions = actions(1, 21, 40) }, 422},
		"description of 41": {func(o *github.CreateCheckRunOptions) { o.Actions = actions(1, 20, 41) }, 422},
	} {
		opt := github.CreateCheckRunOptions{Name: "dfbot", HeadSHA: sha}
		c.change(&opt)
		_, _, err := w.gh.Checks.CreateCheckRun(w.ctx, "octo", "shop", opt)
		if got := status(err); got != c.want {
			t.Errorf("%s: status %d, want %d (%v)", name, got, c.want, err)
		}
	}
}

func withColumns(start, end int) *github.CheckRunOutput {
	return output(func(o *github.CheckRunOutput) {
		o.Annotations = annotations(1)
		a := o.Annotations[0]
		a.StartLine, a.EndLine, a.StartColumn, a.EndColumn = &start, &end, github.Int(1), github.Int(2)
	})
}

func actions(n, label, description int) []*github.CheckRunAction {
	list := make([]*github.CheckRunAction, n)
	for i := range list {
		list[i] = &github.CheckRunAction{Label: strings.Repeat("l", label),
			Description: strings.Repeat("d", description), Identifier: "fix"}
	}
	return list
}

func TestCheckRunLife(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.openPull(map[string]string{"Dockerfile": "FROM alpine\n"})
	run, _, err := w.gh.Checks.CreateCheckRun(w.ctx, "octo", "shop", github.CreateCheckRunOptions{
		Name: "dfbot", HeadSHA: p.head, Status: github.String("in_progress"), ExternalID: github.String("v1"),
		Output: output(func(o *github.CheckRunOutput) { o.Annotations = annotations(50) }),
	})
	w.must(err)
	if run.PullRequests[0].GetNumber() != p.Number || run.GetStatus() != "in_progress" || run.Conclusion != nil {
		t.Errorf("created: %v", run)
	}
	run, _, err = w.gh.Checks.UpdateCheckRun(w.ctx, "octo", "shop", run.GetID(), github.UpdateCheckRunOptions{
		Name: "dfbot", Conclusion: github.String("neutral"),
		Output: output(func(o *github.CheckRunOutput) { o.Annotations = annotations(20) }),
	})
	w.must(err)
	if run.GetStatus() != "completed" || run.GetOutput().GetAnnotationsCount() != 70 || run.GetExternalID() != "v1" {
		t.Errorf("updated: %v", run)
	}
	list, resp, err := w.gh.Checks.ListCheckRunAnnotations(w.ctx, "octo", "shop", run.GetID(),
		&github.ListOptions{PerPage: 50})
	w.must(err)
	if len(list) != 50 || resp.NextPage != 2 {
		t.Errorf("%d annotations, next page %d", len(list), resp.NextPage)
	}
	newer, _, err := w.gh.Checks.CreateCheckRun(w.ctx, "octo", "shop",
		github.CreateCheckRunOptions{Name: "dfbot", HeadSHA: p.head})
	w.must(err)
	runs, _, err := w.gh.Checks.ListCheckRunsForRef(w.ctx, "octo", "shop", p.head,
		&github.ListCheckRunsOptions{AppID: &w.app.ID, CheckName: github.String("dfbot")})
	w.must(err)
	if runs.GetTotal() != 1 || runs.CheckRuns[0].GetID() != newer.GetID() {
		t.Errorf("latest runs: %v", runs)
	}
	all, _, err := w.gh.Checks.ListCheckRunsForRef(w.ctx, "octo", "shop", p.head,
		&github.ListCheckRunsOptions{Filter: github.String("all")})
	w.must(err)
	if all.GetTotal() != 2 {
		t.Errorf("%d runs in all", all.GetTotal())
	}
	w.repo.RerequestRun(run.GetID(), "ann")
	ev, err := github.ParseWebHook("check_run", w.received("check_run", "rerequested").body)
	w.must(err)
	if ce := ev.(*github.CheckRunEvent); ce.GetCheckRun().GetExternalID() != "v1" ||
		ce.GetCheckRun().GetApp().GetID() != w.app.ID {
		t.Errorf("rerequested: %v", ce)
	}
}

func TestCheckRunsBelongToTheirApp(t *testing.T) {
	w := newWorld(t, Options{})
	sha, err := w.repo.Resolve("main")
	w.must(err)
	run, _, err := w.gh.Checks.CreateCheckRun(w.ctx, "octo", "shop",
		github.CreateCheckRunOptions{Name: "dfbot", HeadSHA: sha})
	w.must(err)
	first := w.app
	w.app, err = w.srv.CreateApp(AppOptions{Slug: "other", Key: testKey()})
	w.must(err)
	w.inst, err = w.app.Install("octo", w.repo)
	w.must(err)
	other := w.client(w.token())
	_, _, err = other.Checks.UpdateCheckRun(w.ctx, "octo", "shop", run.GetID(),
		github.UpdateCheckRunOptions{Name: "mine"})
	w.wantStatus(err, 403)
	_, _, err = other.Checks.CreateCheckRun(w.ctx, "octo", "shop",
		github.CreateCheckRunOptions{Name: "dfbot", HeadSHA: sha})
	w.must(err)
	list, _, err := other.Checks.ListCheckRunsForRef(w.ctx, "octo", "shop", "main",
		&github.ListCheckRunsOptions{AppID: &first.ID})
	w.must(err)
	if list.GetTotal() != 1 || list.CheckRuns[0].GetID() != run.GetID() {
		t.Errorf("runs of the first App: %v", list)
	}
	if n := len(w.srv.Writes()); n != 3 {
		t.Errorf("%d writes recorded, want 3: minting tokens is not a write", n)
	}
}
