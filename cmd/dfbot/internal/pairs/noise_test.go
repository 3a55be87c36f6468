//go:build linux

package pairs

import (
	"archive/tar"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/daemon"
)

// TestDifferences: what differs between two builds of the same does not count between others, and all else does.
func TestDifferences(t *testing.T) {
	file := func(content string) daemon.Entry { return daemon.Entry{Type: tar.TypeReg, Mode: 0o644, Hash: content} }
	owned, executable := file("a"), file("a")
	owned.UID, executable.Mode = 1000, 0o755
	first := daemon.Files{"log": file("10:01"), "log-1001": file("x"), "a": file("a"), "b": file("a"), "c": file("a"),
		"d": file("a")}
	again := daemon.Files{"log": file("10:02"), "log-1002": file("x"), "a": file("a"), "b": file("a"), "c": file("a"),
		"d": file("a")}
	after := daemon.Files{"log": file("10:03"), "log-1003": file("x"), "a": file("b"), "b": owned, "c": executable,
		"e": file("a")}
	noise := noiseOf(first, again)
	if all := noise.differences(first, again); all != nil {
		t.Errorf("the noise itself: %v", all)
	}
	var got []string
	for _, c := range noise.differences(first, after) {
		got = append(got, c.String())
	}
	want := []string{"/a has another content", "/b is owned by 1000:0, not 0:0", "/c has the mode 755, not 644",
		"/d is gone", "/e is new"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestIntents: an intent names what it means, so that the page can say it.
func TestIntents(t *testing.T) {
	for rule, i := range intents {
		if i.What == "" || i.Why == "" || i.files == nil && i.fields == nil && !i.modes && !i.builds {
			t.Errorf("%s: %+v", rule, i)
		}
	}
	cache := change{"root/.cache/pip/x", gone}
	if !intended([]string{"cd-in-run", "pip-cache-kept"}, func(i intent) bool { return i.means(cache) }) {
		t.Error("pip's cache may not go")
	}
	if intended([]string{"cd-in-run"}, func(i intent) bool { return i.means(cache) }) {
		t.Error("cd-in-run may take pip's cache")
	}
}
