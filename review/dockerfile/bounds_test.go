package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestShellCodeOfAFileIsBounded: many scripts, none of them too long, are read up to a bound for all.
func TestShellCodeOfAFileIsBounded(t *testing.T) {
	f, err := dockerfile.Parse("Dockerfile",
		[]byte("FROM a\n"+strings.Repeat("RUN a"+strings.Repeat(" && a", 100)+"\n", 1900)))
	if err != nil {
		t.Fatal(err)
	}
	all := f.Instructions()
	if first, last := all[1].Script, all[len(all)-1].Script; first.File == nil || !last.Unread() {
		t.Errorf("the first is read: %t, the last is not: %t", first.File != nil, last.Unread())
	}
}

// TestBracketsNest: what nests in square brackets counts as what nests in others.
func TestBracketsNest(t *testing.T) {
	for _, open := range []string{"a[", "$[", "$(", "${a:-"} {
		f, err := dockerfile.Parse("Dockerfile",
			[]byte("FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nRUN echo "+strings.Repeat(open, 5000)+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if script := f.Instructions()[2].Script; !script.Unread() {
			t.Errorf("%s 5,000 times is read: %v", open, script.Err)
		}
	}
}
