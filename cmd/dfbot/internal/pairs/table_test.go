//go:build linux

package pairs

import (
	"bytes"
	"cmp"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/dfbot/dfbot/checks"
)

const page = root + "/docs/buildkit-pairs.md"

// row is the pairs of a rule by outcome.
type row struct {
	Rule       string
	Pairs      int
	AsIntended int
	Equal      int
	Broken     int
	Wrong      int
}

// Built are the pairs whose Dockerfile builds here at all.
func (r row) Built() int { return r.Equal + r.AsIntended + r.Broken + r.Wrong }

// sum counts the pairs. All of them, it holds to what the page promises, and writes with -update what came out.
func (r *rig) sum(t *testing.T) {
	slices.SortFunc(r.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.name, b.name))
	})
	byRule := map[string]*row{}
	total := row{Rule: "sum"}
	for _, p := range r.pairs {
		if byRule[p.rule] == nil {
			byRule[p.rule] = &row{Rule: p.rule}
		}
		byRule[p.rule].count(p)
		total.count(p)
	}
	t.Logf("pairs %d, built %d, equal %d, as intended %d, broken %d, wrong %d; %d cases not tried",
		total.Pairs, total.Built(), total.Equal, total.AsIntended, total.Broken, total.Wrong, r.untried)
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // some only
	}
	var rows []row
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		rows = append(rows, *byRule[rule])
		if byRule[rule].Built() < leastOfRule && rule != allRules {
			t.Errorf("%s: %d pairs are built, want %d: add some to testdata/%[1]s.txtar",
				rule, byRule[rule].Built(), leastOfRule)
		}
	}
	if total.Built() < leastBuilt {
		t.Errorf("%d pairs are built, want %d", total.Built(), leastBuilt)
	}
	if !*update {
		return
	}
	if err := os.WriteFile(page, r.page(append(rows, total)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (r *row) count(p pair) {
	r.Pairs++
	switch p.is {
	case equal:
		r.Equal++
	case asIntended:
		r.AsIntended++
	case broken:
		r.Broken++
	case wrong:
		r.Wrong++
	}
}

// page is docs/buildkit-pairs.md.
func (r *rig) page(rows []row) []byte {
	unbuilt := map[string]string{}
	for _, p := range r.pairs {
		if p.is == doesNotBuild {
			unbuilt[p.name] = checks.Cell(firstWords(p.why))
		}
	}
	var b bytes.Buffer
	err := pageText.Execute(&b, map[string]any{
		"Rows": rows, "Intents": intents, "Unbuilt": unbuilt, "Untried": r.untried})
	if err != nil {
		panic(err) // the template is wrong
	}
	return b.Bytes()
}

// firstWords is the beginning of why a build failed: the step, without what is another at every run.
func firstWords(why string) string {
	const most = 70
	step, _, _ := strings.Cut(why, ": ")
	if runes := []rune(step); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return step
}

var pageText = template.Must(template.New("page").Parse(`# Safe fixes on BuildKit's own daemon

dfbot calls a fix *safe* if the image stays as it is, or changes only as the rule says. This page holds that against
BuildKit's own daemon. A **pair** is a Dockerfile with its build context before and after ` + "`dfbot review --fix`" + `: after
the safe fixes of one rule, and, where several rules have one, after all of them together.

| rule | pairs | built | equal | as intended | broken | wrong |
|---|---|---|---|---|---|---|
{{range .Rows}}| {{.Rule}} | {{.Pairs}} | {{.Built}} | {{.Equal}} | {{.AsIntended}} | {{.Broken}} | {{.Wrong}} |
{{end}}
{{with .Untried}}There was no time for {{.}} more cases.

{{end}}- *built*: the Dockerfile builds on the base images that can be made here; the others are named below.
- *equal*: the image is the same.
- *as intended*: it differs, and only as the table below allows.
- *broken*: the Dockerfile no longer builds. *wrong*: the image differs in another way. Either fails the test.

## How an image is compared

Every path: kind, mode, owner, group, size, content and link. Every field of the configuration. Where the command or
the entry point differs, both containers run, and their output and exit status are compared. The text of an ` + "`ONBUILD`" + `
may differ: the fix edits the instruction that waits there.

Times do not count. Where the images differ, the Dockerfile as it was is built once more, with an empty cache each time.
What differs between these two images, such as logs, is noise: such a file may have any content, and a file that only
one of the two has may have another number in its name.

## What a fix may change

| rule | what | why |
|---|---|---|
{{range $rule, $i := .Intents}}| {{$rule}} | {{$i.What}} | {{$i.Why}} |
{{end}}
## Measure again

On Debian as root:

    make buildkit-deps   # runc, BusyBox, debootstrap; builds BuildKit's daemon
    make buildkit-test   # an hour or more on two cores; fails for a broken or a wrong pair
    make buildkit-test UPDATE=-update   # and writes this page

The base images are made on the machine by the recipes in cmd/dfbot/internal/pairs/testdata/bases, from packages of
Debian and of npm; nothing comes from a registry of images. The pairs are in cmd/dfbot/internal/pairs/testdata,
review/rules/testdata/fixes and on the pages of the rules. A new safe fix of any rule takes part by itself, and wants
five pairs. The state is in .cache/buildkit; the daemon ends with the test.

## Pairs that do not build here

Their Dockerfile already fails before the fix: it is a sketch, or the image or the tool that it wants cannot be had here.

| case | where it stops |
|---|---|
{{range $name, $why := .Unbuilt}}| {{$name}} | {{$why}} |
{{end}}`))
