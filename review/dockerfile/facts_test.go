package dockerfile_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// parse reads a file that has to parse.
func parse(t *testing.T, src string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(src))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return f
}

func TestInner(t *testing.T) {
	f := parse(t, "FROM a\nONBUILD COPY x /x\nRUN x\n")
	for i, want := range []string{"FROM", "COPY", "RUN"} {
		if in := f.Instructions()[i]; in.Inner().Name != want || (in.Inner() == in) != (want != "COPY") {
			t.Errorf("the instruction inside %s is %s", in.Name, in.Inner().Name)
		}
	}
}
