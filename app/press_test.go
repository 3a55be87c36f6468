package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/review/analysis"
)

// pressed is a pull request of which a button is pressed, and what goes wrong then.
type pressed struct {
	failing
	run  githubtest.CheckRun // with the button
	mute bool                // GitHub gives no token, so that dfbot can say nothing
}

const (
	unfixed = "FROM alpine:3.22\nEXPOSE 8080:80\n"
	fixed   = "FROM alpine:3.22\nEXPOSE 80\n"
)

// pressWorld is a world whose installation lets dfbot commit.
func pressWorld(t *testing.T) (*world, *githubtest.Repo) {
	w := newWorld(t, githubtest.Options{RateLimit: 1 << 30})
	all := w.gapp.Permissions()
	all["contents"] = "write"
	w.gapp.SetPermissions(all)
	w.inst.SetPermissions(all)
	w.wait(1)
	w.rules = []*analysis.Rule{ruleNamed("invalid-expose")}
	repo, err := w.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	w.must(err)
	repo.Grant("mona", "write")
	w.gapp.SetWebhook("", "")
	return w, repo
}

// pressedOf opens a pull request that has been reviewed, and presses its button.
func pressedOf(t *testing.T, w *world, repo *githubtest.Repo, name string) *pressed {
	p := &pressed{failing: failing{world: w, repo: repo, dir: t.TempDir()}}
	p.branch = "topic-" + strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' {
			return '-'
		}
		return r
	}, name)
	head, err := repo.Commit(p.branch, githubtest.Commit{Files: map[string]string{"Dockerfile": unfixed,
		"name": name}})
	p.must(err)
	p.pull, err = repo.OpenPull(githubtest.PullOptions{Head: p.branch})
	p.must(err)
	p.job = job.Job{Kind: job.Review, Ref: job.Ref{Installation: p.inst.ID, Repository: repo.ID, Owner: "octo",
		Name: "shop", Pull: p.pull.Number, Head: head}, Delivery: name}
	p.must(p.bot(http.DefaultTransport).Handle(t.Context(), p.job, 1))
	p.run = repo.CheckRuns(head)[0]
	if len(p.run.Actions) != 1 {
		t.Fatalf("the buttons are %v", p.run.Actions)
	}
	p.job.Kind, p.job.Why = job.Apply, "pressed"
	p.job.Press = job.Press{Button: p.run.Actions[0].Identifier, Run: p.run.ID, Login: "mona",
		User: w.srv.AccountID("mona")}
	w.srv.ForgetRequests()
	return p
}

// pressCalls is how many calls it takes to do what a button says.
const pressCalls = 10

// TestEveryCallOfAPressFails lets each call fail in each way, once and for good, and lets the process die at each. The
// end is one commit, or none and a check run that says so, never two; and the verdict on the commit stays.
func TestEveryCallOfAPressFails(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it makes hundreds of reviews")
	}
	w, repo := pressWorld(t)
	runs, differences := 0, 0
	for _, tr := range troubles() {
		for _, times := range []int{1, 0} { // 0 is for good
			if times == 0 && tr.crash != noCrash {
				continue
			}
			for k := 1; k <= pressCalls; k++ {
				name := fmt.Sprintf("%s at call %d, %d times", tr.name, k, times)
				if tr.write && k < pressCalls || !sampled("press "+name) {
					continue
				}
				runs++
				if !t.Run(name, func(t *testing.T) { pressedOf(t, w, repo, name).play(t, tr, k, times) }) {
					differences++
				}
			}
		}
	}
	t.Logf("runs %d, differences %d", runs, differences)
	p := pressedOf(t, w, repo, "nothing")
	w.must(p.bot(http.DefaultTransport).Handle(t.Context(), p.job, 1))
	if n := len(w.srv.Requests()); n != pressCalls {
		t.Errorf("%d calls, want %d: the test does not reach all of them", n, pressCalls)
	}
	p.judge(t)
}

func (p *pressed) play(t *testing.T, tr trouble, k, times int) {
	switch {
	case tr.crash != noCrash:
		if tr.fault.Late > 0 {
			defer p.srv.Fault(githubtest.Match{Nth: k, Times: 1}, tr.fault)()
		}
		p.dies(t, k, tr.crash)
		p.work(t, p.bot(http.DefaultTransport), 3)
	default:
		match := githubtest.Match{Nth: k, Times: 1}
		if times == 0 {
			match, p.mute = pressPlaces[k-1], k == 1
		}
		remove := p.srv.Fault(match, tr.fault)
		p.work(t, p.bot(http.DefaultTransport), 3)
		remove()
	}
	p.clock.Add(time.Minute)
	p.srv.Land()
	p.judge(t)
}

// pressPlaces are what the calls ask for, as far as that has an order.
var pressPlaces = [pressCalls]githubtest.Match{
	{Method: "POST", Path: "/app/installations/{installation_id}/access_tokens"},
	{Method: "POST", Path: "/graphql", Body: "reviewThreads"},
	{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files"},
	{Method: "GET", Path: "/repos/{owner}/{repo}/git/trees/{tree_sha}"},
	{Method: "GET", Path: "/repos/{owner}/{repo}/collaborators/{username}/permission"},
	{Method: "POST", Path: "/graphql", Body: "GitObjectID!, $"},
	{Method: "GET", Path: "/repos/{owner}/{repo}/branches/{branch}"},
	{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}"},
	{Method: "POST", Path: "/app/installations/{installation_id}/access_tokens", Body: `"contents":"write"`},
	{Method: "POST", Path: "/graphql", Body: "createCommitOnBranch"},
}

// judge looks at the branch and at the check run with the button.
func (p *pressed) judge(t *testing.T) {
	state, err := p.pull.State()
	p.must(err)
	src, err := p.repo.ReadFile(state.Head, "Dockerfile")
	p.must(err)
	run := p.repo.CheckRuns(p.job.Head)[0]
	refused := strings.HasPrefix(run.Title, "Not applied: ")
	commits, err := p.repo.Between(p.job.Head, state.Head)
	p.must(err)
	switch {
	case len(commits) > 1 || len(commits) == 1 && string(src) != fixed:
		t.Errorf("%d commits, and the file is\n%s", len(commits), src)
	case len(commits) == 0 && !refused && !p.gaveUp:
		t.Errorf("no commit, and the check run says %q", run.Title)
	case len(commits) == 0 && !refused && !p.limited && !p.mute:
		t.Errorf("given up, and the check run says %q", run.Title)
	}
	if n := len(p.repo.CheckRuns(p.job.Head)); n != 1 || run.Conclusion != p.run.Conclusion ||
		run.ExternalID != p.run.ExternalID || !strings.HasSuffix(run.Title, p.run.Title) ||
		!strings.HasSuffix(run.Summary, p.run.Summary) {
		t.Errorf("%d check runs; the one with the button is %+v", n, run)
	}
}

// TestPressAndPushAtOnce: a push while the fixes are worked out wins, and the check run says so.
func TestPressAndPushAtOnce(t *testing.T) {
	w, repo := pressWorld(t)
	p := pressedOf(t, w, repo, "pushed")
	bot := p.bot(roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/branches/") {
			_, err := repo.Commit(p.branch, githubtest.Commit{Files: map[string]string{"a": "a"}})
			w.must(err)
		}
		return http.DefaultTransport.RoundTrip(req)
	}))
	w.must(bot.Handle(t.Context(), p.job, 1))
	run := repo.CheckRuns(p.job.Head)[0]
	if !strings.HasPrefix(run.Title, "Not applied: the branch has new commits. ") {
		t.Errorf("the check run says %q", run.Title)
	}
}

// roundTrip is a transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestForgedPress: for the commit, the run and the account, only what GitHub says counts. The payload chooses a button,
// and does nothing with one that the review does not offer.
func TestForgedPress(t *testing.T) {
	w, repo := pressWorld(t)
	for name, change := range map[string]func(*job.Job){
		"another button":  func(j *job.Job) { j.Press.Button = "safe-000000000000" },
		"another run":     func(j *job.Job) { j.Press.Run++ },
		"another account": func(j *job.Job) { j.Press.User++ },
		"no account":      func(j *job.Job) { j.Press.Login = "nobody" },
		"another commit":  func(j *job.Job) { j.Head, _ = repo.Resolve("main") },
	} {
		t.Run(name, func(t *testing.T) {
			p := pressedOf(t, w, repo, name)
			head := p.job.Head
			change(&p.job)
			w.must(p.bot(http.DefaultTransport).Handle(t.Context(), p.job, 1))
			if state, err := p.pull.State(); err != nil || state.Head != head {
				t.Errorf("the head is %s, %v", state.Head, err)
			}
		})
	}
}

// TestAppliedOnce: dfbot's own commit is reviewed and nothing is applied of itself, though it could fix more.
func TestAppliedOnce(t *testing.T) {
	w, repo := pressWorld(t)
	w.rules = append(w.rules, ruleNamed("shell-form-command"))
	p := pressedOf(t, w, repo, "loop")
	bot := p.bot(http.DefaultTransport)
	w.must(bot.Handle(t.Context(), p.job, 1))
	state, err := p.pull.State()
	w.must(err)
	review := p.job
	review.Kind, review.Press, review.Head, review.Left = job.Review, job.Press{}, state.Head, p.job.Head
	for range 2 {
		w.must(bot.Handle(t.Context(), review, 1))
	}
	commits, err := repo.Between(p.job.Head, p.branch)
	w.must(err)
	if len(commits) != 1 || !slices.ContainsFunc(p.pull.Comments(), func(c githubtest.Comment) bool {
		return strings.Contains(c.Body, "**Fixed**")
	}) {
		t.Errorf("%d commits, comments %+v", len(commits), p.pull.Comments())
	}
}

// TestButtonOfAnotherApp: GitHub tells only the App that a check run belongs to, and a job of dfbot's does not take
// another's run for its own.
func TestButtonOfAnotherApp(t *testing.T) {
	w, repo := pressWorld(t)
	other, err := w.srv.CreateApp(githubtest.AppOptions{Slug: "other", Key: w.key,
		Permissions: w.gapp.Permissions()})
	w.must(err)
	installed, err := other.Install("octo")
	w.must(err)
	p := pressedOf(t, w, repo, "other")
	own, ownJob := w.gapp, p.job
	w.gapp = other
	p.job.Kind, p.job.Installation, p.job.Press = job.Review, installed.ID, job.Press{}
	w.must(p.bot(http.DefaultTransport).Handle(t.Context(), p.job, 1))
	w.gapp = own
	runs := repo.CheckRuns(p.job.Head)
	theirs := runs[len(runs)-1]
	if theirs.App != other || len(theirs.Actions) != 1 {
		t.Fatalf("%+v", theirs)
	}
	before := len(w.srv.Deliveries())
	w.must(repo.Press(theirs.ID, theirs.Actions[0].Identifier, "mona"))
	if got := len(w.srv.Deliveries()); got != before {
		t.Errorf("%d deliveries", got-before)
	}
	ownJob.Press.Run = theirs.ID
	w.must(p.bot(http.DefaultTransport).Handle(t.Context(), ownJob, 1))
	if commits, err := repo.Between(p.job.Head, p.branch); err != nil || len(commits) != 0 {
		t.Errorf("%d commits, %v", len(commits), err)
	}
}

// TestAppliedEvent: a commit is an event.
func TestAppliedEvent(t *testing.T) {
	w, repo := pressWorld(t)
	p := pressedOf(t, w, repo, "event")
	a, review := w.bot(), p.job
	review.Kind = job.Review
	w.must(a.Handle(t.Context(), review, 1)) // another version than pressedOf's
	p.job.Press.Run = repo.CheckRuns(p.job.Head)[1].ID
	w.must(a.Handle(t.Context(), p.job, 1))
	tip, err := repo.Resolve(p.branch)
	w.must(err)
	i := slices.IndexFunc(w.events.all, func(e app.Event) bool { return e.Kind == app.Applied })
	if i < 0 || w.events.all[i].Fixes != 1 || w.events.all[i].Commit != tip {
		t.Errorf("%+v", w.events.all)
	}
}
