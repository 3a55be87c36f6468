package dockerfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// FuzzParse holds the parser against BuildKit's on mutated Dockerfiles, and every span of shell
// words against the text they claim to be.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"FROM a\nRUN x \\\n# c\n\n  y\n", "FROM a\r\nRUN <<EOF\r\na\r\nEOF\r\n", "# escape=`\nFROM a\nRUN x `\n y\n",
		"\xef\xbb\xbfFROM a AS b\nONBUILD COPY <<-X <<Y /z\n\ta\n\tX\nb\nY\n",
		"FROM a\nENV a b c\nENV a=b \"c d\"='e f' g=\\ h\nLABEL x=\"a\\\"b\"\n",
		"FROM a\nCMD [ \"a\", \"b\\u0020c\" ]\nHEALTHCHECK --interval=5s CMD [\"x\"]\nHEALTHCHECK NONE\n",
		"FROM a\nCOPY --from=b --chown=\"x y\" -- c d\n",
		"ARG A=b\nFROM ${A:-c}\nARG A\nRUN echo \"$A\" 'b c' d\\ e \"f$(g h)\" && i\n",
		"FROM a\nRUN a <<E && b <<'F'\n$x\nE\ny\nF\n", "FROM a\nONBUILD X",
		"# syntax=docker/dockerfile:1\nFROM a\nCOPY --new b c\n", "FROM a\n\\ \n# c\nENV a b\n", "FROM a\nONBUILD X y",
		"FROM a\nCMD [\"\"]\n",
	} {
		f.Add([]byte(s))
	}
	fixtures, _ := filepath.Glob(filepath.Join(os.Getenv("DFBOT_FIXTURES"), "*.Dockerfile"))
	real, _ := filepath.Glob(filepath.Join(os.Getenv("DFBOT_CORPUS"), "dockerfiles", "*"))
	for _, p := range append(fixtures, real...) {
		if src, err := os.ReadFile(p); err == nil {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		checkAgainstBuildKit(t, src)
		if parsed, err := dockerfile.Parse("Dockerfile", src); err == nil {
			checkScripts(t, parsed)
		}
	})
}

// checkScripts reads every literal shell word back from the file at its span.
func checkScripts(t *testing.T, f *dockerfile.File) {
	t.Helper()
	for _, in := range f.Instructions() {
		in = in.Inner()
		if in.Script == nil {
			continue
		}
		for _, c := range in.Script.Commands() {
			last := c.Span.Start
			for _, w := range c.Words {
				if w.Span.Start < last || w.Span.End < w.Span.Start || w.Span.End > len(f.Src) {
					t.Fatalf("%s: word %q at %v after offset %d", in.Name, w.Text, w.Span, last)
				}
				last = w.Span.End
				if w.Literal && plain(w.Text) && w.Span.Len() == len(w.Text) && f.Text(w.Span) != w.Text {
					t.Fatalf("%s: word %q, but the file has %q there", in.Name, w.Text, f.Text(w.Span))
				}
			}
		}
	}
}

func plain(s string) bool {
	for _, r := range s {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
