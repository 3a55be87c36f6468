package buildkit

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/guard"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

func open(t testing.TB, o Options) *Checks {
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

// doubled is a Dockerfile whose variable doubles n times.
func doubled(keyword string, n int) string {
	var b strings.Builder
	if keyword == "ENV" {
		b.WriteString("FROM a\n")
	}
	fmt.Fprintf(&b, "%s A0=xxxxxxxx\n", keyword)
	for i := range n {
		fmt.Fprintf(&b, "%s A%d=${A%d}${A%d}\n", keyword, i+1, i, i)
	}
	if keyword == "ARG" {
		fmt.Fprintf(&b, "FROM b:${A%d}\n", n)
	}
	return b.String()
}

// outcome is how a Dockerfile made to hurt must end.
type outcome int

const (
	answered outcome = iota
	givenUp
	either // whichever comes first on this machine, the answer or the deadline
)

// TestBombs feeds the child what takes BuildKit down. Each is answered, or given up in time; this
// process does not grow; and the next Dockerfile is answered as ever.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it waits for limits to be reached")
	}
	c := open(t, Options{Deadline: 2 * time.Second, Children: 1})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, bomb := range []struct {
		name, src string
		ends      outcome
	}{
		{"a variable that doubles 34 times", doubled("ENV", 34), givenUp},
		{"a global argument that doubles 34 times", doubled("ARG", 34), givenUp},
		{"more RUN lines than are accepted", "FROM a\n" + strings.Repeat("RUN true\n", 34000), either},
		{"every port, many times", "FROM a\n" + strings.Repeat("EXPOSE 1-65535\n", 900), either},
		{"ENV and RUN in turn", "FROM a\n" + envAndRun(2000), either},
		{"NUL bytes", "FROM a\x00b\nRUN \x00\n", answered},
		{"a bind mount that may be written to", "FROM a\nRUN --mount=type=bind,rw,target=/x true\n", answered},
		{"nothing", "", answered},
		{"a line as long as the parser takes", "FROM a\nRUN " + strings.Repeat("x", 65000) + "\n", answered},
		{"a line that is longer", "FROM a\nRUN " + strings.Repeat("x", 70000) + "\n", answered},
		{"500 heredocs on a line", "FROM a\nRUN " + heredocs(500), answered},
		{"a heredoc without an end", "FROM a\nRUN <<EOF\nx\n", answered},
		{"the time of a source that is not there", "ARG SOURCE_DATE_EPOCH=context\nFROM a\n", answered},
		{"a directive that makes findings errors", "# check=error=true\nFROM a as b\n", answered},
		{"an unknown directive", "# check=nonsense\nFROM a as b\n", answered},
		{"an unclosed variable", "FROM ${a\n", answered},
		{"a broken wildcard", "FROM a\nCOPY [a b/\n", answered},
		{"stages in a circle", "FROM b AS a\nCOPY --from=b / /\nFROM a AS b\nCOPY --from=a / /\n", answered},
		{"1000 stages", "FROM a\n" + strings.Repeat("FROM a\n", 999), either},
	} {
		t.Run(bomb.name, func(t *testing.T) {
			began := time.Now()
			a, err := c.run(t.Context(), nil, request{Dockerfile: []byte(bomb.src)})
			t.Logf("%v: %d warnings, stopped %.60q, crashed %q, error %v", time.Since(began).Round(time.Millisecond),
				len(a.Warnings), a.Stopped, a.Crashed, err)
			if bomb.ends == answered && err != nil || bomb.ends == givenUp && err == nil {
				t.Errorf("error: %v", err)
			}
			if err != nil && !errors.Is(err, guard.ErrOverran) && !errors.Is(err, guard.ErrMemory) {
				t.Errorf("gives up because %v", err)
			}
			if a.Crashed != "" {
				t.Errorf("BuildKit panics: %s", a.Crashed)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v to give up", took)
			}
			if a, err := c.run(t.Context(), nil, request{Dockerfile: []byte("FROM a as b\n")}); err != nil ||
				len(a.Warnings) != 1 {
				t.Errorf("the next Dockerfile gets %v, %v", a, err)
			}
		})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("this process has grown by %d bytes", grown)
	}
}

func envAndRun(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "ENV V%d=$V%d\nRUN $V%d\n", i, i-1, i)
	}
	return b.String()
}

func heredocs(n int) string {
	var head, body strings.Builder
	for i := range n {
		fmt.Fprintf(&head, " <<E%d", i)
		fmt.Fprintf(&body, "x\nE%d\n", i)
	}
	return head.String() + "\n" + body.String()
}
