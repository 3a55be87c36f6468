package buildcontext

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// Source is one source of a COPY or ADD.
type Source struct {
	Path  dockerfile.Value
	Word  dockerfile.Word
	Local bool // comes from the build context: no --from, no URL, no heredoc
}

// Whole reports whether the source is the build context itself.
func (s Source) Whole() bool {
	switch strings.TrimSuffix(strings.TrimPrefix(s.Path.Text, "./"), "/") {
	case "", ".", "*":
		return true
	}
	return false
}

// Sources returns the sources of a COPY or ADD, or of the one that an ONBUILD holds; none for
// other instructions.
func Sources(in *dockerfile.Instruction) []Source {
	in = in.Inner()
	if in.Name != "COPY" && in.Name != "ADD" || len(in.Words) < 2 {
		return nil
	}
	in.File().Charge(20 * len(in.Words))
	from := in.Flag("from") != nil
	var all []Source
	for _, w := range in.Words[:len(in.Words)-1] {
		v := value(in, w)
		local := !from && !strings.HasPrefix(w.Text, "<<") && !(in.Name == "ADD" && remote(v))
		all = append(all, Source{Path: v, Word: w, Local: local})
	}
	return all
}

func value(in *dockerfile.Instruction, w dockerfile.Word) dockerfile.Value { return in.Expand(w.Text) }

// remote reports whether an ADD source is fetched from elsewhere, or may be.
func remote(v dockerfile.Value) bool {
	if !v.Known {
		return true
	}
	for _, p := range []string{"http://", "https://", "git://", "git@", "ssh://", "git+"} {
		if strings.HasPrefix(v.Text, p) {
			return true
		}
	}
	return strings.HasPrefix(v.Text, "github.com/")
}
