package app_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/job"
)

// play is a transcript that is played as the queue would: each job is tried again until it is done or given up. One
// call of one job may fail.
type play struct {
	transcript
	jobs  [][]githubtest.Request // the calls of each job
	fault *point                 // nil for a play without trouble
	dying *dyingTransport
	steps []int    // how many jobs there were after each step
	ends  []string // what was on GitHub then
	given []int    // jobs that were given up
}

// point is a call that fails, as it was in the play without trouble.
type point struct {
	trouble
	job, call int // from 0, and from 1
	nth       int // of the calls of the job to the same place, from 1: reads are made at the same time
	request   githubtest.Request
}

// refusal reports whether GitHub says no, in words that dfbot believes: REST takes the place of GraphQL then, and the
// check run that of comments, so that other things are there in the end.
func (t trouble) refusal() bool {
	return t.fault.Trouble == githubtest.Status && slices.Contains([]int{403, 404, 422}, t.fault.Status)
}

// refusal reports whether dfbot goes on without what the call is for. REST takes the place of a query that is refused
// in any way, and cannot settle threads. A thread that cannot be settled for another reason than a limit stays as it
// is: the comment says the same.
func (f point) refusal() bool {
	without := strings.HasSuffix(f.request.Operation, "/access_tokens") || f.request.Operation == "/graphql"
	return f.trouble.refusal() || without && f.fault.Trouble == githubtest.Status && f.fault.Status == 409
}

func (f point) String() string {
	return fmt.Sprintf("%s at call %d of job %d", f.name, f.call, f.job+1)
}

// play plays the file, and returns what is on GitHub in the end.
func (p *play) play(t *testing.T) string {
	p.dying = &dyingTransport{next: http.DefaultTransport}
	p.begin = func() {
		p.transport, p.dir, p.instead = p.dying, t.TempDir(), p.do
		p.app = p.bot()
		p.srv.ForgetRequests()
	}
	p.after = func() bool {
		p.steps = append(p.steps, len(p.jobs))
		refused := p.fault != nil && p.fault.refusal() && p.fault.job < len(p.jobs)
		if p.fault == nil || refused {
			p.ends = append(p.ends, p.end())
		}
		return refused
	}
	p.run(t)
	p.wait(0)
	return p.end()
}

// want is what is on GitHub after a play with this trouble, if it does no harm. After a refusal the play ends with the
// step.
func (p *play) want(f point) string {
	step := slices.IndexFunc(p.steps, func(jobs int) bool { return jobs > f.job })
	if !f.refusal() {
		step = len(p.steps) - 1
	}
	return p.ends[step]
}

// do does a job to its end. A job that was given up is done once more, as by a person who presses "Re-run" or by the
// delivery that comes again.
func (p *play) do(ctx context.Context, j job.Job, _ int) error {
	p.jobs = append(p.jobs, nil)
	n, before := len(p.jobs)-1, len(p.srv.Requests())
	fault, remove := p.fault, func() {}
	if fault != nil && fault.job != n {
		fault = nil
	}
	if fault != nil && (fault.crash == noCrash || fault.fault.Late > 0) {
		remove = p.srv.Fault(githubtest.Match{Method: fault.request.Method, Path: fault.request.Operation,
			Nth: fault.nth, Times: 1}, fault.fault)
	}
	if fault != nil && fault.crash != noCrash {
		p.die(ctx, j, fault)
		remove()
		p.app = p.bot()
	}
	c := &failing{world: p.world, job: j}
	err := c.work(p.T, p.app, 3)
	p.jobs[n] = p.srv.Requests()[before:]
	remove()
	if c.gaveUp {
		p.given = append(p.given, n)
	}
	if fault == nil {
		return err
	}
	p.clock.Add(time.Minute)
	p.srv.Land()
	if c.gaveUp {
		again := &failing{world: p.world, job: j}
		err = again.work(p.T, p.app, 3)
	}
	return err
}

// die lets the process die at a call of a job.
func (p *play) die(ctx context.Context, j job.Job, f *point) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.dying.when, p.dying.die = f.crash, cancel
	p.dying.at = p.dying.n.Load() + int64(f.call)
	p.app.Handle(ctx, j, 1)
	p.dying.at = 0
}

var (
	completed = regexp.MustCompile(`(?m)^(HEAD\d+|GROUP) \S+: completed|^review .* PENDING|^said twice .*`)
	earlier   = regexp.MustCompile(`\[(earlier )?comment\]\([^)]*\)`)
	anySHA    = regexp.MustCompile(`[0-9a-f]{40}`)
	// reason is why a job was given up. One that is given up without trouble too may name the trouble.
	reason    = regexp.MustCompile(`(?m)^(GitHub answered|dfbot (could not|needs|ran|failed)|Delivery ).*$`)
	anyNumber = regexp.MustCompile(`(#(discussion_r|pullrequestreview-|issuecomment-)|/runs/)\d+`)
)

// end is what is on GitHub now, but for numbers and times.
func (p *play) end() string {
	p.keys = map[string]string{}
	var out bytes.Buffer
	for n := 1; ; n++ {
		pull := p.repo.Pull(n)
		if pull == nil {
			break
		}
		p.endOf(&out, pull)
	}
	for _, sha := range slices.SortedFunc(maps.Keys(p.names), func(a, b string) int {
		return strings.Compare(p.names[a], p.names[b])
	}) {
		newest := map[string]githubtest.CheckRun{}
		for _, run := range p.repo.CheckRuns(sha) {
			newest[run.Name] = run
		}
		for _, name := range slices.Sorted(maps.Keys(newest)) {
			run := newest[name]
			fmt.Fprintf(&out, "%s %s: %s %s, %s, %s\n%s\n%s\n", p.names[sha], name, run.Status, run.Conclusion,
				run.ExternalID, run.Title, run.Summary, run.Text)
			fmt.Fprintf(&out, "%+v\n%+v\n", run.Annotations, run.Actions)
		}
	}
	plain := earlier.ReplaceAllString(p.plain(out.String()), "[comment]")
	return anyNumber.ReplaceAllString(anySHA.ReplaceAllString(plain, "SHA"), "${1}N")
}

// endOf is what is on a pull request.
func (p *play) endOf(out *bytes.Buffer, pull *githubtest.Pull) {
	state, err := pull.State()
	p.must(err)
	fmt.Fprintf(out, "#%d %s %s %t\n", pull.Number, state.State, state.Head, state.Draft)
	for _, f := range state.Files {
		fmt.Fprintf(out, "%+v\n", f)
	}
	for _, r := range pull.Reviews() {
		fmt.Fprintf(out, "review %s %s %s\n%s\n", r.Author, r.State, r.CommitID, r.Body)
	}
	said := map[string]bool{}
	for _, th := range pull.Threads() {
		if place := fmt.Sprint(th.Path, th.Anchor.Line, th.Comments[0].Body); !said[place] {
			said[place] = true
		} else {
			fmt.Fprintf(out, "said twice on %s:%d\n", th.Path, th.Anchor.Line)
		}
		fmt.Fprintf(out, "thread %s:%d resolved %t outdated %t\n", th.Path, th.Anchor.Line, th.Resolved, th.Outdated)
		for _, c := range th.Comments {
			fmt.Fprintf(out, "%s, hidden %q:\n%s\n", c.Author, c.Minimized, c.Body)
		}
	}
	for _, c := range pull.IssueComments() {
		reactions, err := p.srv.Reactions(c.ID)
		p.must(err)
		fmt.Fprintf(out, "comment of %s:\n%s\n", c.Author, c.Body)
		for _, r := range reactions {
			fmt.Fprintf(out, "%s reacts %s\n", r.Author, r.Content)
		}
	}
}

// plays reports whether a trouble can be played. What comes after the work means something to writes only, and a
// refusal can leave out further jobs of a step.
func (p *play) plays(f point) bool {
	if f.write || f.fault.After || f.crash == after {
		return f.request.Mutates()
	}
	if !f.refusal() {
		return true
	}
	step := slices.IndexFunc(p.steps, func(jobs int) bool { return jobs > f.job })
	return p.steps[step]-f.job == 1 && (step == 0 || p.steps[step-1] == f.job)
}

// points are the calls of a play without trouble, each with all troubles.
func (p *play) points() (all []point) {
	for n, calls := range p.jobs {
		nth := map[string]int{}
		for k, call := range calls {
			nth[call.Method+call.Operation]++
			for _, tr := range troubles() {
				if f := (point{tr, n, k + 1, nth[call.Method+call.Operation], call}); p.plays(f) {
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// matrix counts plays with trouble.
type matrix struct {
	files, points, plays, gaveUp, refusals, others, differences atomic.Int32
	ways                                                        sync.Map // names of troubles
}

// TestEveryCallOfATranscriptFails plays each transcript without trouble, then again with a call that fails, for each
// call and each way to fail. What is on GitHub in the end is the same. After a refusal it may be something else, which
// is counted: but the same check runs are completed, no draft is left, and nothing is said twice.
//
// The test makes a few of the plays, `make faults` ten times as many, `make faults-all` all, and `make faults
// FAULTS=3/20` a twentieth, the same each time and other than 4/20.
func TestEveryCallOfATranscriptFails(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it makes hundreds of reviews")
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	var m matrix
	t.Cleanup(func() { m.sum(t, len(files)) })
	for n, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m.files.Add(1)
			objects, err := githubtest.NewObjects(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(objects.Close)
			clean := &play{transcript: transcript{archive: archive, objects: objects}}
			clean.play(t)
			all := clean.points()
			m.points.Add(int32(len(all)))
			for _, f := range chosen(n, name, all) {
				if !t.Run(f.String(), func(t *testing.T) { m.play(t, clean, f) }) {
					m.differences.Add(1)
				}
			}
		})
	}
}

// play plays a file once more, with trouble.
func (m *matrix) play(t *testing.T, clean *play, f point) {
	m.plays.Add(1)
	m.ways.Store(f.name, true)
	p := &play{transcript: transcript{archive: clean.archive, objects: clean.objects}, fault: &f}
	want, got := clean.want(f), p.play(t)
	if slices.Contains(p.given, f.job) {
		m.gaveUp.Add(1)
	}
	if slices.Contains(clean.given, f.job) {
		want, got = reason.ReplaceAllString(want, "REASON"), reason.ReplaceAllString(got, "REASON")
	}
	if f.refusal() {
		m.refusals.Add(1)
		if got != want {
			m.others.Add(1)
		}
		want, got = checked(want), checked(got)
	}
	if diff := gocmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s %s\n-without trouble +with\n%s", f.request.Method, f.request.Operation, diff)
	}
}

// sum tells what was played of so many files, and that no way to fail was left out, except by a part.
func (m *matrix) sum(t *testing.T, files int) {
	t.Logf("runs %d of %d, differences %d; given up first %d; refusals %d, with another end %d", m.plays.Load(),
		m.points.Load(), m.differences.Load(), m.gaveUp.Load(), m.refusals.Load(), m.others.Load())
	if int(m.files.Load()) < files || strings.Contains(os.Getenv("DFBOT_FAULTS"), "/") {
		return
	}
	for _, tr := range troubles() {
		if _, ok := m.ways.Load(tr.name); !ok {
			t.Errorf("%s was not played", tr.name)
		}
	}
}

// chosen are the points of a file that are played: all, every one of N from the K-th with DFBOT_FAULTS=K/N, or every
// one of so many, from one that depends on the name and on DFBOT_FAULTS, and so one at least. The first of these has
// the trouble that the number of the file gives, where a later point has it, so that the files together have all
// troubles.
func chosen(n int, name string, all []point) []point {
	stride := 10 * sampleStride
	seed := os.Getenv("DFBOT_FAULTS")
	switch k, parts := 0, 0; {
	case seed == "all":
		return all
	case seed == "sample":
		stride = sampleStride
	default:
		if _, err := fmt.Sscanf(seed, "%d/%d", &k, &parts); err == nil {
			return every(parts, k%parts, all)
		}
	}
	h := fnv.New32a()
	fmt.Fprint(h, seed, name)
	first := int(h.Sum32()) % max(1, min(stride, len(all)))
	turn := troubles()[n%len(troubles())].name
	first += max(0, slices.IndexFunc(all[min(first, len(all)):], func(f point) bool { return f.name == turn }))
	return every(stride, first, all)
}

// every is one point of so many.
func every(stride, first int, all []point) (some []point) {
	for i := first; i < len(all); i += stride {
		some = append(some, all[i])
	}
	return some
}

// checked are the check runs that are completed, drafts, and what is said twice.
func checked(end string) string { return strings.Join(completed.FindAllString(end, -1), "\n") }

// sampleStride gives some 900 plays of 64,000.
const sampleStride = 71
