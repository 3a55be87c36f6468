package ruleset

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/work"
)

// This file holds definitions of builds against the files of the repository.

// Limits of Broken.
const (
	brokenWork  = 40_000_000 // of both sides together
	maxMistakes = 50         // that are reported of one definition
)

// Side is the repository on one side of a pull request.
type Side struct {
	Tree   *buildcontext.Tree
	Builds []builds.Build // as State finds them, and with their own configuration: see Stating
}

// Stating is the side with the builds that the side's own configuration at the path states, instead of those of the
// configuration in force; that has none where the path is "". The tree has its contents from then on.
func (s Side) Stating(path string, src []byte, all []*analysis.Rule) Side {
	kept := slices.DeleteFunc(slices.Clone(s.Builds), func(b builds.Build) bool {
		return b.Origin.Kind == builds.Configuration
	})
	s.Builds = kept
	if path == "" {
		return s
	}
	repo, _ := config.ParseFile(path, src, all)
	s.Builds = append(builds.Configured(path, repo.Builds), kept...)
	s.Tree.Contents[path] = src
	return s
}

// Definition is what a rule finds in a file that defines builds.
type Definition struct {
	Head analysis.Result
	Base *analysis.Result // of the same file on the base; nil where it is new, or not known
	New  bool             // the file is
}

// Broken finds the definitions on the head that name what does not exist, for the rule among all that does so. It
// returns each definition that has a build, in the order of paths; none where the tree is cut off. What the base has
// counts as taken away. It charges the budget.
func Broken(budget *work.Budget, repo config.Repo, all []*analysis.Rule, head, base Side) (found []Definition) {
	i := slices.IndexFunc(all, func(r *analysis.Rule) bool { return r.Definitions })
	if i < 0 || repo.Severity(all[i]) == analysis.Off || head.Tree.Partial || base.Tree.Partial {
		return nil
	}
	err := budget.Within(min(brokenWork, budget.Left()), func() {
		was, is := newSide(budget, repo, base), newSide(budget, repo, head)
		is.since = was
		for _, p := range is.definitions() {
			found = append(found, is.definition(Unit(repo, all, p, is.Tree.Contents[p]), all[i]))
		}
	})
	if err != nil {
		return nil
	}
	return found
}

// side is a Side with what was looked up in it.
type side struct {
	Side
	budget    *work.Budget
	frontends []string
	paths     []string                    // sorted
	modules   bool                        // there are submodules, whose files are unknown
	files     map[string]*dockerfile.File // by path; nil where nothing is known of it
	since     *side                       // the base; nil for the base itself
}

func newSide(budget *work.Budget, repo config.Repo, of Side) *side {
	s := &side{Side: of, budget: budget, frontends: repo.Files.Frontends, files: map[string]*dockerfile.File{}}
	s.paths = slices.Sorted(slices.Values(of.Tree.Paths))
	s.modules = s.isFile(".gitmodules")
	return s
}

// definitions are the paths of the files that define builds.
func (s *side) definitions() []string {
	var all []string
	for _, b := range s.Builds {
		if s.isFile(b.Origin.Path) { // a configuration may be elsewhere
			all = append(all, b.Origin.Path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// definition checks one definition of the head, and the same on the base.
func (s *side) definition(u analysis.Unit, rule *analysis.Rule) Definition {
	old := s.since.before(u.Path)
	src, read := s.since.Tree.Contents[old]
	d := Definition{New: !s.since.isFile(old)}
	now, was := s.mistakes(u.Path), s.since.mistakes(old)
	if read {
		before := u
		before.Path, before.Src = old, src
		res := analysis.Beside(before, rule, findings(was, func(mistake) mistake { return mistake{} }))
		d.Base = &res
	}
	reported := now[:min(len(now), maxMistakes)]
	d.Head = analysis.Beside(u, rule, findings(reported, func(m mistake) mistake {
		m.moved, m.taken = s.moved(m)
		m.changed = s.changed(m, old, was)
		return m
	}))
	return d
}

// before is what the file is called on this side, that of the base.
func (s *side) before(now string) string {
	for old, name := range s.Tree.Renamed {
		if name == now {
			return old
		}
	}
	return now
}

func (s *side) isFile(p string) bool {
	_, ok := slices.BinarySearch(s.paths, p)
	return ok
}

func (s *side) isFolder(p string) bool {
	i, _ := slices.BinarySearch(s.paths, p+"/")
	return p == "" || i < len(s.paths) && strings.HasPrefix(s.paths[i], p+"/")
}

// template reports whether the tree has a template of the file, from which something is likely to make it.
func (s *side) template(p string) bool {
	return slices.ContainsFunc([]string{"tmpl", "tpl", "template", "j2", "jinja", "jinja2", "in", "erb", "m4", "tera"},
		func(ext string) bool { return s.isFile(p + "." + ext) })
}

// known reports whether it is known that there is nothing at the path: no part of it is a symlink or a submodule.
func (s *side) known(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if s.isFile(dir) {
			return false
		}
	}
	return !s.modules
}

// file is the Dockerfile, parsed; nil where it was not read, or cannot be.
func (s *side) file(p string) *dockerfile.File {
	f, known := s.files[p]
	if src, read := s.Tree.Contents[p]; !known && read {
		if parsed, err := dockerfile.ParseWithin(s.budget, p, src, s.frontends...); err == nil {
			f = parsed
		}
		s.files[p] = f
	}
	return f
}

// mistake is a name in a definition that belongs to nothing.
type mistake struct {
	aspect aspect
	name   string
	build  builds.Build
	line   int

	taken   bool   // the base has what is named
	moved   string // what that is called now; "" where it is not known
	changed bool   // on the base, the build names something else, which is there
}

// aspect is what a definition names.
type aspect string

const (
	theFile     aspect = "Dockerfile"
	theContext  aspect = "context"
	theTarget   aspect = "target"
	theArgument aspect = "argument"
	theNamed    aspect = "named context"
)

// mistakes are those of one definition, each once.
func (s *side) mistakes(definition string) (all []mistake) {
	type key struct {
		aspect aspect
		name   string
	}
	seen := map[key]bool{}
	for _, b := range s.Builds {
		if b.Origin.Path != definition {
			continue
		}
		for _, m := range s.of(b) {
			if k := (key{m.aspect, m.name}); !seen[k] {
				seen[k] = true
				all = append(all, m)
			}
		}
	}
	return all
}

// of are the mistakes of one build. Where the Dockerfile is missing, so may be all that depends on it.
func (s *side) of(b builds.Build) (all []mistake) {
	at := func(a aspect, name string, line int) {
		line = cmp.Or(line, b.Lines.Context, b.Origin.Line, 1)
		all = append(all, mistake{aspect: a, name: name, build: b, line: line})
	}
	if b.Dockerfile == "" {
		return nil
	}
	if !s.isFile(b.Dockerfile) {
		if s.known(b.Dockerfile) && !s.isFolder(b.Dockerfile) && !s.template(b.Dockerfile) {
			at(theFile, b.Dockerfile, b.Lines.Dockerfile)
		}
		return all
	}
	if !b.Elsewhere && !s.isFolder(b.Context) && !s.isFile(b.Context) && s.known(b.Context) {
		at(theContext, b.Context, b.Lines.Context)
	}
	f := s.file(b.Dockerfile)
	if f == nil {
		return all
	}
	if b.Target != "" && !isStage(f, b.Target) {
		at(theTarget, b.Target, b.Lines.Target)
	}
	for _, name := range s.withdrawn(b, f) {
		at(theNamed, name, b.Lines.Context)
	}
	for _, arg := range b.Args {
		s.budget.Charge(len(f.Instructions()))
		if arg.Line > 0 && arg.Name != "" && !predefined(arg.Name) && !declares(f, arg.Name) && !s.shared(b, arg) {
			at(theArgument, arg.Name, arg.Line)
		}
	}
	return all
}

// shared reports whether the same line gives the argument to another build, as in the matrix of a workflow, whose
// Dockerfile declares it or is not known.
func (s *side) shared(b builds.Build, arg builds.Pair) bool {
	return slices.ContainsFunc(s.Builds, func(o builds.Build) bool {
		s.budget.Charge(1 + len(o.Args))
		if o.Origin.Path != b.Origin.Path || !slices.ContainsFunc(o.Args, func(a builds.Pair) bool {
			return a.Name == arg.Name && a.Line == arg.Line
		}) {
			return false
		}
		f := s.file(o.Dockerfile)
		return f == nil || declares(f, arg.Name)
	})
}

// withdrawn are the named contexts that the same build gives on the base and not any more, while the Dockerfile takes
// files from them.
func (s *side) withdrawn(b builds.Build, f *dockerfile.File) (names []string) {
	if s.since == nil {
		return nil
	}
	old := s.since.before(b.Origin.Path)
	i := slices.IndexFunc(s.since.Builds, func(o builds.Build) bool {
		return o.Origin.Path == old && o.Name == b.Name && o.Name != ""
	})
	if i < 0 {
		return nil
	}
	given := func(b builds.Build, name string) bool {
		return slices.ContainsFunc(b.Contexts, func(c builds.Pair) bool { return c.Name == name })
	}
	for _, in := range f.Instructions() {
		for _, ref := range in.Refs() {
			if ref.Stage() == nil && given(s.since.Builds[i], ref.Name) && !given(b, ref.Name) {
				names = append(names, ref.Name)
			}
		}
	}
	return names
}

// isStage reports whether BuildKit takes the target: by name, whatever its case, or by number.
func isStage(f *dockerfile.File, target string) bool {
	n, err := strconv.Atoi(target)
	return err == nil && n >= 0 && n < len(f.Stages()) ||
		slices.ContainsFunc(f.Stages(), func(s *dockerfile.Stage) bool { return strings.EqualFold(s.Name, target) })
}

func declares(f *dockerfile.File, name string) bool {
	return slices.ContainsFunc(f.Instructions(), func(in *dockerfile.Instruction) bool {
		return in.Inner().Name == "ARG" &&
			slices.ContainsFunc(in.Inner().Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
	})
}

// predefined reports whether a build takes the argument without an ARG
// (https://docs.docker.com/reference/dockerfile/#predefined-args).
func predefined(name string) bool {
	switch strings.ToUpper(name) {
	case "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH":
		return true
	}
	for _, prefix := range []string{"BUILDKIT_", "TARGET", "BUILD"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && (prefix == "BUILDKIT_" || slices.Contains([]string{"PLATFORM", "OS", "ARCH", "VARIANT"}, rest)) {
			return true
		}
	}
	return false
}

// moved reports whether the base has what the mistake names, and what that is called now, as far as is known.
func (s *side) moved(m mistake) (name string, was bool) {
	switch m.aspect {
	case theFile:
		return s.since.Tree.Renamed[m.name], s.since.isFile(m.name)
	case theContext:
		return "", s.since.isFolder(m.name)
	case theTarget:
		before := s.since.file(s.since.before(m.build.Dockerfile))
		if before == nil || !isStage(before, m.name) {
			return "", false
		}
		return renamed(before, s.file(m.build.Dockerfile)), true
	case theNamed:
		return "", true
	}
	return "", false
}

// renamed is the name of the one stage that the base does not have, if the base has one more that the head does not.
func renamed(before, after *dockerfile.File) string {
	only := func(here, there *dockerfile.File) (names []string) {
		for _, s := range here.Stages() {
			if s.Name != "" && !isStage(there, s.Name) {
				names = append(names, s.Name)
			}
		}
		return names
	}
	gone, come := only(before, after), only(after, before)
	if len(gone) != 1 || len(come) != 1 || len(before.Stages()) != len(after.Stages()) {
		return ""
	}
	return come[0]
}

// changed reports whether the build is there on the base without such a mistake: of the same name, in a definition that
// has as many.
func (s *side) changed(m mistake, old string, was []mistake) bool {
	count := func(s *side, p string) (n int, same bool) {
		for _, b := range s.Builds {
			if b.Origin.Path == p {
				n++
				same = same || b.Name == m.build.Name
			}
		}
		return n, same
	}
	now, _ := count(s, m.build.Origin.Path)
	then, same := count(s.since, old)
	return same && now == then && !slices.ContainsFunc(was, func(o mistake) bool {
		return o.aspect == m.aspect && o.build.Name == m.build.Name
	})
}

// findings words mistakes, each after what is found out about it.
func findings(all []mistake, about func(mistake) mistake) (found []analysis.Found) {
	for _, m := range all {
		f := analysis.Found{Line: m.line, Subject: string(m.aspect) + "\x00" + m.name}
		if now := about(m); now.aspect != "" {
			f.Message, f.Why = now.message(), now.why()
			if m.aspect == theArgument || !now.taken && !now.changed {
				f.AtMost = analysis.Warning
			}
		}
		found = append(found, f)
	}
	return found
}

func (m mistake) message() analysis.Message {
	file := m.build.Dockerfile
	switch {
	case m.aspect == theFile && m.moved != "":
		return analysis.Say("%s is %s in this pull request, but this build still names the old path.", m.name, m.moved)
	case m.aspect == theFile && m.taken:
		return analysis.Say("%s is deleted by this pull request, but this build needs it.", m.name)
	case m.aspect == theFile:
		return analysis.Say("This build names %s, which does not exist.", m.name)
	case m.aspect == theContext && m.taken:
		return analysis.Say("The folder %s is gone in this pull request, but this build has it as its context.", m.name)
	case m.aspect == theContext:
		return analysis.Say("The context of this build is the folder %s, which does not exist.", m.name)
	case m.aspect == theTarget && m.moved != "":
		return analysis.Say("The stage %s of %s is called %s in this pull request, but this build still names the old "+
			"target.", m.name, file, m.moved)
	case m.aspect == theTarget && m.taken:
		return analysis.Say("The stage %s of %s is gone in this pull request, but this build has it as its target.",
			m.name, file)
	case m.aspect == theNamed:
		return analysis.Say("This build does not give %s the named context %s any more, but %s there takes files from "+
			"it.", file, m.name, "--from="+m.name)
	case m.aspect == theTarget:
		return analysis.Say("The target of this build is %s, but no stage of %s has that name.", m.name, file)
	}
	return analysis.Say("This build sets the argument %s, which no ARG of %s declares.", m.name, file)
}

func (m mistake) why() analysis.Message {
	switch {
	case m.aspect == theArgument:
		return analysis.Say("BuildKit ignores it with a warning.")
	case m.aspect == theNamed:
		return analysis.Say("The build treats %s as an image and asks the registry for it.", m.name)
	case m.aspect == theTarget, m.taken, m.changed:
		return analysis.Say("The build fails.")
	}
	return analysis.Say("The build fails, unless something makes it before.")
}
