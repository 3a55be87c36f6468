package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var toolchainInFinalStage = &analysis.Rule{
	Name:       "toolchain-in-final-stage",
	Doc:        "Final image that still contains the compiler and the sources of its program",
	Topic:      analysis.Size,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for compilers that were installed",
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		if s == nil || notForProduction(p.File.Path) {
			return
		}
		ref, ok := baseOf(s)
		if !ok {
			return
		}
		kit := toolchains[ref.Toolchain()]
		if kit == nil && installsCompilers(s) {
			kit = installedCompilers
		}
		start := startOf(s)
		if kit == nil || start == nil || !kit.runsProduct(start) {
			return
		}
		for in := range s.All() {
			if c := kit.build(in); c != nil && kit.made(s, ref, in, start) {
				reportToolchain(p, s, ref, kit, in, c, start)
				return
			}
		}
	},
}

// toolchain builds programs of one language.
type toolchain struct {
	stays string              // what is in the image besides the program
	tools map[string][]string // programs with the subcommands that build; none for any call
	// product returns the words of a command that name what was built; nothing where it runs
	// something else.
	product func(words []string) string
	shared  bool // the image may need it for something else
	folder  bool // the product needs the files beside it
	runtime func(ref baseimage.Ref) string
}

var toolchains = map[string]*toolchain{
	"Go": {
		stays:   "the Go toolchain, the sources, and the module and build caches",
		tools:   map[string][]string{"go": {"build", "install"}},
		product: native, runtime: sameSystem,
	},
	"Rust": {
		stays:   "the Rust toolchain, the sources and the target directory",
		tools:   map[string][]string{"cargo": {"build", "install"}, "rustc": nil},
		product: native, runtime: sameSystem,
	},
	"Java": {
		stays: "the JDK, the build tool, its repository and the sources",
		tools: map[string][]string{
			"mvn": {"package", "install", "verify", "compile"}, "mvnw": {"package", "install", "verify", "compile"},
			"gradle":  {"build", "assemble", "bootJar", "jar", "shadowJar", "installDist"},
			"gradlew": {"build", "assemble", "bootJar", "jar", "shadowJar", "installDist"}, "javac": nil,
		},
		product: jar, runtime: javaRuntime,
	},
	".NET": {
		stays:   "the .NET SDK, the sources and the package cache",
		tools:   map[string][]string{"dotnet": {"build", "publish"}},
		product: dll, folder: true, runtime: aspnet,
	},
	"C": {
		stays:   "the compilers, the headers and the sources",
		tools:   compilers,
		product: native, runtime: sameSystem,
	},
	"Node": {
		stays:   "Node.js, the sources and node_modules",
		tools:   map[string][]string{"npm": {"build"}, "yarn": {"build"}, "pnpm": {"build"}, "bun": {"build"}},
		product: staticServer, runtime: func(baseimage.Ref) string { return "" }, // any server would do
	},
}

var compilers = map[string][]string{"gcc": nil, "g++": nil, "cc": nil, "c++": nil, "clang": nil, "make": nil,
	"ninja": nil}

// installedCompilers are those installed as packages, which other programs may need too.
var installedCompilers = &toolchain{
	stays: "the compilers, the headers and the sources", tools: compilers, product: native, runtime: sameSystem,
	shared: true,
}

// crossCompiler are Debian's packages of compilers for another architecture.
var crossCompiler = regexp.MustCompile(`^crossbuild-essential-|^(?:gcc|g\+\+)-[a-z0-9-]+-linux-`)

// installsCompilers reports whether the image gets C compilers as packages and keeps them.
func installsCompilers(s *dockerfile.Stage) bool {
	found := false
	for in := range s.All() {
		for _, c := range shell.Calls(in, "apt-get", "apt", "apk") {
			for _, w := range c.Args() {
				if crossCompiler.MatchString(w.Text) {
					return false // an image to build for others in
				}
				switch w.Text {
				case "purge", "remove", "autoremove", "del", "--virtual", "-t":
					return false
				case "build-essential", "gcc", "g++", "build-base", "clang":
					found = true
				}
			}
		}
	}
	return found
}

// build returns the command of the RUN that builds the program.
func (t *toolchain) build(in *dockerfile.Instruction) *dockerfile.Command {
	if in.Trigger != nil {
		return nil
	}
	for _, c := range shell.Commands(in) {
		subs, ok := t.tools[c.Name]
		if !ok {
			continue
		}
		if subs == nil || slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
			return w.Literal && slices.Contains(subs, w.Text[strings.LastIndex(w.Text, ":")+1:])
		}) {
			return c
		}
	}
	return nil
}

// runsProduct reports whether the image starts what was built in it.
func (t *toolchain) runsProduct(start *dockerfile.Instruction) bool {
	return t.product(commandWords(start)) != ""
}

// buildFolders are the names of folders into which builds put what they make.
var buildFolders = []string{"bin", "build", "dist", "out", "release", "target"}

// made reports whether the image's own steps seem to have made the product. Many images have C
// compilers for other reasons, and the program that starts may be a script.
func (t *toolchain) made(s *dockerfile.Stage, ref baseimage.Ref, build, start *dockerfile.Instruction) bool {
	product := t.product(commandWords(start))
	if _, c := t.tools["make"]; !c || ref.Library() == "gcc" ||
		path.Dir(dockerfile.Join(start.Workdir(), product)) == build.Workdir() {
		return true
	}
	for _, dir := range strings.Split(path.Dir(product), "/") {
		if slices.Contains(buildFolders, strings.ToLower(dir)) {
			return true
		}
	}
	for in := range s.All() {
		if in.Name == "RUN" && strings.Contains(in.File().Text(in.Span), path.Base(product)) {
			return true
		}
	}
	return false
}

// commandWords are the words of the program that a CMD or ENTRYPOINT starts, without wrappers and a shell's
// -c.
func commandWords(in *dockerfile.Instruction) []string {
	words := programWords(in)
	for len(words) > 0 {
		switch base := path.Base(words[0]); {
		case base == "exec" || base == "tini" || base == "dumb-init" || base == "--":
			words = words[1:]
		case (base == "sh" || base == "bash") && len(words) == 3 && words[1] == "-c":
			words = strings.Fields(words[2])
		default:
			return words
		}
	}
	return nil
}

// native takes the first word for the program, unless it is a tool, a shell or a script.
func native(words []string) string {
	if len(words) == 0 || !strings.Contains(words[0], "/") || strings.ContainsAny(words[0], "$*") {
		return ""
	}
	base := path.Base(words[0])
	if strings.Contains(base, ".") || strings.Contains(base, "entrypoint") || workbenches[base] ||
		strings.HasPrefix(words[0], "/bin/") || strings.HasPrefix(words[0], "/usr/bin/") {
		return ""
	}
	return words[0]
}

// staticServer takes a server of files for the program: what it serves needs no Node.js.
func staticServer(words []string) string {
	for len(words) > 1 && slices.Contains([]string{"npx", "yarn", "pnpm", "dlx", "exec", "-y", "--yes"}, words[0]) {
		words = words[1:]
	}
	if len(words) > 0 && slices.Contains([]string{"serve", "http-server"}, path.Base(words[0])) {
		return path.Base(words[0])
	}
	return ""
}

func jar(words []string) string {
	if i := slices.Index(words, "-jar"); i >= 0 && i+1 < len(words) && path.Base(words[0]) == "java" {
		return words[i+1]
	}
	return ""
}

func dll(words []string) string {
	if len(words) > 1 && path.Base(words[0]) == "dotnet" && strings.HasSuffix(words[1], ".dll") {
		return words[1]
	}
	return ""
}

func reportToolchain(p *analysis.Pass, s *dockerfile.Stage, ref baseimage.Ref, kit *toolchain,
	in *dockerfile.Instruction, c *dockerfile.Command, start *dockerfile.Instruction) {
	product := kit.product(commandWords(start))
	f := analysis.Finding{
		In: in, Span: c.Span, With: []*dockerfile.Instruction{s.From, start},
		Because: append(append(s.Inherits(start), s.Inherits(in)...), start.WorkdirBy()...),
		Message: analysis.Say("The final image runs %s and still contains what built it: "+kit.stays, product),
		Why: analysis.Say("That is several hundred megabytes to store and pull with every release, and more " +
			"tools for an attacker."),
		Fix: secondStage(p.File, s, ref, kit, product, start),
	}
	if kit.shared {
		f.AtMost = analysis.Notice
	}
	p.Report(f)
}

// secondStage sketches a stage that copies only the product; nil where its place is not known.
func secondStage(f *dockerfile.File, s *dockerfile.Stage, ref baseimage.Ref, kit *toolchain, product string,
	start *dockerfile.Instruction) *analysis.Fix {
	base, at := kit.runtime(ref), dockerfile.Join(start.Workdir(), product)
	if base == "" || !strings.HasPrefix(at, "/") || strings.ContainsAny(at, "*?$ ") || s.Parent != nil {
		return nil
	}
	if kit.folder {
		at = path.Dir(at)
	}
	name := s.Name
	fix := &analysis.Fix{Title: "Run it in a second stage"}
	if name == "" {
		name = "build"
		end := s.From.Words[0].Span.End
		fix.Edits = append(fix.Edits, analysis.Insert(end, " AS build"))
	}
	lines := "\nFROM " + base + "\n"
	if dir := start.Workdir(); dir != "/" && !strings.HasPrefix(dir, "?") {
		lines += "WORKDIR " + dir + "\n"
	}
	lines += "COPY --from=" + name + " " + at + " " + at
	fix.Edits = append(fix.Edits, beforeSettings(s, lines))
	return fix
}

// sameSystem is the small image of the toolchain's system.
func sameSystem(ref baseimage.Ref) string {
	switch ref.Family() {
	case baseimage.Alpine:
		return "alpine:" + baseimage.Parse("alpine").Current()
	case baseimage.Debian:
		for _, r := range ref.Releases() {
			if r.Product == "Debian" {
				return "debian:" + r.Version + "-slim"
			}
		}
		return "debian:" + baseimage.Parse("debian").Current() + "-slim"
	}
	return ""
}

// javaRuntime is an image with the JRE of the version in the tag.
func javaRuntime(ref baseimage.Ref) string {
	for _, word := range strings.Split(ref.Tag, "-") {
		number := strings.TrimLeft(word, "abcdefghijklmnopqrstuvwxyz") // jdk17
		if number == word && ref.Library() == "gradle" {
			continue // Gradle's own version
		}
		number, _, _ = strings.Cut(number, ".")
		if slices.Contains([]string{"8", "11", "17", "21", "25"}, number) {
			return "eclipse-temurin:" + number + "-jre"
		}
	}
	return ""
}

// aspnet is the runtime beside the SDK.
func aspnet(ref baseimage.Ref) string {
	if name, ok := strings.CutSuffix(ref.Name, "/sdk"); ok && ref.Tag != "" {
		return ref.Registry + "/" + name + "/aspnet:" + ref.Tag
	}
	return ""
}
