package buildkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/subrequests/lint"

	"github.com/dfbot/dfbot/review/guard"
	"github.com/dfbot/dfbot/review/turns"
)

var small = request{Dockerfile: []byte("FROM a as b\n")}

// idlers are the children without work.
func (c *Checks) idlers() []*process {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*process
	for _, r := range c.idle {
		all = append(all, r.process)
	}
	return all
}

// until waits for a condition, and fails where it does not come about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func ask(t *testing.T, c *Checks) {
	t.Helper()
	if a, err := c.run(t.Context(), nil, small); err != nil || len(a.Warnings) != 1 ||
		a.Warnings[0].Check != "FromAsCasing" {
		t.Fatalf("answers %+v, %v", a, err)
	}
}

// TestOneChildServesOneAfterTheOther: a normal Dockerfile costs no process start.
func TestOneChildServesOneAfterTheOther(t *testing.T) {
	c := open(t, Options{})
	if len(c.idlers()) != 0 {
		t.Fatal("a child was started before there was anything to do")
	}
	ask(t, c)
	first := c.idlers()[0]
	for range 20 {
		ask(t, c)
	}
	if now := c.idlers(); len(now) != 1 || now[0] != first {
		t.Errorf("children afterwards: %v, at first: %v", now, first)
	}
}

// TestChildIsConfined looks at the limits of a child, and at what it was handed.
func TestChildIsConfined(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limits are Linux's")
	}
	t.Setenv("APP_SECRET", "hunter2")
	c := open(t, Options{})
	ask(t, c)
	proc := fmt.Sprintf("/proc/%d/", c.idlers()[0].cmd.Process.Pid)
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []string{"Max open files 3 3", "Max file size 0 0", "Max core file size 0 0",
		"Max cpu time 60 60"} {
		if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), l) {
			t.Errorf("no %q in\n%s", l, limits)
		}
	}
	if bytes.Contains(limits, []byte("Max address space         unlimited")) {
		t.Errorf("address space has no limit")
	}
	if env, err := os.ReadFile(proc + "environ"); err != nil || bytes.Contains(env, []byte("SECRET")) ||
		bytes.Contains(env, []byte("PATH=")) {
		t.Errorf("environment %q, %v", env, err)
	}
	files, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		to, _ := os.Readlink(proc + "fd/" + f.Name())
		harmless := func(s string) bool { return strings.HasPrefix(to, s) } // the Go runtime reads its share of the CPU
		if !slices.ContainsFunc([]string{"pipe:", "anon_inode:", "/sys/fs/cgroup/", "/dev/null"}, harmless) {
			t.Errorf("file %s is %s", f.Name(), to)
		}
	}
}

// TestMemoryIsBounded: what makes memory run out before the time does.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it waits for limits to be reached")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the limits are Linux's")
	}
	c := open(t, Options{Deadline: 2 * time.Minute})
	began := time.Now()
	_, err := c.run(t.Context(), nil, request{Dockerfile: []byte(doubled("ENV", 34))})
	t.Logf("%v after %v", err, time.Since(began))
	// its way to run out
	raced := err != nil && strings.Contains(err.Error(), "address space collisions for -race mode")
	if !errors.Is(err, guard.ErrMemory) && !raced {
		t.Errorf("error %v", err)
	}
}

func TestOverrunKillsTheChild(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it waits for limits to be reached")
	}
	c := open(t, Options{Deadline: 2 * time.Second})
	ask(t, c)
	old := c.idlers()[0]
	if _, err := c.run(t.Context(), nil, request{Dockerfile: []byte(doubled("ENV", 34))}); !errors.Is(err,
		guard.ErrOverran) && !errors.Is(err, guard.ErrMemory) {
		t.Errorf("error %v", err)
	}
	if err := old.cmd.Process.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("the child lives: %v", err)
	}
	ask(t, c)
}

func TestCallerGivesUp(t *testing.T) {
	c := open(t, Options{Children: 1})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	if _, err := c.run(ctx, nil, request{Dockerfile: []byte(doubled("ENV", 34))}); err == nil ||
		err.Error() != "enough" {
		t.Errorf("error %v", err)
	}
	ask(t, c)
}

// TestDeadChildIsReplaced: one that was killed while it had no work is no reason to say nothing.
func TestDeadChildIsReplaced(t *testing.T) {
	c := open(t, Options{})
	ask(t, c)
	old := c.idlers()[0]
	old.kill()
	ask(t, c)
	if now := c.idlers(); len(now) != 1 || now[0] == old {
		t.Error("it was not replaced")
	}
}

func TestChildrenAreBounded(t *testing.T) {
	c := open(t, Options{Children: 2})
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if a, err := c.run(t.Context(), nil, small); err != nil || len(a.Warnings) != 1 {
				t.Errorf("answers %+v, %v", a, err)
			}
		})
	}
	wg.Wait()
	if n := len(c.idlers()); n < 1 || n > 2 {
		t.Errorf("%d children", n)
	}
}

func TestChildrenWithoutWorkAreDismissed(t *testing.T) {
	c := open(t, Options{Idle: 50 * time.Millisecond})
	ask(t, c)
	until(t, "the child is dismissed", func() bool { return len(c.idlers()) == 0 })
	ask(t, c)
}

func TestClose(t *testing.T) {
	c := New(Options{})
	ask(t, c)
	child := c.idlers()[0]
	c.Close()
	c.Close()
	if child.cmd.ProcessState == nil {
		t.Error("the child lives")
	}
	if _, err := c.run(t.Context(), nil, small); !errors.Is(err, turns.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

// TestChildEndsWithItsInput: where the system does not kill the orphan, it ends on its own.
func TestChildEndsWithItsInput(t *testing.T) {
	p, err := start()
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	if _, err := p.ask(small); err != nil {
		t.Fatal(err)
	}
	p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("ends with %v", err)
	}
}

func TestServeRefusesWhatIsNoRequest(t *testing.T) {
	for _, in := range []string{"\x00", "\xff\xff\xff\xff", "\x00\x00\x00\x05{", "\x00\x00\x00\x02{]"} {
		if err := serve(strings.NewReader(in), new(bytes.Buffer)); err == nil {
			t.Errorf("%q is served", in)
		}
	}
}

// corpus returns real Dockerfiles, by name.
func corpus(tb testing.TB) map[string][]byte {
	dir := os.Getenv("DFBOT_CORPUS")
	if dir == "" {
		tb.Skip("DFBOT_CORPUS is not set: no real Dockerfiles to read")
	}
	names, _ := filepath.Glob(filepath.Join(dir, "dockerfiles", "*"))
	files := map[string][]byte{}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(name)] = src
	}
	if len(files) == 0 {
		tb.Fatalf("no Dockerfiles below %s", dir)
	}
	return files
}

// frontend is the linter as a daemon runs it when it is asked for "docker build --check", on the
// same files and images.
func frontend(ctx context.Context, req request) (answer, error) {
	g := &gateway{
		files: map[string][]byte{"Dockerfile": req.Dockerfile},
		opts: map[string]string{
			"requestid": lint.RequestLint, "frontend.caps": "moby.buildkit.frontend.subrequests",
			"cmdline": "none", "build-arg:BUILDKIT_DOCKERFILE_CHECK": "experimental=all",
		},
	}
	if req.Ignore != nil {
		g.files[".dockerignore"] = req.Ignore
	}
	res, err := builder.Build(ctx, g)
	if err != nil {
		return answer{}, err
	}
	var found lint.LintResults
	if err := json.Unmarshal(res.Metadata["result.json"], &found); err != nil {
		return answer{}, err
	}
	return answerOf(&found), nil
}

// TestSameAsTheDaemon: on every real file the child says what the frontend in a daemon says.
func TestSameAsTheDaemon(t *testing.T) {
	c := open(t, Options{})
	warnings, stopped := 0, 0
	for name, src := range corpus(t) {
		if len(src) == 0 {
			continue
		}
		req := request{Dockerfile: src}
		want, err := frontend(t.Context(), req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := c.run(t.Context(), nil, req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.Last = false
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v\nthe daemon:\n%+v", name, got, want)
		}
		warnings += len(got.Warnings)
		stopped += min(len(got.Stopped), 1)
	}
	t.Logf("%d warnings, %d files on which BuildKit stops", warnings, stopped)
}

func BenchmarkChild(b *testing.B) {
	c := open(b, Options{})
	benchmark(b, func(ctx context.Context, req request) error { _, err := c.run(ctx, nil, req); return err })
}

func BenchmarkInProcess(b *testing.B) {
	benchmark(b, func(ctx context.Context, req request) error { check(ctx, req); return nil })
}

// benchmark checks one real Dockerfile after the other.
func benchmark(b *testing.B, run func(context.Context, request) error) {
	files := corpus(b)
	var all []request
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all = append(all, request{Dockerfile: files[name]})
	}
	if err := run(b.Context(), all[0]); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if err := run(b.Context(), all[i%len(all)]); err != nil {
			b.Fatal(err)
		}
	}
}
