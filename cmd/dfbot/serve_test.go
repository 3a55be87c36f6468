//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// TestServe runs the program as an operator does, against a GitHub on this machine.
func TestServe(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it starts the program many times")
	}
	t.Parallel()
	for _, test := range []struct {
		name, program string
		run           func(*testing.T, *site)
	}{
		{"review", "dfbot", reviewsOnce},
		{"killed", "dfbot-hasty", survivesKill},
		{"drains", "dfbot", drains},
		{"second signal", "dfbot-hasty", endsAtSecondSignal},
		{"reading", "dfbot", stopsReading},
		{"unreachable", "dfbot", servesWithoutGitHub},
		{"refused", "dfbot", tellsThatGitHubRefuses},
		{"settings", "dfbot", refusesSettings},
		{"resources", "dfbot", refusesResources},
		{"health check", "dfbot", checksHealth},
		{"permissions", "dfbot", needsEachPermission},
		{"given up", "dfbot", bringsBack},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, newSite(t, program(t, test.program)))
		})
	}
}

// secret signs the webhooks; former is the one before it.
const secret, former = "the-webhook-secret-of-today", "the-webhook-secret-of-yesterday"

// patience is how long a test waits for what should happen soon.
const patience = time.Minute

// sins is a Dockerfile with something to say about.
const sins = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCMD echo hello\n"

// site is a GitHub with an App on one account, and what dfbot needs to serve it.
type site struct {
	*testing.T
	program string
	hub     *githubtest.Server
	app     *githubtest.App
	inst    *githubtest.Installation
	repo    *githubtest.Repo
	env     map[string]string
}

// newSite makes a site whose App is as app.yml has it.
func newSite(t *testing.T, program string) *site {
	t.Helper()
	m, _ := readManifest(t)
	return newSiteWith(t, program, m.DefaultPermissions)
}

func newSiteWith(t *testing.T, program string, permissions map[string]string) *site {
	t.Helper()
	m, _ := readManifest(t)
	s := &site{T: t, program: program}
	var err error
	s.hub, err = githubtest.New(githubtest.Options{})
	s.must(err)
	t.Cleanup(s.hub.Close)
	s.app, err = s.hub.CreateApp(githubtest.AppOptions{
		Slug: "dfbot", WebhookSecret: secret, Permissions: permissions, Events: m.DefaultEvents,
	})
	s.must(err)
	s.repo, err = s.hub.CreateRepo("octo", "shop", map[string]string{"README.md": "# shop\n"})
	s.must(err)
	s.inst, err = s.app.Install("octo")
	s.must(err)
	s.env = map[string]string{
		"APP_ID": strconv.FormatInt(s.app.ID, 10), "PRIVATE_KEY": string(s.app.PrivateKey()),
		"WEBHOOK_SECRET": secret + "," + former, "GITHUB_API_URL": s.hub.URL, "LISTEN": "127.0.0.1:0",
		"METRICS_LISTEN": "127.0.0.1:0", "DATA_DIR": filepath.Join(t.TempDir(), "data"), "LOG_FORMAT": "json",
	}
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// wait waits until a condition holds.
func (s *site) wait(what string, holds func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); !holds(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.Fatalf("waited in vain: %s", what)
		}
	}
}

// open opens a pull request with a Dockerfile.
func (s *site) open(n int) *githubtest.Pull {
	s.Helper()
	branch := fmt.Sprintf("topic-%d", n)
	_, err := s.repo.Commit(branch,
		githubtest.Commit{Files: map[string]string{fmt.Sprintf("image-%d/Dockerfile", n): sins}})
	s.must(err)
	pull, err := s.repo.OpenPull(githubtest.PullOptions{Head: branch})
	s.must(err)
	return pull
}

func (s *site) runs(p *githubtest.Pull) []githubtest.CheckRun {
	s.Helper()
	state, err := p.State()
	s.must(err)
	return s.repo.CheckRuns(state.Head)
}

// reviewed reports whether the pull request has its check run, which is the last thing to be written.
func (s *site) reviewed(p *githubtest.Pull) bool {
	runs := s.runs(p)
	return len(runs) > 0 && runs[len(runs)-1].Status == "completed"
}

// standsOnce checks that a pull request has one review and one check run.
func (s *site) standsOnce(p *githubtest.Pull) {
	s.Helper()
	reviews, comments, runs := p.Reviews(), p.Comments(), s.runs(p)
	if len(reviews) != 1 || len(comments) != 2 || len(runs) != 1 {
		s.Fatalf("pull request %d has %d reviews with %d comments and %d check runs, want 1, 2, 1", p.Number,
			len(reviews), len(comments), len(runs))
	}
	if reviews[0].State != "COMMENTED" || runs[0].Conclusion != "success" ||
		!strings.Contains(comments[0].Body, "```suggestion") {
		s.Errorf("pull request %d: review %s, check run %s, first comment:\n%s", p.Number, reviews[0].State,
			runs[0].Conclusion, comments[0].Body)
	}
}

// process is dfbot, running.
type process struct {
	*site
	cmd     *exec.Cmd
	out     journal
	url     string        // without a slash at its end
	metrics string        // URL of the metrics
	ready   time.Duration // from the start until deliveries could be stored
	ended   chan struct{}
}

// journal is what a process prints.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// field gives a field of the first line of the log with this message.
func (j *journal) field(message, name string) (value any, found bool) {
	for line := range strings.Lines(j.String()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == message {
			return fields[name], true
		}
	}
	return nil, false
}

func (j *journal) says(message string) bool { _, found := j.field(message, ""); return found }

// command is the program with the site's settings and nothing else.
func (s *site) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, args...)
	cmd.Env = []string{}
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// start starts dfbot, and has GitHub deliver to it once it is ready.
func (s *site) start() *process {
	s.Helper()
	p := &process{site: s, cmd: s.command("serve"), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	begun := time.Now()
	s.must(p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // ProcessState has it
		close(p.ended)
	}()
	s.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
		if s.Failed() {
			s.Logf("dfbot %d said:\n%s", p.cmd.Process.Pid, &p.out)
		}
	})
	s.wait("dfbot starts", func() bool {
		select {
		case <-p.ended:
			s.Fatalf("dfbot ended: %s", &p.out)
		default:
		}
		listen, found := p.out.field("dfbot starts", "listen")
		metrics, _ := p.out.field("dfbot starts", "metrics")
		p.url, p.metrics = fmt.Sprintf("http://%v", listen), fmt.Sprintf("http://%v/metrics", metrics)
		return found
	})
	s.wait("dfbot is ready", func() bool { status, _ := p.get(p.url + "/readyz"); return status == http.StatusOK })
	p.ready = time.Since(begun)
	s.app.SetWebhook(p.url+"/webhook", secret)
	return p
}

// get gives the status 0 where there is no answer.
func (p *process) get(url string) (status int, body string) {
	p.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	p.must(err)
	return resp.StatusCode, string(data)
}

// figure is one line of the metrics, -1 where it is missing.
func (p *process) figure(name string) float64 {
	p.Helper()
	_, all := p.get(p.metrics)
	for line := range strings.Lines(all) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			p.must(err)
			return n
		}
	}
	return -1
}

func (p *process) idle() bool {
	return p.figure(`dfbot_jobs{state="queued"}`) == 0 && p.figure(`dfbot_jobs{state="running"}`) == 0
}

// deliver posts a payload as GitHub does.
func (p *process) deliver(event, id, key string, payload []byte) int {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+"/webhook", bytes.NewReader(payload))
	p.must(err)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(payload)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", event)
	req.Header.Set("X-GitHub-Delivery", id)
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	p.must(err)
	resp.Body.Close()
	return resp.StatusCode
}

// end waits for the process to end and gives its exit code, -1 for a signal.
func (p *process) end() int {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Fatal("dfbot does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) kill() {
	p.Helper()
	p.must(p.cmd.Process.Kill())
	p.end()
}

func (p *process) signal(s os.Signal) { p.Helper(); p.must(p.cmd.Process.Signal(s)) }

// opened is the delivery of the first pull request.
func (s *site) opened() githubtest.Delivery {
	s.Helper()
	for _, d := range s.hub.Deliveries() {
		if d.Event == "pull_request" {
			return d
		}
	}
	s.Fatal("no pull request was delivered")
	panic("unreachable")
}

// reviewsOnce: a signed delivery becomes a review and a check run; the same delivery again writes nothing, whether its
// id is known or not.
func reviewsOnce(t *testing.T, s *site) {
	p := s.start()
	pull := s.open(1)
	s.wait("the review", func() bool { return s.reviewed(pull) && p.idle() })
	s.standsOnce(pull)

	s.hub.ForgetRequests()
	s.must(s.hub.Redeliver(s.opened().ID))
	s.must(s.hub.Delivered(t.Context()))
	all := s.hub.Deliveries()
	if last := all[len(all)-1]; last.StatusCode != http.StatusOK || !bytes.Contains(last.Answer, []byte("duplicate")) {
		t.Errorf("redelivered: %d %s", last.StatusCode, last.Answer)
	}
	done := p.figure(`dfbot_jobs_ended_total{outcome="done"}`)
	if status := p.deliver("pull_request", "another-id", former, s.opened().Payload); status != http.StatusAccepted {
		t.Errorf("delivered under another id, signed with the former secret: %d", status)
	}
	s.wait("the second job", func() bool { return p.figure(`dfbot_jobs_ended_total{outcome="done"}`) > done })
	for _, w := range s.hub.Writes() {
		t.Errorf("redelivered, and it writes: %s %s", w.Method, w.Path)
	}
	s.standsOnce(pull)
	if status := p.deliver("pull_request", "forged", "wrong", s.opened().Payload); status != http.StatusUnauthorized {
		t.Errorf("delivered with a forged signature: %d", status)
	}
	p.keepsSecrets()
	if p.signal(syscall.SIGTERM); p.end() != exitClean {
		t.Errorf("exit code %d", p.end())
	}
}

// keepsSecrets looks for secrets in everything that the process has printed.
func (p *process) keepsSecrets() {
	p.Helper()
	_, figures := p.get(p.metrics)
	if _, public := p.get(p.url + "/metrics"); strings.Contains(public, "dfbot_") {
		p.Error("the metrics are public")
	}
	key := strings.Split(string(p.app.PrivateKey()), "\n")[1]
	for _, hidden := range []string{secret, former, key, "ghs_", "eyJ"} {
		if strings.Contains(p.out.String(), hidden) || strings.Contains(figures, hidden) {
			p.Errorf("dfbot tells %q", hidden)
		}
	}
	if strings.Contains(figures, "octo") || strings.Contains(figures, "shop") {
		p.Error("the metrics name repositories")
	}
	for name, want := range map[string]any{
		"app_id": float64(p.app.ID), "github": p.hub.URL, "webhook_secrets": 2.0, "data": p.env["DATA_DIR"],
	} {
		if got, _ := p.out.field("dfbot starts", name); got != want {
			p.Errorf("the log says at the start that %s is %v, want %v", name, got, want)
		}
	}
	p.wait("GitHub knows the App", func() bool { return p.out.says("GitHub knows the App") })
}

// survivesKill: killed with SIGKILL in the middle of jobs, at the worst moments, and started again, dfbot ends with
// one review and one check run on each pull request.
func survivesKill(t *testing.T, s *site) {
	const pulls = 6
	s.env["WORKERS"] = "3"
	reading := s.hub.Fault(githubtest.Match{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files"},
		githubtest.Fault{Trouble: githubtest.Hang})
	p := s.start()
	var all []*githubtest.Pull
	for n := range pulls {
		all = append(all, s.open(n))
	}
	s.must(s.hub.Delivered(t.Context()))
	s.wait("two jobs run", func() bool { return p.figure(`dfbot_jobs{state="running"}`) == 2 })
	p.kill()
	reading()

	// Each of these is done by GitHub, and dfbot dies before it hears of it.
	for _, write := range []string{"/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
		"/repos/{owner}/{repo}/check-runs"} {
		before := len(s.hub.Writes())
		remove := s.hub.Fault(githubtest.Match{Method: "POST", Path: write},
			githubtest.Fault{Trouble: githubtest.Hang, After: true})
		p = s.start()
		s.wait("a write", func() bool { return len(s.hub.Writes()) > before })
		p.kill()
		remove()
	}
	p = s.start()
	s.wait("all reviews", func() bool {
		for _, pull := range all {
			if !s.reviewed(pull) {
				return false
			}
		}
		return p.idle()
	})
	for _, pull := range all {
		s.standsOnce(pull)
	}
}

// drains: after SIGTERM the running job ends well, what waits stays for the next start, and no connection is accepted.
func drains(t *testing.T, s *site) {
	s.env["WORKERS"] = "1"
	slow := githubtest.Match{Method: "POST", Path: "/repos/{owner}/{repo}/check-runs", Times: 1}
	s.hub.Fault(slow, githubtest.Fault{Trouble: githubtest.SlowBody, Wait: 300 * time.Microsecond})
	p := s.start()
	pulls := []*githubtest.Pull{s.open(0), s.open(1), s.open(2)}
	s.must(s.hub.Delivered(t.Context()))
	s.wait("a check run is being written",
		func() bool { return s.reviewed(pulls[0]) || s.reviewed(pulls[1]) || s.reviewed(pulls[2]) })
	p.signal(syscall.SIGTERM)
	if code := p.end(); code != exitClean {
		t.Errorf("exit code %d", code)
	}
	_, after, stopping := strings.Cut(p.out.String(), `"msg":"stopping`)
	if !stopping || !strings.Contains(after, `"msg":"job done"`) {
		t.Error("the running job did not end after the signal")
	}
	if !strings.Contains(after, `"msg":"stopped`) {
		t.Error("the log does not say that all went well")
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		t.Error("the address is still open")
	}
	done := 0
	for _, pull := range pulls {
		done += len(s.runs(pull))
	}
	if done != 1 {
		t.Errorf("%d reviews were done, want only the one that was running", done)
	}
	s.start()
	s.wait("the others", func() bool { return s.reviewed(pulls[0]) && s.reviewed(pulls[1]) && s.reviewed(pulls[2]) })
	for _, pull := range pulls {
		s.standsOnce(pull)
	}
}

// endsAtSecondSignal: who cannot wait for what is being written signals twice, and loses nothing.
func endsAtSecondSignal(t *testing.T, s *site) {
	write := githubtest.Match{Method: "POST", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"}
	remove := s.hub.Fault(write, githubtest.Fault{Trouble: githubtest.Hang})
	p := s.start()
	pull := s.open(1)
	s.wait("a review is being written", func() bool { return len(s.hub.Writes()) > 0 })
	p.signal(syscall.SIGTERM)
	s.wait("it stops", func() bool { return strings.Contains(p.out.String(), `"msg":"stopping`) })
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if code := p.end(); code == exitClean || time.Since(began) > drainTime/2 {
		t.Errorf("exit code %d after %s", code, time.Since(began))
	}
	remove()
	s.start()
	s.wait("the review", func() bool { return s.reviewed(pull) })
	s.standsOnce(pull)
}

// stopsReading: who is asked to stop while it reads a pull request or thinks about it does not go on with that.
func stopsReading(t *testing.T, s *site) {
	remove := s.hub.Fault(githubtest.Match{Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files"},
		githubtest.Fault{Trouble: githubtest.Hang})
	p := s.start()
	pull := s.open(1)
	s.wait("a job runs", func() bool { return p.figure(`dfbot_jobs{state="running"}`) == 1 })
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if code := p.end(); code != exitClean || !p.out.says("job interrupted") || time.Since(began) >= drainTime {
		t.Errorf("exit code %d after %s", code, time.Since(began))
	}
	remove()
	p = s.start()
	s.wait("the review", func() bool { return s.reviewed(pull) })
	s.wait("its end", func() bool { return p.out.says("job done") })
	if attempt, _ := p.out.field("job done", "attempt"); attempt != 1.0 {
		t.Errorf("the interrupted attempt counts: %v", attempt)
	}
	s.standsOnce(pull)
}

// bringsBack: a pull request that was given up without a word comes back when its delivery is sent again, and when the
// permission is granted that was missing.
func bringsBack(t *testing.T, s *site) {
	m, _ := readManifest(t)
	less := maps.Clone(m.DefaultPermissions)
	delete(less, "checks")
	p := s.start()
	s.inst.SetPermissions(less)
	pull := s.open(1)
	givenUp := func(times float64) func() bool {
		return func() bool { return p.figure(`dfbot_jobs_ended_total{outcome="given_up"}`) == times && p.idle() }
	}
	s.wait("it is given up", givenUp(1))
	s.must(s.hub.Redeliver(s.opened().ID))
	s.must(s.hub.Delivered(t.Context()))
	all := s.hub.Deliveries()
	if last := all[len(all)-1]; last.StatusCode != http.StatusAccepted {
		t.Errorf("redelivered: %d %s", last.StatusCode, last.Answer)
	}
	s.wait("it is given up again", givenUp(2))
	s.inst.SetPermissions(m.DefaultPermissions)
	s.wait("the review", func() bool { return s.reviewed(pull) && p.idle() })
	s.standsOnce(pull)
}

// servesWithoutGitHub: deliveries are taken while GitHub cannot be reached.
func servesWithoutGitHub(t *testing.T, s *site) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	s.env["GITHUB_API_URL"] = "http://" + nobody.Addr().String() + "/"
	nobody.Close()
	p := s.start()
	pull := s.open(1)
	s.must(s.hub.Delivered(t.Context()))
	if d := s.opened(); d.StatusCode != http.StatusAccepted {
		t.Errorf("delivered: %d %s", d.StatusCode, d.Answer)
	}
	s.wait("another attempt is planned",
		func() bool { return p.figure(`dfbot_jobs_ended_total{outcome="retried"}`) >= 1 })
	s.wait("the log says so", func() bool {
		return strings.Contains(p.out.String(), "GitHub did not answer when asked for the App; deliveries are accepted")
	})
	if s.reviewed(pull) {
		t.Error("reviewed by nobody")
	}
}

// tellsThatGitHubRefuses: a key that is another App's is reported before the first pull request.
func tellsThatGitHubRefuses(t *testing.T, s *site) {
	other, err := s.hub.CreateApp(githubtest.AppOptions{Slug: "other"})
	s.must(err)
	s.env["PRIVATE_KEY"] = string(other.PrivateKey())
	p := s.start()
	s.wait("the log says so", func() bool { return strings.Contains(p.out.String(), "GitHub refuses the App") })
	if status, _ := p.get(p.url + "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz %d: deliveries can be stored all the same", status)
	}
}

// fails runs a command that should end soon and gives its exit code and what it says.
func (s *site) fails(args ...string) (code int, said string) {
	s.Helper()
	out, err := s.command(args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		s.Fatal(err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return code, string(out)
}

// refusesSettings: everything wrong is reported at once, and no secret.
func refusesSettings(t *testing.T, s *site) {
	data := filepath.Join(t.TempDir(), "data")
	s.env = map[string]string{
		"APP_ID": "0", "PRIVATE_KEY": "hush-hush", "WEBHOOK_SECRET": " , ",
		"GITHUB_API_URL": "https://me:hush-hush@github.example.com", "LISTEN": "here", "METRICS_LISTEN": "there",
		"WORKERS": "0", "LOG_FORMAT": "xml", "DATA_DIR": data,
	}
	for _, numbers := range []string{"0", "hush-hush", "99999999999999999999", "1.5", "-"} {
		s.env["APP_ID"], s.env["WORKERS"] = numbers, numbers
		s.refusesAllSettings()
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a data folder was made")
	}
}

func (s *site) refusesAllSettings() {
	s.Helper()
	code, said := s.fails("serve")
	if code != exitTrouble {
		s.Errorf("exit code %d", code)
	}
	for _, name := range []string{"APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET", "GITHUB_API_URL", "(LISTEN)",
		"METRICS_LISTEN", "WORKERS", "LOG_FORMAT"} {
		if !strings.Contains(said, name) {
			s.Errorf("%s is not named", name)
		}
	}
	if strings.Contains(said, "hush-hush") {
		s.Error("a secret is printed")
	}
	if s.Failed() {
		s.Log(said)
	}
}

// refusesResources: ports and folders that cannot be had are reported at once, with their settings.
func refusesResources(t *testing.T, s *site) {
	p := s.start()
	s.env["LISTEN"], s.env["METRICS_LISTEN"] = strings.TrimPrefix(p.url, "http://"),
		strings.TrimPrefix(strings.TrimSuffix(p.metrics, "/metrics"), "http://")
	expect := func(words ...string) {
		t.Helper()
		code, said := s.fails("serve")
		if code != exitTrouble {
			t.Errorf("exit code %d", code)
		}
		for _, w := range words {
			if !strings.Contains(said, w) {
				t.Errorf("it does not say %q:\n%s", w, said)
			}
		}
	}
	expect("--listen (LISTEN)", "--metrics-listen (METRICS_LISTEN)", "address already in use",
		"--data (DATA_DIR)", "in use by another process", fmt.Sprint(p.cmd.Process.Pid))

	s.env["LISTEN"], s.env["METRICS_LISTEN"] = "127.0.0.1:0", ""
	file := filepath.Join(t.TempDir(), "file")
	s.must(os.WriteFile(file, nil, 0o600))
	s.env["DATA_DIR"] = filepath.Join(file, "data")
	expect("--data (DATA_DIR)", "not a directory")
	if os.Geteuid() != 0 { // root may write everywhere
		s.env["DATA_DIR"] = filepath.Join(t.TempDir(), "data")
		s.must(os.Mkdir(s.env["DATA_DIR"], 0o500))
		expect("--data (DATA_DIR)", "permission denied")
	}
	if status, _ := p.get(p.url + "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz %d: the first was disturbed", status)
	}
}

// checksHealth: --check asks the dfbot at the same address.
func checksHealth(t *testing.T, s *site) {
	p := s.start()
	s.env["LISTEN"] = strings.TrimPrefix(p.url, "http://")
	if code, said := s.fails("serve", "--check"); code != 0 || said != "ready\n" {
		t.Errorf("%d %s", code, said)
	}
	_, port, err := net.SplitHostPort(s.env["LISTEN"])
	s.must(err)
	for _, address := range []string{":", "0.0.0.0:"} { // as the settings of a dfbot have it that listens everywhere
		s.env["LISTEN"] = address + port
		if code, said := s.fails("serve", "--check"); code != 0 {
			t.Errorf("%s: %d %s", s.env["LISTEN"], code, said)
		}
	}
	p.kill()
	if code, said := s.fails("serve", "--check"); code != 1 || !strings.Contains(said, "not ready") {
		t.Errorf("%d %s", code, said)
	}
}
