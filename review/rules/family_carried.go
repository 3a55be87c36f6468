package rules

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// otherPython reports packages that another release of Python than the image's has installed.
func (c *carried) otherPython(p *analysis.Pass) bool {
	was, is := c.was.Language("Python"), c.is.Language("Python")
	if was == "" || is == "" || was == is || c.bringsLanguage() || !c.pythonPackages(p, was) {
		return false
	}
	c.report(p, analysis.Say("%s is for Python %s, and the image %s has Python %s", c.src, was,
		c.in.Stage.Root().Image.Text, is),
		analysis.Say("Python %s does not look in %s, so it finds none of the packages. Use the same release of "+
			"Python in both stages.", is, "lib/python"+was+"/site-packages"), nil)
	return true
}

// otherRuby reports gems that another release of Ruby than the image's has installed.
func (c *carried) otherRuby(p *analysis.Pass) bool {
	was, is := c.was.Language("Ruby"), c.is.Language("Ruby")
	if was == "" || is == "" || was == is || c.bringsLanguage() || !c.gems() {
		return false
	}
	c.report(p, analysis.Say("%s is for Ruby %s, and the image %s has Ruby %s", c.src, was,
		c.in.Stage.Root().Image.Text, is),
		analysis.Say("Bundler looks in %s and finds none of the gems. Use the same release of Ruby in both stages.",
			"ruby/"+is+".0"), nil)
	return true
}

// bringsLanguage reports whether either stage may have another release of the language than its image.
func (c *carried) bringsLanguage() bool {
	for _, s := range []*dockerfile.Stage{c.from, c.in.Stage} {
		for in := range s.All() {
			text := in.File().Text(in.Span)
			in.File().Charge(len(text))
			if containsAny(text, "UV_PYTHON", "uv python", "pyenv", "conda", "--python", "rbenv", "deadsnakes") ||
				in.Name == "COPY" && in.Flag("from") != nil && len(in.Words) == 2 &&
					slices.Contains([]string{"/", "/usr", "/usr/local"}, path.Clean(bare(in.Words[0]))) {
				return true
			}
		}
	}
	return false
}

// gems reports whether the COPY takes the gems of the official image or of a vendor folder.
func (c *carried) gems() bool {
	for in := range c.from.All() {
		if len(shell.Calls(in, "bundle", "gem")) > 0 {
			return c.src == "/usr/local/bundle" || strings.HasSuffix(c.src, "/vendor/bundle")
		}
	}
	return false
}

// pythonPackages reports whether the COPY takes packages that Python looks for by its release: site-packages, a virtual
// environment, or what pip installs below a prefix or for the user.
func (c *carried) pythonPackages(p *analysis.Pass, release string) bool {
	if folder := "/python" + release; strings.Contains(c.src+"/", folder+"/") {
		return strings.Contains(c.dst+"/", folder+"/") || c.dst == path.Dir(c.src)
	}
	for in := range c.from.All() {
		steps, _ := shell.Chain(in)
		for _, st := range steps {
			if c.installsPython(p, st) {
				return true
			}
		}
	}
	return false
}

// installsPython reports whether the command installs packages into what the COPY takes.
func (c *carried) installsPython(p *analysis.Pass, st shell.Step) bool {
	words := literalWords(st.Cmd)
	at := slices.Index(words, "venv")
	name := st.Cmd.Name
	switch {
	case at > 1 && words[at-1] == "-m", name == "uv" && at == 1:
		return slices.ContainsFunc(words[at+1:], func(w string) bool { return dockerfile.Join(st.Cwd, w) == c.src })
	case name == "virtualenv":
		return slices.ContainsFunc(words[1:], func(w string) bool { return dockerfile.Join(st.Cwd, w) == c.src })
	case name == "uv" && slices.Contains(words, "sync"):
		return c.src == dockerfile.Join(st.Cwd, ".venv") && p.Context.Known() && !p.Context.Exists(".python-version")
	case !slices.Contains(words, "pip") && !slices.Contains(words, "pip3") || !slices.Contains(words, "install"):
		return false
	case slices.Contains(words, "--user"):
		return c.src == "/root/.local"
	}
	for i, w := range words {
		if prefix, ok := strings.CutPrefix(w, "--prefix="); ok && dockerfile.Join(st.Cwd, prefix) == c.src {
			return true
		}
		if w == "--prefix" && i+1 < len(words) && dockerfile.Join(st.Cwd, words[i+1]) == c.src {
			return true
		}
	}
	return false
}

// literalWords are the words of the command that are literal, the others empty; the first is its name.
func literalWords(c *dockerfile.Command) []string {
	all := make([]string, len(c.Words))
	for i, w := range c.Words {
		if w.Literal {
			all[i] = w.Text
		}
	}
	all[0] = c.Name
	return all
}

// nativeModule is a package with native code among those that the COPY takes; "" where none is known, and where the
// image installs packages itself.
func (c *carried) nativeModule(p *analysis.Pass) string {
	for in := range c.in.Stage.All() {
		if len(shell.Calls(in, "npm", "yarn", "pnpm", "bun", "pip", "pip3", "uv", "python", "python3", "bundle")) > 0 {
			return ""
		}
	}
	for in := range c.from.All() {
		steps, _ := shell.Chain(in)
		for _, st := range steps {
			if name := c.nativeOf(p, in, st); name != "" {
				return name
			}
		}
	}
	return ""
}

// nativeOf is a package with native code that the step installs into what the COPY takes.
func (c *carried) nativeOf(p *analysis.Pass, in *dockerfile.Instruction, st shell.Step) string {
	words := literalWords(st.Cmd)
	switch st.Cmd.Name {
	case "npm", "yarn", "pnpm":
		if c.src != dockerfile.Join(st.Cwd, "node_modules") && c.src != st.Cwd || slices.Contains(words, "run") {
			return ""
		}
		return nativeDependency(readBrought(p, in, dockerfile.Join(st.Cwd, "package.json")))
	case "bundle":
		if c.src != "/usr/local/bundle" {
			return ""
		}
		return firstNamed(nativeGem, readBrought(p, in, dockerfile.Join(st.Cwd, "Gemfile")))
	}
	if !slices.Contains(words, "install") || !c.pythonPackages(p, c.was.Language("Python")) {
		return ""
	}
	call := shell.ReadAs(in, st.Cmd, ecosystem.SpecOf("pip"))
	if f := call.Flag("-r", "--requirement"); f != nil && f.Value.Known {
		return firstNamed(nativeWheel, readBrought(p, in, dockerfile.Join(st.Cwd, f.Value.Text)))
	}
	return ""
}

// readBrought reads the file that is at the place when the RUN begins.
func readBrought(p *analysis.Pass, run *dockerfile.Instruction, abs string) []byte {
	file, ok := p.Context.Brought(run, abs)
	if !ok || abs == "" {
		return nil
	}
	data, _ := p.Context.Read(file)
	p.File.Charge(10 * len(data))
	return data
}

// nativeDependency is a package among the dependencies of a package.json whose binaries are for one C library.
func nativeDependency(data []byte) string {
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if json.Unmarshal(data, &manifest) != nil {
		return ""
	}
	for _, name := range nativeModules {
		if _, ok := manifest.Dependencies[name]; ok {
			return name
		}
	}
	return ""
}

// nativeModules are packages of npm that install a binary for the C library of the machine.
var nativeModules = []string{"sharp", "better-sqlite3", "sqlite3", "canvas", "node-sass", "@napi-rs/canvas",
	"@swc/core", "lightningcss", "@node-rs/argon2", "@node-rs/bcrypt", "onnxruntime-node"}

var (
	// nativeGem are gems that are compiled when they are installed, or that come compiled for one C library.
	nativeGem = regexp.MustCompile(`(?m)^\s*gem\s+["'](pg|mysql2|nokogiri|bcrypt|ffi|sqlite3|puma|bootsnap|nio4r|` +
		`msgpack)["']`)
	// nativeWheel are packages of PyPI with wheels for one C library (https://peps.python.org/pep-0656/).
	nativeWheel = regexp.MustCompile(`(?mi)^(numpy|pandas|scipy|cryptography|pydantic-core|psycopg2-binary|lxml|` +
		`pillow|grpcio|orjson|uvloop|cffi|scikit-learn|pyarrow|aiohttp)\s*(?:[=<>~!\[;@]|$)`)
)

// firstNamed is the first group of the first match.
func firstNamed(re *regexp.Regexp, data []byte) string {
	if m := re.FindSubmatch(data); m != nil {
		return string(m[1])
	}
	return ""
}
