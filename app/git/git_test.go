package git

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, name := range names {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inside runs a command in a repository that the test makes.
func inside(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := Made(dir).Output(t.Context(), nil,
		append([]string{"-c", "user.name=eve", "-c", "user.email=eve@x.example"}, args...)...)
	must(t, err)
	return strings.TrimSpace(string(out))
}

func TestFind(t *testing.T) {
	dir := folder(t, "repo/a/b", "plain", "bare", "moved/a")
	inside(t, filepath.Join(dir, "repo"), "init", "-q", "-b", "main")
	inside(t, filepath.Join(dir, "repo"), "commit", "-q", "--allow-empty", "-m", "one")
	inside(t, filepath.Join(dir, "repo"), "worktree", "add", "-q", filepath.Join(dir, "linked"), "-b", "side")
	inside(t, filepath.Join(dir, "bare"), "init", "-q", "--bare", "-b", "main")
	inside(t, filepath.Join(dir, "moved"), "init", "-q", "-b", "main")
	inside(t, filepath.Join(dir, "moved"), "config", "core.worktree", filepath.Join(dir, "plain"))
	must(t, os.Symlink(filepath.Join(dir, "repo", "a"), filepath.Join(dir, "link")))
	for from, want := range map[string]struct{ top, branch string }{
		"repo": {"repo", "main"}, "repo/a/b": {"repo", "main"}, "link/b": {"repo", "main"},
		"linked": {"linked", "side"}, "bare": {"bare", "main"}, "bare/refs": {"bare", "main"},
		"moved/a": {"moved", "main"},
	} {
		r, err := Find(filepath.Join(dir, from))
		must(t, err)
		out, err := r.Output(t.Context(), nil, "symbolic-ref", "--short", "HEAD")
		if r.Top != filepath.Join(dir, want.top) || string(out) != want.branch+"\n" || err != nil {
			t.Errorf("%s: top %s, branch %q, %v", from, r.Top, out, err)
		}
	}
	if _, err := Find(filepath.Join(dir, "plain")); !errors.Is(err, ErrNone) {
		t.Errorf("a plain folder: %v", err)
	}
	r, err := Find(filepath.Join(dir, "moved"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "plain", "far"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "moved", "near"), nil, 0o644))
	if out, err := r.Output(t.Context(), nil, "ls-files", "--others"); string(out) != "near\n" || err != nil {
		t.Errorf("with a core.worktree elsewhere: %q, %v", out, err)
	}
}

// TestOnlyReads keeps commands that read files through filters, or write, out of repositories that dfbot did not make.
func TestOnlyReads(t *testing.T) {
	dir := folder(t, "repo")
	inside(t, filepath.Join(dir, "repo"), "init", "-q")
	r, err := Find(filepath.Join(dir, "repo"))
	must(t, err)
	for _, args := range [][]string{{"status"}, {"diff"}, {"log", "-p"}, {"config", "a.b", "c"},
		{"-c", "a.b=c", "ls-files"}, {"fetch"}} {
		if _, err := r.Output(t.Context(), nil, args...); err == nil ||
			!strings.Contains(err.Error(), "does not run in a repository of others") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := (Repo{}).Output(t.Context(), nil, "ls-files"); !errors.Is(err, ErrNone) {
		t.Errorf("the zero Repo: %v", err)
	}
}

// TestCallerSettings keeps the caller's settings and variables out.
func TestCallerSettings(t *testing.T) {
	dir := folder(t, "repo", "other", "home")
	inside(t, filepath.Join(dir, "repo"), "init", "-q", "-b", "main")
	inside(t, filepath.Join(dir, "other"), "init", "-q", "-b", "other")
	must(t, os.WriteFile(filepath.Join(dir, "home", ".gitconfig"),
		[]byte("[core]\nexcludesFile="+filepath.Join(dir, "home", "x")+"\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "home", "x"), []byte("file\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "repo", "file"), nil, 0o644))
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(dir, "home", ".gitconfig"))
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
	t.Setenv("GIT_CONFIG_VALUE_0", filepath.Join(dir, "home", "x"))
	t.Setenv("GIT_DIR", filepath.Join(dir, "other", ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(dir, "none"))
	r, err := Find(filepath.Join(dir, "repo"))
	must(t, err)
	for _, ask := range []struct{ want, args string }{{"main", "symbolic-ref --short HEAD"},
		{"file", "ls-files --others --exclude-standard"}} {
		if out, err := r.Output(t.Context(), nil, strings.Fields(ask.args)...); string(out) != ask.want+"\n" ||
			err != nil {
			t.Errorf("git %s: %q, %v, want %s", ask.args, out, err, ask.want)
		}
	}
}

// TestNoTransport is a git that does not know GIT_NO_LAZY_FETCH: it tries to fetch a missing object, and starts nothing
// for it, though the repository allows every protocol.
func TestNoTransport(t *testing.T) {
	dir := folder(t, "repo")
	repo, sprung := filepath.Join(dir, "repo"), filepath.Join(dir, "sprung")
	inside(t, repo, "init", "-q")
	for _, setting := range []string{
		"core.repositoryformatversion=1", "extensions.partialClone=origin", "remote.origin.promisor=true",
		"remote.origin.url=.", "remote.origin.uploadpack=touch " + sprung + "; false", "protocol.allow=always",
		"protocol.file.allow=always",
	} {
		key, value, _ := strings.Cut(setting, "=")
		inside(t, repo, "config", key, value)
	}
	r, err := Find(repo)
	must(t, err)
	ask := func(without ...string) {
		cmd, err := r.command(t.Context(), []string{"rev-parse", "--verify", strings.Repeat("1", 40) + "^{commit}"})
		must(t, err)
		cmd.Env = slices.DeleteFunc(cmd.Env, func(kv string) bool {
			return slices.ContainsFunc(without, func(name string) bool { return strings.HasPrefix(kv, name+"=") })
		})
		if err := cmd.Run(); err == nil {
			t.Error("the missing commit is found")
		}
	}
	for _, without := range [][]string{{}, {"GIT_NO_LAZY_FETCH"}, {"GIT_ALLOW_PROTOCOL"}} {
		if ask(without...); exists(sprung) {
			t.Errorf("without %v, the program of the repository is started", without)
			must(t, os.Remove(sprung))
		}
	}
	if ask("GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"); !exists(sprung) {
		t.Error("without any guard the program is not started: this test shows nothing")
	}
}

func exists(name string) bool { _, err := os.Lstat(name); return err == nil }

func TestCheckVersion(t *testing.T) {
	for said, want := range map[string]string{
		"git version 2.39.5\n": "", "git version 2.31.0": "", "git version 3.0.0-rc1": "",
		"git version 2.45.2 (Apple Git-154)": "", "git version 2.50.1.windows.1": "",
		"git version 2.30.2": "git 2.30 is too old: dfbot needs 2.31 or newer", "git version 1.99.0": "too old",
		"": "unexpected answer", "hub version 2": "unexpected answer",
	} {
		err := checkVersion(said)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", said, err, want)
		}
	}
}

func TestProcess(t *testing.T) {
	r, err := Init(filepath.Join(folder(t), "store"))
	must(t, err)
	p, err := r.Start("cat-file", "--batch")
	must(t, err)
	defer p.Stop()
	out, err := r.Output(t.Context(), []byte("hello"), "hash-object", "-w", "--stdin")
	must(t, err)
	name := strings.TrimSpace(string(out))
	for range 2 {
		must(t, p.Ask(name+"\n", func(out *bufio.Reader) error {
			line, err := out.ReadString('\n')
			if line != name+" blob 5\n" || err != nil {
				t.Errorf("answer %q, %v", line, err)
			}
			line, err = out.ReadString('\n')
			if line != "hello\n" || err != nil {
				t.Errorf("content %q, %v", line, err)
			}
			return nil
		}))
	}
}

// within waits until ok, for a minute at most.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute: %s", what)
		}
	}
}
