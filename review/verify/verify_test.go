package verify_test

import (
	"os"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/verify"
)

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}

func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestContractOfAFix holds that a fix may change what it edits, with all that this sets, and nothing else.
func TestContractOfAFix(t *testing.T) {
	checks := buildkit.New(buildkit.Options{})
	t.Cleanup(checks.Close)
	v := &verify.Verifier{Checks: checks}
	const src = "FROM debian:13\nENV A=1\nCOPY a b /x/\nRUN make\nRUN make install\nUSER app\nCMD [\"x\"]\n"
	for _, test := range []struct {
		name       string
		edit, by   string // the words that the fix edits
		also, then string // what else is changed
		effect     analysis.Effect
		want       string
	}{
		{name: "what it edits", edit: "make install", by: "make -s install"},
		{name: "a variable", edit: "A=1", by: "A=2"},
		{name: "the user", edit: "USER app", by: "USER web"},
		{name: "nothing that counts", edit: "CMD [", by: "CMD  ["},
		{name: "another RUN", edit: "make install", by: "make -s install", also: "RUN make\n", then: "RUN make -k\n",
			want: "line 4 differs in its command: [3/4] RUN make -k"},
		{name: "another file", edit: "make install", by: "make -s install", also: "a b", then: "a c",
			want: "line 3 differs in its files: [2/4] COPY a c /x/"},
		{name: "another user", edit: "make install", by: "make -s install", also: "USER app", then: "USER web",
			want: "the image differs in its User"},
		{name: "a lost variable", edit: "make install", by: "make -s install", also: "ENV A=1\n",
			want: "line 3 differs in its variables: [3/4] RUN make; the image differs in its Env"},
		{name: "another order", edit: "make install", by: "make -s install", also: "COPY a b /x/\nRUN make\n",
			then: "RUN make\nCOPY a b /x/\n", want: "comes after another step"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := strings.Index(src, test.edit)
			span := dockerfile.Span{Start: at, End: at + len(test.edit)}
			fix := &analysis.CombinedFix{Edits: []analysis.Edit{{Span: span, New: test.by}}, Effect: test.effect}
			before := parse(t, src)
			fixed, err := analysis.Apply(before.Src, fix.Edits)
			if err != nil {
				t.Fatal(err)
			}
			contract := verify.Of(before, parse(t, string(fixed)), fix)
			after := parse(t, strings.Replace(string(fixed), test.also, test.then, 1))
			breaches, _, err := v.Check(t.Context(), before, after, contract)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, b := range breaches {
				said = append(said, b.String())
			}
			if got := strings.Join(said, "; "); test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("breaches %q, want %q", got, test.want)
			}
		})
	}
}
