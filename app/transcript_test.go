package app_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/app/github/githubtest/contract"
	"github.com/dfbot/dfbot/app/job"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rules"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// TestTranscripts plays the pull requests of testdata. Each file opens with what it shows; "script" says what happens,
// "base/" and "head/" are the files of the two branches, further folders those of further pushes; "transcript" is what
// dfbot does: for each step how the job ended, every call to GitHub counted, and every write in full.
func TestTranscripts(t *testing.T) {
	var played, applied atomic.Int32
	files := 0
	t.Cleanup(func() {
		if n := applied.Load(); int(played.Load()) == files && n < 5 {
			t.Errorf("only %d patches of check runs were applied", n)
		}
	})
	files = eachArchive(t, "testdata/*.txtar", func(t *testing.T, file string, p *transcript) {
		p.run(t)
		_, patches := p.applies(t)
		p.events.inOrder(t)
		played.Add(1)
		applied.Add(int32(patches))
		p.check(t, file)
	})
}

// eachArchive plays each file as a test of its own, side by side, and returns how many there are.
func eachArchive(t *testing.T, pattern string, play func(t *testing.T, file string, p *transcript)) int {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, file, &transcript{archive: archive})
		})
	}
	return len(files)
}

// contracts reads GitHub's description of itself once, where `make deps` has brought it. One check at a time may use
// it.
var contracts = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(contract.Dir()) })

var oneContract sync.Mutex

// fitContract holds requests, their bodies and the answers against GitHub's description.
func fitContract(t *testing.T, requests []githubtest.Request) {
	t.Helper()
	c, err := contracts()
	if contract.Missing(err) {
		t.Log("not held against GitHub's description:", contract.Hint())
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	oneContract.Lock()
	defer oneContract.Unlock()
	for _, r := range requests {
		for _, err := range c.Check(r) {
			t.Error(err)
		}
	}
}

// labels is a rule that finds every LABEL and has no fix. It is of a release after those of dfbot's own rules.
var labels = &analysis.Rule{Name: "labels", Doc: "a LABEL", Since: "0.2", Severity: analysis.Warning,
	Run: reportLabels}

func reportLabels(p *analysis.Pass) {
	for _, in := range p.File.Instructions() {
		if in.Name == "LABEL" {
			p.Report(analysis.Finding{Span: in.Span, In: in, Message: analysis.Say("a label")})
		}
	}
}

// transcript is one file of testdata, and how far it has been played.
type transcript struct {
	*world
	archive *txtar.Archive
	objects *githubtest.Objects // of all plays of the file; nil if there is one
	repo    *githubtest.Repo
	fork    *githubtest.Repo
	above   *githubtest.Repo // the organization's
	pull    *githubtest.Pull
	last    ended
	first   ended // the first review
	repairs []func()
	pushes  int
	groups  int   // of merge queues
	said    int64 // id of the last comment of a person
	kinds   map[job.Kind]ended
	strays  bool              // requests may come in at any time
	names   map[string]string // of commits, by SHA
	keys    map[string]string // of check runs, by external id
	out     bytes.Buffer
	begin   func()      // is called before the first step
	after   func() bool // is called after each step, and reports whether it was the last
}

func (p *transcript) section(name string) string {
	for _, f := range p.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// folder gives the files below a folder of the archive. A name may end in ":120000" and the like for its mode, in
// ":x100" where the last line is there as often, in ":crlf" where its lines end like that, in ":nul" where NUL is
// for such a byte, and in ":n100" where there are so many of the file, with their numbers for # in path and content.
func (p *transcript) folder(name string) (files map[string]githubtest.File) {
	files = map[string]githubtest.File{}
	for _, f := range p.archive.Files {
		path, ok := strings.CutPrefix(f.Name, name+"/")
		if !ok {
			continue
		}
		path, mode, special := strings.Cut(path, ":")
		content := string(f.Data)
		times, repeated := strings.CutPrefix(mode, "x")
		switch {
		case repeated:
			n, err := strconv.Atoi(times)
			p.must(err)
			last := strings.LastIndex(strings.TrimSuffix(content, "\n"), "\n") + 1
			content, mode = content[:last]+strings.Repeat(content[last:], n), ""
		case mode == "crlf":
			content, mode = strings.ReplaceAll(content, "\n", "\r\n"), ""
		case mode == "nul":
			content, mode = strings.ReplaceAll(content, "NUL", "\x00"), ""
		case strings.HasPrefix(mode, "n"):
			n, err := strconv.Atoi(mode[1:])
			p.must(err)
			for i := range n {
				numbered := strings.NewReplacer("#", strconv.Itoa(i+1))
				files[numbered.Replace(path)] = githubtest.File{Content: numbered.Replace(content)}
			}
			continue
		case special:
			content = strings.TrimSpace(content)
		}
		files[path] = githubtest.File{Content: content, Mode: mode}
	}
	return files
}

func (p *transcript) run(t *testing.T) {
	p.names, p.keys, p.kinds = map[string]string{}, map[string]string{}, map[job.Kind]ended{}
	options := githubtest.Options{Enterprise: strings.Contains(p.section("script"), "enterprise\n"), Objects: p.objects}
	if strings.Contains(p.section("script"), "truncate trees\n") {
		options.TruncateTrees = 1
	}
	p.world = newWorldOf(t, options, queue.Options{Workers: 1}) // what jobs write at the same time has no order
	p.dress()
	var err error
	p.repo, err = p.srv.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	p.must(err)
	if base := p.folder("base"); len(base) > 0 {
		_, err = p.repo.Commit("main", githubtest.Commit{Entries: base})
		p.must(err)
	}
	if p.begin != nil {
		p.begin()
	}
	for line := range strings.Lines(p.section("script")) {
		if words := strings.Fields(line); len(words) > 0 {
			p.step(strings.TrimSpace(line), words)
			if p.after != nil && p.after() {
				return
			}
		}
	}
}

// docker asks BuildKit for all transcripts: to start its process takes longer than to play one.
var docker = sync.OnceValue(func() *buildkit.Checks { return buildkit.New(buildkit.Options{}) })

// dress makes the bot anew where the script asks for other rules, or for Docker's own programs beside them.
func (p *transcript) dress() {
	_, names, other := strings.Cut("\n"+p.section("script"), "\nrules ")
	if strings.HasPrefix(p.section("script"), "docker\n") {
		p.docker = docker()
	}
	if other {
		names, _, _ = strings.Cut(names, "\n")
		p.rules = nil
		for _, name := range strings.Fields(names) {
			p.rules = append(p.rules, ruleNamed(name))
		}
	}
	if other || p.docker != nil {
		p.app = p.bot()
		p.srv.ForgetRequests()
	}
}

// ruleNamed is a rule of the house, or that of these tests.
func ruleNamed(name string) *analysis.Rule {
	if name == labels.Name {
		return labels
	}
	return rules.ByName(name)
}

// step does one line of a script.
func (p *transcript) step(line string, words []string) {
	switch verb, args := words[0], words[1:]; verb {
	case "enterprise", "truncate", "rules", "docker": // of the server and the bot, see run
	case "open", "draft": // open the pull request, "fork" from a fork
		p.open(verb == "draft", slices.Contains(args, "fork"))
		p.deed(line, p.wait(1))
	case "push": // push the files of the folder; the second argument is the number of jobs that it makes
		p.push(args)
		p.deed(line, p.wait(p.number(args, 1, 1)))
	case "force": // FOLDER [jobs]: write the history of the branch anew: main, and the files of the folder
		p.force(args[0])
		p.deed(line, p.wait(p.number(args, 1, 1)))
	case "ready":
		p.pull.Ready()
		p.deed(line, p.wait(1))
	case "close": // the argument is the number of jobs that it makes
		p.pull.Close()
		p.deed(line, p.wait(p.number(args, 0, 1)))
	case "reopen":
		p.pull.Reopen()
		p.deed(line, p.wait(1))
	case "to-draft":
		p.pull.ToDraft()
		p.deed(line, p.wait(0))
	case "retarget": // to a branch
		p.must(p.pull.Retarget(args[0]))
		p.deed(line, p.wait(1))
	case "branch": // BRANCH FOLDER: make a branch of main with the files of the folder
		p.must(p.repo.SetBranch(args[0], "main"))
		p.base(args[0], args[1])
	// FOLDER: push the files of the folder to the repository .github, "private" to make one, "mona" to that of mona
	case "organization":
		p.organization(args[0], slices.Contains(args, "private"), slices.Contains(args, "mona"))
	case "apart": // the App is not installed on the repository .github
		p.inst.RemoveRepo(p.above)
		p.wait(1)
	case "join": // it is again
		p.inst.AddRepo(p.above)
		p.wait(1)
	case "below": // BRANCH FOLDER: make a branch of main with the files of the folder, and a pull request of it
		p.must(p.repo.SetBranch(args[0], "main"))
		p.base(args[0], args[1])
		_, err := p.repo.OpenPull(githubtest.PullOptions{Head: args[0], Title: "The change below"})
		p.must(err)
		p.deed(line, p.wait(1))
	// BRANCH TRUNK: open the pull request on top of the branch, in a stack that goes into the trunk, or in none for "-"
	case "above":
		p.must(p.repo.SetBranch("topic", args[0]))
		p.openOf(githubtest.PullOptions{Head: "topic", Base: args[0], Trunk: strings.Trim(args[1], "-"),
			Title: "A change"})
		p.deed(line, p.wait(1))
	case "anew": // the process ends, and a new one begins
		p.app = p.bot()
		p.srv.ForgetRequests()
	case "stack": // TRUNK: put the pull request into a stack that goes into the branch
		p.pull.Stack(args[0])
		p.deed(line, p.wait(1))
	case "base": // BRANCH FOLDER: push the files of the folder to a branch that pull requests go into
		p.base(args[0], args[1])
	// BRANCH: open another pull request of the same head into a branch, "draft" as one, "fork" from a fork
	case "second":
		p.second(args[0], slices.Contains(args, "draft"), slices.Contains(args, "fork"))
		p.deed(line, p.wait(1))
	case "select": // NUMBER: the pull request that further steps are about
		p.pull = p.repo.Pull(p.number(args, 0, 1))
	case "shows": // what GitHub shows of the head: the newest check run of each name
		p.shows()
	case "redeliver": // the first delivery about the pull request, of a "press" or of a "comment", once more
		p.redeliver(args)
		p.deed(line, p.wait(0))
	// the last review once more, or the last job of another kind, by a new process, when its rate limit is over; the
	// argument is the number of the attempt
	case "again":
		args = p.lastOf(args)
		var later job.RetryAt
		if errors.As(p.last.err, &later) {
			p.clock.Add(later.Time.Sub(p.clock.Now()))
		}
		p.app = p.bot()
		p.srv.ForgetRequests()
		p.deed(line, []ended{{p.last.job, p.handle(p.Context(), p.last.job, p.number(args, 0, 2))}})
	// what the queue does with the last review when no attempt is left, or with the "first", or with the last job of
	// another kind
	case "gave-up":
		args = p.lastOf(args)
		failed := p.last
		if len(args) > 0 {
			failed = p.first
		}
		cause := failed.err
		if cause == nil {
			cause = errors.New("the process ended during the last attempt")
		}
		p.deed(line, []ended{{failed.job, p.app.GaveUp(p.Context(), failed.job, cause)}})
		p.last = failed
	case "rerun": // someone presses "Re-run"; the argument is the number of jobs that it makes
		runs := p.repo.CheckRuns(p.head())
		p.repo.RerequestRun(runs[len(runs)-1].ID, "octo")
		p.deed(line, p.wait(p.number(args, 0, 1)))
	case "say", "answer", "edit", "enqueue", "reactions": // see talk
		p.talk(line, words)
	case "resolve", "reply": // a person does it to the first comment; the words of the reply may be given
		id := p.pull.Comments()[0].ID
		if verb == "resolve" {
			p.must(p.srv.ResolveThread(id, "octo"))
		} else {
			_, err := p.srv.Reply(id, "octo", cmp.Or(strings.Join(args, " "), "I know."))
			p.must(err)
		}
		p.wait(0)
	case "apply": // LOGIN: a person commits the suggestion of the first comment
		_, err := p.srv.ApplySuggestion(p.pull.Comments()[0].ID, args[0])
		p.must(err)
		p.deed(line, p.wait(1))
	case "minimize": // a person does it to the first comment
		p.must(p.srv.MinimizeComment(p.pull.Comments()[0].ID, "OFF_TOPIC"))
	case "delete": // of "comment" the first, as a person does it some time later
		switch args[0] {
		case "fork":
			p.fork.Delete()
		case "comment":
			p.clock.Add(time.Hour)
			p.must(p.srv.DeleteComment(p.pull.Comments()[0].ID, "octo"))
		default:
			p.repo.Delete()
		}
		p.wait(0)
	case "transfer": // to an account on which the App is not installed
		p.repo.Transfer(args[0])
	case "rename":
		p.repo.Rename(args[0])
		p.wait(0)
	case "suspend":
		p.inst.Suspend()
		p.wait(1)
	case "grant": // only these permissions, as contents=read
		granted := map[string]string{"metadata": "read"}
		for _, a := range args {
			name, level, _ := strings.Cut(a, "=")
			granted[name] = level
		}
		p.inst.SetPermissions(granted)
		p.wait(1)
		p.srv.ForgetRequests()
	case "allow": // the App asks for these permissions too, and the installation accepts them
		all := p.gapp.Permissions()
		for _, a := range args {
			name, level, _ := strings.Cut(a, "=")
			all[name] = level
		}
		p.gapp.SetPermissions(all)
		p.inst.SetPermissions(all)
		p.wait(1)
		p.srv.ForgetRequests()
	case "ask": // the App asks for these permissions too, which no installation has accepted
		all := p.gapp.Permissions()
		for _, a := range args {
			name, level, _ := strings.Cut(a, "=")
			all[name] = level
		}
		p.gapp.SetPermissions(all)
		p.app = p.bot()
		p.srv.ForgetRequests()
	case "role": // LOGIN PERMISSION: give a person admin, write or read
		p.repo.Grant(args[0], args[1])
	case "protect": // the branch
		p.repo.Protect(args[0])
	case "restrict": // put the branch under a rule of a ruleset
		p.repo.Restrict(args[0])
	// BUTTON LOGIN [HEAD [jobs]]: press "safe" or "all" of the newest check run that has it, on a head or the present
	// one; the last is the number of jobs that it makes
	case "press":
		p.press(args)
		p.deed(line, p.wait(p.number(args, 3, 1)))
	case "fault": // METHOD PATH STATUS [times, 0 for all [text in the body]]
		match := githubtest.Match{Method: args[0], Path: args[1], Times: p.number(args, 3, 0)}
		if len(args) > 4 {
			match.Body = args[4]
		}
		p.repairs = append(p.repairs, p.srv.Fault(match, githubtest.Fault{Status: p.number(args, 2, 500)}))
	case "lock": // the conversation
		for _, path := range []string{"pulls/{pull_number}/reviews", "pulls/{pull_number}/comments",
			"issues/{issue_number}/comments", "issues/comments/{comment_id}/reactions"} {
			p.readOnly(path, "Unable to create comment because issue is locked.")
		}
	case "archive": // the repository
		for _, path := range []string{"pulls/{pull_number}/reviews", "check-runs",
			"issues/{issue_number}/comments", "issues/comments/{comment_id}/reactions"} {
			p.readOnly(path, "Repository was archived so is read-only.")
		}
	case "repair": // ends all faults
		for _, remove := range p.repairs {
			remove()
		}
	default:
		p.Fatalf("no such step: %s", line)
	}
}

// press presses a button.
func (p *transcript) press(args []string) {
	on := p.head()
	for sha, name := range p.names {
		if len(args) > 2 && name == args[2] {
			on = sha
		}
	}
	for _, run := range slices.Backward(p.repo.CheckRuns(on)) {
		for _, a := range run.Actions {
			if strings.HasPrefix(a.Identifier, args[0]+"-") {
				p.must(p.repo.Press(run.ID, a.Identifier, args[1]))
				return
			}
		}
	}
	p.Fatalf("no button %q on %s", args[0], on)
}

// readOnly has GitHub refuse what is created below a repository, for good.
func (p *transcript) readOnly(path, message string) {
	match := githubtest.Match{Method: "POST", Path: "/repos/{owner}/{repo}/" + path}
	p.repairs = append(p.repairs, p.srv.Fault(match, githubtest.Fault{Status: 403, Message: message}))
}

// talk does a step in which people talk to dfbot. In their words, \n stands for the end of a line.
func (p *transcript) talk(line string, words []string) {
	text := ""
	if len(words) > 3 {
		text = strings.ReplaceAll(strings.Join(words[3:], " "), `\n`, "\n")
	}
	switch args := words[1:]; words[0] {
	case "say": // JOBS LOGIN TEXT: in the conversation
		p.said = p.pull.Say(args[1], text)
		p.deed(line, p.wait(p.number(args, 0, 0)))
	case "answer": // JOBS LOGIN TEXT: in the thread of the first comment
		var err error
		p.said, err = p.srv.Reply(p.pull.Comments()[0].ID, args[1], text)
		p.must(err)
		p.deed(line, p.wait(p.number(args, 0, 0)))
	case "edit": // JOBS LOGIN TEXT: the last that was said, some time later
		p.clock.Add(time.Minute)
		p.must(p.pull.EditComment(p.said, args[1], text))
		p.deed(line, p.wait(p.number(args, 0, 0)))
	case "enqueue": // JOBS: put the pull request into the merge queue
		sha, err := p.pull.Enqueue("octo")
		p.must(err)
		p.groups++
		p.names[sha] = cmp.Or(map[int]string{1: "GROUP"}[p.groups], fmt.Sprintf("GROUP%d", p.groups))
		p.deed(line, p.wait(p.number(args, 0, 1)))
	case "reactions": // on the last that was said
		all, err := p.srv.Reactions(p.said)
		p.must(err)
		for _, r := range all {
			fmt.Fprintf(&p.out, "== %s reacts %s\n", r.Author, r.Content)
		}
	}
}

func (p *transcript) number(args []string, i, otherwise int) int {
	if i >= len(args) {
		return otherwise
	}
	n, err := strconv.Atoi(args[i])
	p.must(err)
	return n
}

func (p *transcript) from() *githubtest.Repo {
	if p.fork != nil {
		return p.fork
	}
	return p.repo
}

func (p *transcript) open(draft, fork bool) {
	if fork {
		var err error
		p.fork, err = p.repo.Fork("mona")
		p.must(err)
	}
	p.openOf(githubtest.PullOptions{Head: "topic", HeadRepo: p.fork, Title: "A change", Draft: draft})
}

// openOf opens the pull request of the files of "head".
func (p *transcript) openOf(options githubtest.PullOptions) {
	_, err := p.from().Commit("topic", githubtest.Commit{Entries: p.folder("head"), Delete: p.deletions("head")})
	p.must(err)
	p.pull, err = p.repo.OpenPull(options)
	p.must(err)
	p.name(p.head())
}

// base pushes the files of a folder to a branch that pull requests go into.
func (p *transcript) base(branch, folder string) {
	_, err := p.repo.Commit(branch, githubtest.Commit{Entries: p.folder(folder), Delete: p.deletions(folder)})
	p.must(err)
	p.wait(0)
}

// organization pushes files to the repository .github of an owner, which it makes the first time.
func (p *transcript) organization(folder string, private, mona bool) {
	owner := "octo"
	if mona {
		owner = "mona"
	}
	if p.above == nil {
		var err error
		p.above, err = p.srv.CreateRepo(owner, ".github", map[string]string{"README.md": "# mine\n"})
		p.must(err)
		if !private {
			p.above.Publish()
		}
	}
	_, err := p.above.Commit("main", githubtest.Commit{Entries: p.folder(folder), Delete: p.deletions(folder)})
	p.must(err)
	p.wait(0)
}

// second opens another pull request of the same head commit.
func (p *transcript) second(into string, draft, fork bool) {
	options := githubtest.PullOptions{Head: "topic", HeadRepo: p.fork, Base: into, Title: "The same change",
		Draft: draft}
	var err error
	if fork {
		options.HeadRepo, err = p.repo.Fork("mona")
		p.must(err)
	}
	p.pull, err = p.repo.OpenPull(options)
	p.must(err)
}

// shows writes down what GitHub shows of the head.
func (p *transcript) shows() {
	newest := map[string]githubtest.CheckRun{}
	for _, run := range p.repo.CheckRuns(p.head()) {
		newest[run.Name] = run
	}
	for _, name := range slices.Sorted(maps.Keys(newest)) {
		run := newest[name]
		fmt.Fprintf(&p.out, "== GitHub shows %s: %s %s, %s\n", name, run.Status, run.Conclusion, run.Title)
	}
}

// deletions are the lines of the section "FOLDER.deleted".
func (p *transcript) deletions(folder string) []string {
	return strings.Fields(p.section(folder + ".deleted"))
}

func (p *transcript) push(args []string) {
	sha, err := p.from().Commit("topic", githubtest.Commit{Entries: p.folder(args[0]), Delete: p.deletions(args[0])})
	p.must(err)
	p.name(sha)
}

// force pushes a branch that begins at main again.
func (p *transcript) force(folder string) {
	p.must(p.repo.SetBranch("anew", "main"))
	sha, err := p.repo.Commit("anew", githubtest.Commit{Entries: p.folder(folder)})
	p.must(err)
	p.must(p.repo.SetBranch("topic", sha))
	p.name(sha)
}

func (p *transcript) head() string {
	state, err := p.pull.State()
	p.must(err)
	return state.Head
}

// name gives a pushed commit a name for the transcript.
func (p *transcript) name(sha string) {
	p.pushes++
	p.names[sha] = fmt.Sprintf("HEAD%d", p.pushes)
}

// lastOf makes the last job of the kind that is named first, if one is, the one that the step is about. A "press" is an
// Apply.
func (p *transcript) lastOf(args []string) []string {
	if len(args) == 0 {
		return args
	}
	kind := job.Kind(args[0])
	if kind == "press" {
		kind = job.Apply
	}
	if !slices.Contains(job.Kinds(), kind) {
		return args
	}
	p.last = p.kinds[kind]
	return args[1:]
}

func (p *transcript) redeliver(args []string) {
	event, action := "pull_request", ""
	switch {
	case slices.Contains(args, "press"):
		event, action = "check_run", "requested_action"
	case slices.Contains(args, "comment"):
		event = "issue_comment"
	}
	for _, d := range p.srv.Deliveries() {
		if d.Event == event && (action == "" || d.Action == action) {
			p.must(p.srv.Redeliver(d.ID))
			return
		}
	}
	p.Fatal("nothing to deliver again")
}

// deed writes down what came of a step.
func (p *transcript) deed(line string, all []ended) {
	fmt.Fprintf(&p.out, "== %s\n", line)
	if p.pull != nil && p.names[p.head()] == "" {
		p.name(p.head()) // a commit of dfbot's
	}
	for _, e := range all {
		p.kinds[e.job.Kind] = e
		if e.job.Kind == job.Review {
			p.last = e
			if p.first.job.Kind == "" {
				p.first = e
			}
		}
		fmt.Fprintf(&p.out, "%s\n", p.outcome(e.err))
	}
	requests := p.srv.Requests()
	p.srv.ForgetRequests()
	if p.begin == nil {
		fitContract(p.T, requests)
	}
	for _, e := range all { // reads that are made at the same time are cut off, sooner or later, when one fails
		p.strays = p.strays || e.err != nil && !slices.ContainsFunc(requests, githubtest.Request.Mutates)
	}
	if !p.strays {
		p.calls(requests)
	}
	for _, r := range requests {
		if r.Mutates() {
			p.write(r)
		}
	}
	for line := range strings.Lines(p.logs.take()) {
		p.out.WriteString("log " + p.plain(line))
	}
}

func (p *transcript) outcome(err error) string {
	var later job.RetryAt
	var stale job.Stale
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &stale):
		return stale.Error()
	case errors.As(err, new(job.GiveUp)):
		return "give up: " + p.plain(err.Error())
	case errors.As(err, &later):
		return fmt.Sprintf("retry after %s: %s", later.Time.Sub(p.clock.Now()).Round(time.Second), p.plain(err.Error()))
	}
	return p.plain(err.Error())
}

// calls counts the calls by what they ask for, since those made at the same time have no order.
func (p *transcript) calls(requests []githubtest.Request) {
	n := map[string]int{}
	for _, r := range requests {
		n[r.Method+" "+r.Operation]++
	}
	names := make([]string, 0, len(n))
	for name := range n {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(&p.out, "calls %d\n", len(requests))
	for _, name := range names {
		fmt.Fprintf(&p.out, "  %d %s\n", n[name], name)
	}
}

// write writes down a request, its long texts as lines.
func (p *transcript) write(r githubtest.Request) {
	fmt.Fprintf(&p.out, "-> %s /%s = %d\n", r.Method, strings.TrimPrefix(r.Path, "/"), r.Status)
	var body any
	if len(r.Body) == 0 {
		return
	}
	p.must(json.Unmarshal(r.Body, &body))
	var texts []string
	body = p.extract("", body, &texts)
	var pretty bytes.Buffer
	enc := json.NewEncoder(&pretty)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	p.must(enc.Encode(body))
	p.out.WriteString(p.plain(pretty.String()))
	for _, text := range texts {
		p.out.WriteString(p.plain(text))
	}
}

// extract takes texts of more than one line out of a value, and puts their names in their place.
func (p *transcript) extract(at string, v any, texts *[]string) any {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			v[k] = p.extract(strings.TrimPrefix(at+"."+k, "."), v[k], texts)
		}
	case []any:
		if strings.HasSuffix(at, "annotations") && len(v) > 3 {
			v = append(v[:2:2], fmt.Sprintf("and %d more", len(v)-2))
		}
		for i := range v {
			v[i] = p.extract(fmt.Sprintf("%s[%d]", at, i), v[i], texts)
		}
		return v
	case string:
		if strings.Contains(v, "\n") {
			text := "   | " + strings.ReplaceAll(strings.TrimSuffix(v, "\n"), "\n", "\n   | ")
			*texts = append(*texts, fmt.Sprintf("   %s:\n%s\n", at, text))
			return "see below"
		}
	}
	return v
}

var deliveryPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

var refusedPattern = regexp.MustCompile(`dfbot:v1 (refused|end) [0-9a-f]{16} -->`)

var keyPattern = regexp.MustCompile(`v1:pr=\d+:[0-9a-f]{16}(-[0-9a-f]{8})?`)

// tracePattern is what a marker keeps of a finding besides its fingerprint, which is for package review to test.
var tracePattern = regexp.MustCompile(`([A-Za-z0-9_-]{16}):[a-z0-9-]+(/[A-Za-z0-9_.-]+)?:[A-Z]*:[\w-]{8}:[\w-]*(:[\w-]+)?`)

// plain replaces what differs from run to run, or with every change of code that does not matter here.
func (p *transcript) plain(s string) string {
	s = deliveryPattern.ReplaceAllString(s, "DELIVERY")
	s = tracePattern.ReplaceAllString(s, "$1")
	s = keyPattern.ReplaceAllStringFunc(s, func(key string) string {
		if p.keys[key] == "" {
			p.keys[key] = fmt.Sprintf("%sKEY%d", key[:strings.LastIndex(key, ":")+1], len(p.keys)+1)
		}
		return p.keys[key]
	})
	s = refusedPattern.ReplaceAllString(s, "dfbot:v1 $1 PRESS -->")
	for sha, name := range p.names {
		s = strings.ReplaceAll(s, sha, name)
		s = strings.ReplaceAll(s, sha[:7], name)
	}
	s = strings.ReplaceAll(s, p.srv.URL, "https://github.test/")
	// the pages of an Enterprise Server
	s = strings.ReplaceAll(s, strings.TrimSuffix(p.srv.URL, "api/v3/"), "https://github.test/")
	return strings.ReplaceAll(s, "\r", "\\r")
}

// check compares with the file, or rewrites it.
func (p *transcript) check(t *testing.T, file string) {
	got := p.out.String()
	if *update && !t.Failed() {
		p.archive.Files = slices.DeleteFunc(p.archive.Files, func(f txtar.File) bool { return f.Name == "transcript" })
		p.archive.Files = append(p.archive.Files, txtar.File{Name: "transcript", Data: []byte(got)})
		p.must(os.WriteFile(file, txtar.Format(p.archive), 0o644))
		return
	}
	if diff := gocmp.Diff(strings.Split(p.section("transcript"), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got, `go test ./app -update` rewrites it\n%s", diff)
	}
}
