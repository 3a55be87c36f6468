package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dfbot/dfbot/review/buildkit"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in testdata/script")

func TestMain(m *testing.M) {
	buildkit.Child()
	testscript.Main(m, map[string]func(){"dfbot": main, "dfbot-hasty": hasty})
}

// hasty is dfbot at twenty times its pace, so that a life of weeks fits into minutes.
func hasty() {
	pace.backoff, pace.death, pace.repeat, pace.late, pace.write =
		200*time.Millisecond, 50*time.Millisecond, 12*time.Millisecond, 1500*time.Millisecond, 50*time.Millisecond
	main()
}

// program is the path of one of the commands of TestMain. It is the binary of the tests: no build, no wait.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestScripts runs the program as people do. A script's `exits N command...` runs a command and
// expects its exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition:           condition,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// setup keeps the settings of the user who runs the tests out of the scripts.
func setup(e *testscript.Env) error {
	e.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	e.Setenv("SOURCE_DATE_EPOCH", "1767225600") // the first day of 2026
	e.Setenv("TERM", "xterm")
	e.Setenv("NO_COLOR", "")
	return nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var e *exec.ExitError
		if !errors.As(err, &e) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// condition adds [root], for whom no file is unreadable.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}
