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
	Severity: analysis.Off,
	Aliases:  []string{"DL3013", "DL3016", "DL3028", "DL3062"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, c := range shell.Commands(in) {
				if w, text, code := unpinned(in, c); w != nil {
					p.Report(analysis.Finding{
						In: in, Span: w.Span, Alias: code, Values: given(in, *w),
						Message: analysis.Say("%s has no version, so each build may install another one", text),
						Why:     analysis.Say("A new release can change or break the image without a change here."),
					})
				}
			}
		}
	},
}

// installer is a command that fetches packages by name, as a row of a table.
type installer struct {
	programs string
	subs     string // the subcommands that install
	valued   string // flags that take the next word; * for all but the switches that come without =
	switches string // flags that do not, where others do
	decides  string // flags and words that give the versions elsewhere
	ends     string // after this word come arguments for others
	one      bool   // only the first operand is a package
	code     string // hadolint's, of the kind of package
	pinned   func(pkg string) bool
}

const goValued = "-C -o -p -tags -ldflags -gcflags -asmflags -mod -modfile -overlay -pkgdir -toolexec -buildmode -compiler -exec"

// installers knows each program's flags from its own manual.
var installers = []installer{
	{programs: "pip", code: "DL3013", subs: "install", pinned: pinnedPip, decides: "-c --constraint -r --requirement .",
		valued: "--abi -b --build -e --editable --extra-index-url -f --find-links -i --index-url --implementation --no-binary --only-binary --platform --prefix --progress-bar " +
			"--proxy --python --python-version --root --root-user-action --src -t --target --trusted-host --upgrade-strategy --cache-dir --timeout --retries --config-settings --global-option --log --cert"},
	{programs: "pipx", code: "DL3013", subs: "install", pinned: pinnedPip, valued: "--python --pip-args --index-url -i --suffix --preinstall"},
	{programs: "npm", code: "DL3016", subs: "install i add", pinned: pinnedNode, valued: "--loglevel --registry --prefix --cache -w --workspace --omit --include --fetch-timeout --fetch-retries"},
	{programs: "pnpm", code: "DL3016", subs: "add install i", pinned: pinnedNode, valued: "--loglevel --registry --dir -C --filter --store-dir"},
	{programs: "bun", code: "DL3016", subs: "add install i", pinned: pinnedNode, valued: "--registry --cwd"},
	{programs: "yarn", code: "DL3016", subs: "add", pinned: pinnedNode, valued: "--registry --cwd --prefix --global-folder --network-timeout"},
	{programs: "gem", code: "DL3028", subs: "install i", pinned: pinnedGem, valued: "*", decides: "-v --version -g --file", ends: "--",
		switches: "-N --no-document --no-doc --no-ri --no-rdoc --user-install --no-user-install --pre --prerelease -f --force --conservative --minimal-deps " +
			"-w --wrappers -E --env-shebang -l --local -r --remote -b --both -q --quiet --silent -V --verbose --no-verbose"},
	{programs: "go", code: "DL3062", subs: "install get", pinned: pinnedGo, valued: goValued},
	{programs: "go", code: "DL3062", subs: "run", pinned: pinnedRun, valued: goValued, one: true},
	{programs: "cargo", subs: "install", pinned: pinnedCrate, decides: "--version --vers --path --git --rev --tag --list",
		valued: "--features -F --target --target-dir --root --profile -j --jobs --registry --index --bin --example --config --color"},
}

// unpinned returns the first package of the command without a version, with its name and the code for
// it; nil where there is none or it is not known.
func unpinned(in *dockerfile.Instruction, c *dockerfile.Command) (w *dockerfile.ShellWord, text, code string) {
	program, words := program(c)
	for i := range installers {
		row := &installers[i]
		if !hasName(row.programs, program) {
			continue
		}
		sub := row.sub(words)
		if sub < 0 {
			continue
		}
		if row.decided(words[1:]) {
			return nil, "", ""
		}
		w, text = row.first(in, words[sub+1:])
		return w, text, row.code
	}
	return nil, "", ""
}

// sub returns the index of the subcommand, -1 where it is another one.
func (r *installer) sub(words []dockerfile.ShellWord) int {
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case !w.Literal:
			return -1
		case isFlag(w):
			if hasName(r.valued, w.Text) {
				i++
			}
		case hasName(r.subs, w.Text):
			return i
		case w.Text != "global": // yarn global add
			return -1
		}
	}
	return -1
}

// decided reports whether a flag gives the versions.
func (r *installer) decided(words []dockerfile.ShellWord) bool {
	for _, w := range words {
		name, _, _ := strings.Cut(w.Text, "=")
		if w.Literal && (hasName(r.decides, name) || r.programs == "pip" && strings.HasPrefix(w.Text, "-r")) {
			return true
		}
	}
	return false
}

// first returns the first operand that is not a package with a version.
func (r *installer) first(in *dockerfile.Instruction, words []dockerfile.ShellWord) (*dockerfile.ShellWord, string) {
	for i := 0; i < len(words); i++ {
		w := &words[i]
		text := w.Text
		switch {
		case !w.Literal:
			var ok bool
			if text, ok = operand(in, w); !ok {
				continue
			}
		case w.Text == r.ends:
			return nil, ""
		case isFlag(*w) || w.Text == "-":
			if hasName(r.valued, w.Text) || r.valued == "*" && !strings.Contains(w.Text, "=") && !hasName(r.switches, w.Text) {
				i++
			}
			continue
		}
		if text != "" && !r.pinned(text) {
			return w, text
		}
		if r.one {
			break
		}
	}
	return nil, ""
}

// operand returns a word with variables in it as far as it is known; false where it may be any
// number of packages and flags, each in any version.
func operand(in *dockerfile.Instruction, w *dockerfile.ShellWord) (string, bool) {
	raw := strings.Trim(in.File().Text(w.Span), `"`)
	if v := in.Expand(raw); v.Known && !strings.ContainsAny(v.Text, " -") {
		return v.Text, true
	}
	return raw, !strings.HasPrefix(raw, "$") && !strings.HasPrefix(raw, "`")
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
	return strings.ContainsAny(pkg, "=<>/") || local(pkg) || strings.HasSuffix(pkg, ".whl") || strings.HasSuffix(pkg, ".tar.gz") || strings.HasSuffix(pkg, ".zip")
}

// pinnedNode reads a package spec (https://docs.npmjs.com/cli/using-npm/package-spec).
func pinnedNode(pkg string) bool {
	switch {
	case local(pkg), strings.HasSuffix(pkg, ".tgz"), strings.HasSuffix(pkg, ".tar.gz"), strings.HasSuffix(pkg, ".tar"), strings.HasPrefix(pkg, "file:"):
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
