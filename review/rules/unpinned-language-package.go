package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var unpinnedLanguagePackage = &analysis.Rule{
	Name:     "unpinned-language-package",
	Doc:      "Language package without a version, so each build installs the newest",
	Topic:    analysis.Language,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DL3013", "DL3016", "DL3028", "DL3062"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Commands(in) {
				if w, text, code := unpinned(in, c); w != nil {
					p.Report(analysis.Finding{
						In: in, Span: w.Span, Alias: code, Values: shell.Values(in, *w), Subject: text,
						Message: analysis.Say("%s has no version, so each build may install another one", text),
						Why:     analysis.Say("A new release can change or break the image without a change here."),
					})
				}
			}
		}
	},
}

// installer is a command that fetches packages by name, as a row of a table. How it is spelled is in
// review/ecosystem.
type installer struct {
	programs string
	subs     string // the subcommands that install
	decides  string // flags and words that give the versions elsewhere
	one      bool   // only the first operand is a package
	code     string // hadolint's, of the kind of package
	pinned   func(pkg string) bool
}

var installers = []installer{
	{programs: "pip", code: "DL3013", subs: "install", pinned: pinnedPip,
		decides: "-c --constraint -r --requirement ."},
	{programs: "pipx", code: "DL3013", subs: "install", pinned: pinnedPip},
	{programs: "npm", code: "DL3016", subs: "install i add", pinned: pinnedNode},
	{programs: "pnpm bun", code: "DL3016", subs: "add install i", pinned: pinnedNode},
	{programs: "yarn", code: "DL3016", subs: "add", pinned: pinnedNode},
	{programs: "gem", code: "DL3028", subs: "install i", pinned: pinnedGem, decides: "-v --version -g --file"},
	{programs: "go", code: "DL3062", subs: "install get", pinned: pinnedGo},
	{programs: "go", code: "DL3062", subs: "run", pinned: pinnedRun, one: true},
	{programs: "cargo", subs: "install", pinned: pinnedCrate,
		decides: "--version --vers --path --git --rev --tag --list"},
}

// unpinned returns the first package of the command without a version, with its name and the code for
// it; nil where there is none or it is not known.
func unpinned(in *dockerfile.Instruction, c *dockerfile.Command) (w *dockerfile.ShellWord, text, code string) {
	program, first := program(c)
	var call *shell.Call
	for i := range installers {
		row := &installers[i]
		if !hasName(row.programs, program) {
			continue
		}
		if call == nil {
			call = installCall(in, c, first)
		}
		if !hasName(row.subs, call.Sub.Text) {
			continue
		}
		if row.decided(call) {
			return nil, "", ""
		}
		w, text = row.first(in, c, call)
		return w, text, row.code
	}
	return nil, "", ""
}

// installCall reads the call of the program whose name is the first of the command's words that counts. The subcommand
// of `uv pip install` and of `yarn global add` is the second word.
func installCall(in *dockerfile.Instruction, c *dockerfile.Command, first int) *shell.Call {
	call := shell.Read(in, c)
	if (first > call.First || call.Sub.Text == "global") && len(call.Operands) > 0 {
		call.Sub, call.Operands = call.Operands[0], call.Operands[1:]
	}
	return &call
}

// decided reports whether a flag gives the versions.
func (r *installer) decided(call *shell.Call) bool {
	return call.Has(strings.Fields(r.decides)...) ||
		slices.ContainsFunc(call.Operands, func(w shell.Word) bool { return hasName(r.decides, w.Text) })
}

// first returns the first operand that is not a package with a version. Those after -- are for another program.
func (r *installer) first(in *dockerfile.Instruction, c *dockerfile.Command, call *shell.Call) (*dockerfile.ShellWord,
	string) {
	end := slices.IndexFunc(c.Words, func(w dockerfile.ShellWord) bool { return w.Literal && w.Text == "--" })
	for i := range call.Operands {
		w := &call.Operands[i]
		text := w.Text
		if !w.Known {
			text = strings.Trim(in.File().Text(w.Span), `"`)
		}
		switch {
		case end > 0 && w.At > end:
			return nil, ""
		case !w.Known && (strings.HasPrefix(text, "$") || strings.HasPrefix(text, "`")), text == "", text == "-":
			continue // it may be any number of packages, each in any version
		case !r.pinned(text):
			return &w.ShellWord, text
		case r.one:
			return nil, ""
		}
	}
	return nil, ""
}

// local reports whether the package is a file or a folder.
func local(pkg string) bool {
	return strings.HasPrefix(pkg, "/") || strings.HasPrefix(pkg, ".") || strings.HasPrefix(pkg, "~")
}

// pinnedPip reads a requirement (https://peps.python.org/pep-0508/), a URL or a file.
func pinnedPip(pkg string) bool {
	scheme, rest, ok := strings.Cut(pkg, ":") // bzr+lp:project has no slashes
	vcs, _, _ := strings.Cut(scheme[strings.LastIndex(scheme, " ")+1:], "+")
	rest = strings.TrimPrefix(rest, "//")
	if ok && slices.Contains([]string{"git", "hg", "svn", "bzr"}, vcs) {
		rest, _, _ = strings.Cut(rest, "#")
		return strings.LastIndex(rest, "@") > strings.Index(rest, "/")
	}
	return strings.ContainsAny(pkg, "=<>/") || local(pkg) || strings.HasSuffix(pkg, ".whl") ||
		strings.HasSuffix(pkg, ".tar.gz") || strings.HasSuffix(pkg, ".zip")
}

// pinnedNode reads a package spec (https://docs.npmjs.com/cli/using-npm/package-spec).
func pinnedNode(pkg string) bool {
	switch {
	case local(pkg), strings.HasSuffix(pkg, ".tgz"), strings.HasSuffix(pkg, ".tar.gz"), strings.HasSuffix(pkg, ".tar"),
		strings.HasPrefix(pkg, "file:"):
		return true
	case strings.HasPrefix(pkg, "git") && strings.Contains(pkg, "://"):
		return strings.Contains(pkg, "#")
	}
	_, version, _ := strings.Cut(strings.TrimPrefix(pkg, "@"), "@")
	return version != "latest" && version != ""
}

// pinnedGem reads NAME:VERSION or a file.
func pinnedGem(pkg string) bool {
	return strings.Contains(pkg, ":") || strings.HasSuffix(pkg, ".gem") || local(pkg)
}

// pinnedGo reads a package path (https://go.dev/ref/mod#version-queries).
func pinnedGo(pkg string) bool {
	path, version, ok := strings.Cut(pkg, "@")
	if local(path) || path == "all" || path == "std" || path == "cmd" {
		return true
	}
	return ok && version != "latest" && version != "none" && version != "upgrade"
}

// pinnedRun is pinnedGo for `go run`, which takes source files and the module's own packages too.
func pinnedRun(pkg string) bool {
	host, _, _ := strings.Cut(pkg, "/")
	return strings.HasSuffix(pkg, ".go") || !strings.ContainsAny(host, ".@") || pinnedGo(pkg)
}

// pinnedCrate reads NAME@VERSION.
func pinnedCrate(pkg string) bool { return strings.Contains(pkg, "@") }
