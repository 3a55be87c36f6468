package rules_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/verify"
	"golang.org/x/tools/txtar"
)

// fixOf is one fix of an example, on its own.
type fixOf struct {
	name          string
	res           *analysis.Result
	of            *analysis.Diagnostic
	fix           *analysis.CombinedFix
	before, after *dockerfile.File
}

// eachFix calls visit for each fix of the rules' examples.
func eachFix(t *testing.T, visit func(f fixOf)) {
	files, err := filepath.Glob("*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range files {
		rule := rules.ByName(strings.TrimSuffix(path, ".txtar"))
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if rule.Definitions || rule.Program != "" {
			continue
		}
		for _, ex := range examples(ar) {
			res := judged(unit(rule, ex))
			for i := range res.Diagnostics {
				d := &res.Diagnostics[i]
				if d.Rule != rule || !d.Fixable(analysis.Unsafe) {
					continue
				}
				fix := res.Combine([]analysis.Diagnostic{*d})
				after, err := dockerfile.Parse(ex.file, fix.After)
				if err != nil {
					t.Fatal(err)
				}
				visit(fixOf{rule.Name + "/" + ex.name, &res, d, fix, res.Parse(), after})
			}
		}
	}
}

// TestFixesKeepTheirContract holds each fix of the examples to its contract, by BuildKit's graphs.
func TestFixesKeepTheirContract(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it asks BuildKit for thousands of graphs")
	}
	v := verify.Verifier{Checks: dockerChecks}
	kinds, none := map[verify.Kind]int{}, 0
	eachFix(t, func(f fixOf) {
		breaches, kind, err := v.Check(t.Context(), f.before, f.after, verify.Of(f.before, f.after, f.fix))
		switch {
		case errors.Is(err, verify.ErrNoGraph):
			none++
			t.Log(f.name, err)
		case err != nil:
			t.Errorf("%s: %v", f.name, err)
		default:
			kinds[kind]++
		}
		for _, b := range breaches {
			t.Errorf("%s: %s\n%s\nbecomes\n%s", f.name, b, f.before.Src, f.after.Src)
		}
	})
	t.Logf("%v, without a graph %d", kinds, none)
}

// mutant is a fix that does something else besides.
type mutant struct {
	kind string
	fix  analysis.Fix
}

// mutants are those of a fix.
func mutants(f *dockerfile.File, fix analysis.Fix) (all []mutant) {
	add := func(kind string, edits ...analysis.Edit) {
		m := fix
		m.Edits = append(slices.Clone(fix.Edits), edits...)
		all = append(all, mutant{kind, m})
	}
	instructions := f.Instructions()
	for i, in := range instructions {
		text := f.Text(in.Span)
		switch in.Name {
		case "RUN":
			for n, w := range lastWords(text) {
				at := in.Span.Start + w
				end := at + len(strings.FieldsFunc(text[w:], blank)[0])
				add("a dropped word", analysis.Edit{Span: dockerfile.Span{Start: at - 1, End: end}})
				if n == 0 {
					after := dockerfile.Span{Start: end, End: end}
					add("another word", analysis.Edit{Span: after, New: " --evil"})
				}
			}
		case "USER":
			add("another user", analysis.Edit{Span: in.Span, New: "USER 4321"})
		case "COPY":
			add("another file", analysis.Edit{Span: in.Span, New: strings.Replace(text, " ", " --chown=9:9 ", 1)})
			if w := lastWords(text); len(w) > 1 {
				at := in.Span.Start + w[1]
				add("another file", analysis.Edit{Span: dockerfile.Span{Start: at, End: at}, New: "other/"})
			}
		case "ARG", "ENV", "WORKDIR":
			add("a lost "+in.Name, analysis.Edit{Span: in.Span, New: "# gone"})
		}
		if i > 0 && in.Name != "FROM" && instructions[i-1].Name != "FROM" {
			was := instructions[i-1]
			// What may come before what is for a rule to know whose fix moves instructions: RUNs keep their order.
			if fix.Effect >= analysis.Reorder && (in.Name != "RUN" || was.Name != "RUN") {
				continue
			}
			add("another order", analysis.Edit{Span: was.Span, New: text},
				analysis.Edit{Span: in.Span, New: f.Text(was.Span)})
		}
		if in.Name != "FROM" && in.Name != "ARG" {
			at := dockerfile.Span{Start: in.Span.Start, End: in.Span.Start}
			add("a new user", analysis.Edit{Span: at, New: "USER 1234\n"})
		}
	}
	for i, e := range fix.Edits {
		if words := strings.Fields(e.New); len(words) > 0 {
			m := fix
			m.Edits = slices.Clone(fix.Edits)
			m.Edits[i].New = strings.Replace(e.New, words[len(words)-1], words[len(words)-1]+" evil", 1)
			all = append(all, mutant{"more in the edit", m})
		}
	}
	return all
}

func blank(r rune) bool { return r <= ' ' }

// lastWords are where the last words of an instruction begin, at most three, the last one first.
func lastWords(text string) (at []int) {
	for i := len(text) - 1; i > 4 && len(at) < 3; i-- {
		if blank(rune(text[i-1])) && !blank(rune(text[i])) && text[i] != '\\' {
			at = append(at, i)
		}
	}
	return at
}

// ownWords reports whether a mutant differs from the fix only in words that the rule may change anyway.
func ownWords(f fixOf, mutated *dockerfile.File) bool {
	may := rules.Vocabulary[f.of.Rule]
	was, now := wordsOf(f.after), wordsOf(mutated)
	matches := func(w string) bool {
		return slices.ContainsFunc(may, func(v analysis.Vocabulary) bool {
			return v.Drops != nil && v.Drops.MatchString(w) || v.Adds != nil && v.Adds.MatchString(w)
		})
	}
	for w, n := range now {
		if n > was[w] && !matches(w) {
			return false
		}
	}
	for w, n := range was {
		if n > now[w] && !matches(w) {
			return false
		}
	}
	moves := func(v analysis.Vocabulary) bool { return v.Moves }
	return !maps.Equal(was, now) || slices.ContainsFunc(may, moves)
}

// wordsOf counts the words of a file, as a vocabulary has them.
func wordsOf(f *dockerfile.File) map[string]int {
	n := map[string]int{}
	for _, in := range f.Instructions() {
		for _, w := range strings.FieldsFunc(f.Text(in.Span), func(r rune) bool {
			return blank(r) || strings.ContainsRune("()\"',[]", r)
		}) {
			n[w]++
		}
	}
	return n
}

// TestMutants changes each fix of the examples in ways that alter the image. Its proof and its contract together refuse
// every one of them, but for those in which the fix changes more of the words that are the rule's own.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it asks BuildKit for thousands of graphs")
	}
	v := verify.Verifier{Checks: dockerChecks}
	refused, tried, own := map[string]int{}, 0, 0
	eachFix(t, func(f fixOf) {
		for _, m := range mutants(f.before, *f.of.Fix) {
			src, err := analysis.Apply(f.before.Src, m.fix.Edits)
			if err != nil || bytes.Equal(src, f.after.Src) {
				continue // the edits of the fix and of the mutation meet
			}
			mutated, err := dockerfile.Parse(f.before.Path, src)
			if err != nil {
				continue
			}
			_, kind, err := v.Check(t.Context(), f.after, mutated, verify.Contract{})
			if err != nil || kind == verify.SameGraph {
				continue // it does not build, or builds the same
			}
			tried++
			how := "the proof"
			if _, err = f.res.ProveFix(f.of, m.fix); err == nil {
				how = "the graph"
				c := &analysis.CombinedFix{Edits: m.fix.Edits, Effect: m.fix.Effect}
				breaches, _, err := v.Check(t.Context(), f.before, mutated, verify.Of(f.before, mutated, c))
				if err == nil && len(breaches) == 0 && ownWords(f, mutated) {
					own++
					continue
				}
				if err == nil && len(breaches) == 0 {
					t.Errorf("%s: %s passes:\n%s\nbecomes\n%s", f.name, m.kind, f.before.Src, src)
				}
			}
			refused[fmt.Sprintf("%s by %s", m.kind, how)]++
		}
	})
	if tried < 300 {
		t.Errorf("only %d mutants", tried)
	}
	t.Logf("%d mutants: %d with words that the rule itself may change, and refused %v", tried, own, refused)
}

// TestVocabulary asks for the words of each rule whose examples have fixes.
func TestVocabulary(t *testing.T) {
	eachFix(t, func(f fixOf) {
		if _, found := rules.Vocabulary[f.of.Rule]; !found {
			t.Errorf("%s has fixes, and no vocabulary: add it to family_vocabulary.go", f.of.Rule.Name)
		}
	})
}
