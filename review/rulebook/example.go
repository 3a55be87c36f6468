package rulebook

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/analysis"
)

// example is one case of a .txtar: bad/NAME or good/NAME.
type example struct {
	kind, name string
	dockerfile string
	fixed      string       // what the rule's fix makes of the Dockerfile; "" where it has none
	options    string       // the rule's options, as JSON
	files      []txtar.File // the rest of the build context, by paths below the case
	base       []string     // the files that the base branch has
}

// examples shows the first wrong case, and what is right: what the fix makes of it or, without a fix, the good case
// of the same name, or else the first.
func examples(r *analysis.Rule, ar *txtar.Archive) string {
	var bad, good *example
	for _, e := range read(ar) {
		switch {
		case e.kind == "bad" && bad == nil:
			bad = e
		case e.kind == "good" && (good == nil || bad != nil && e.name == bad.name):
			good = e
		}
	}
	if bad == nil || good == nil {
		return ""
	}
	if bad.fixed != "" {
		good = &example{dockerfile: bad.fixed}
	}
	return "\nWrong:\n\n" + bad.draw(r) + "\nRight:\n\n" + good.draw(r)
}

// read lists the examples in the order of the archive.
func read(ar *txtar.Archive) []*example {
	byName := map[string]*example{}
	var all []*example
	for _, f := range ar.Files {
		parts := strings.SplitN(f.Name, "/", 3)
		if len(parts) < 3 {
			continue
		}
		e := byName[parts[0]+"/"+parts[1]]
		if e == nil {
			e = &example{kind: parts[0], name: parts[1]}
			byName[parts[0]+"/"+parts[1]] = e
			all = append(all, e)
		}
		e.add(parts[2], f.Data)
	}
	return all
}

func (e *example) add(name string, data []byte) {
	name, _, _ = strings.Cut(name, ":") // mode, size and the like, for tests
	text := strings.NewReplacer("␍", "", "␄", "").Replace(string(data))
	on, base := strings.CutPrefix(name, "before/")
	switch {
	case base && path.Base(on) == "Dockerfile":
	case base:
		e.base = append(e.base, "`"+on+"`")
	case name == "want":
	case name == "fixed":
		e.fixed = text
	case name == "options.json":
		e.options = text
	case path.Base(name) == "Dockerfile":
		e.dockerfile = text
	default:
		e.files = append(e.files, txtar.File{Name: name, Data: data})
	}
}

// telling is the size in bytes from which a file that is not an ignore file is shown: a shorter one is in the example
// only to be there.
const telling = 20

// draw shows the Dockerfile, what the configuration sets, and the other files that say something.
func (e *example) draw(r *analysis.Rule) string {
	var b strings.Builder
	fence(&b, "dockerfile", e.dockerfile)
	if e.options != "" {
		b.WriteString("\nwith `.dfbot.yml`:\n\n")
		fence(&b, "yaml", fmt.Sprintf("rules:\n  %s: %s", r.Name, e.options))
	}
	var names []string
	for _, f := range e.files {
		data := bytes.TrimSpace(f.Data)
		if len(data) < telling && path.Ext(f.Name) != ".dockerignore" {
			names = append(names, "`"+f.Name+"`")
			continue
		}
		fmt.Fprintf(&b, "\nwith `%s`:\n\n", f.Name)
		fence(&b, "", string(data)+"\n")
	}
	if len(names) > 0 {
		fmt.Fprintf(&b, "\nThe build context also holds %s.\n", strings.Join(names, ", "))
	}
	if len(e.base) > 0 {
		fmt.Fprintf(&b, "\nOn the base branch, it holds %s.\n", strings.Join(e.base, ", "))
	}
	return b.String()
}

// fence writes a block of code that no line of the text can close.
func fence(b *strings.Builder, language, text string) {
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	fmt.Fprintf(b, "%s%s\n%s\n%s\n", ticks, language, strings.TrimRight(text, "\n"), ticks)
}
