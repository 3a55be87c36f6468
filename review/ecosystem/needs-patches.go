package ecosystem

import (
	"path"
	"regexp"
	"strings"
)

// patches returns the patches of the project that the manager applies to packages
// (https://pnpm.io/settings#patcheddependencies, https://bun.sh/docs/install/patch,
// https://yarnpkg.com/protocol/patch).
func (p *javascriptPackage) patches(r Reader, c Call) (needs []Need) {
	switch c.Manager.Name {
	case "pnpm":
		return patchFiles(p.Pnpm.PatchedDependencies)
	case "bun":
		return patchFiles(p.PatchedDependencies)
	case "yarn":
		for _, deps := range []map[string]string{
			p.Dependencies, p.DevDependencies, p.OptionalDependencies, p.Resolutions,
		} {
			for _, name := range sortedKeys(deps) {
				files, _ := yarnPatches(deps[name])
				for _, file := range files {
					if !strings.HasPrefix(file, ".yarn/") || !r.Exists(".yarnrc.yml") { // yarnBerry takes .yarn whole
						needs = append(needs, patchNeed(file))
					}
				}
			}
		}
	}
	return needs
}

// patchFiles returns the needs for patches, by the packages to which they belong.
func patchFiles(files map[string]string) (needs []Need) {
	for _, name := range sortedKeys(files) {
		needs = append(needs, patchNeed(files[name]))
	}
	return needs
}

// patchNeed is the need for a patch. A folder that is called patches holds nothing else, and comes whole: the order
// stays right when there is one more.
func patchNeed(file string) Need {
	file = path.Clean(file)
	switch dir := path.Dir(file); {
	case strings.HasPrefix(file, "/") || strings.ContainsAny(file, ":~$"):
		return Need{Reason: "it applies the patch %s", Word: file}
	case path.Base(dir) == "patches":
		return Need{File: dir + "/", Inert: true}
	}
	return Need{File: file, Inert: true}
}

// yarnSource is a package of a registry, as it reads in a patch.
var yarnSource = regexp.MustCompile(`^patch:(?:@[\w.-]+/)?[\w.-]+@(?:npm(?::|%3A))?[\w.^~*%-]+$`)

// yarnPatches returns the files of a dependency that Yarn patches. known is false where it is no such dependency, or
// comes from elsewhere than a registry.
func yarnPatches(version string) (files []string, known bool) {
	source, list, found := strings.Cut(version, "#")
	if !found || !yarnSource.MatchString(source) {
		return nil, false
	}
	for _, file := range strings.Split(list, "&") {
		file = strings.TrimPrefix(strings.TrimPrefix(file, "optional!"), "~/")
		if strings.HasPrefix(file, "builtin<") || strings.HasPrefix(file, "~builtin<") {
			continue
		}
		files = append(files, path.Clean(file))
	}
	return files, true
}

// A scriptPart is a command of a script that an install runs, of which it is known what it reads.
type scriptPart struct {
	form *regexp.Regexp
	sure bool   // it does the same without the sources and without .git
	file string // that it reads, unless a group of form names another; a folder, which may be missing, ends in /
}

// started is what may come before the name of an installed program.
const started = `(?:(?:npx|bunx|pnpm exec|pnpm|yarn run|yarn|npm exec --|npm exec)(?: -y| --yes| --no-install| --no)? )?`

// scriptParts are the commands that read no sources. Husky points Git to its hooks, only-allow looks at the program
// that called it, and patch-package applies what is in a folder (https://typicode.github.io/husky/how-to.html,
// https://github.com/pnpm/only-allow, https://github.com/ds300/patch-package#readme).
var scriptParts = []scriptPart{
	{form: regexp.MustCompile(`^` + started + `husky(?: install(?: [\w./-]+)?)?$`)},
	{form: regexp.MustCompile(`^node (?:\./)?(\.husky/install\.m?js)$`), file: ".husky/install.mjs"},
	{form: regexp.MustCompile(`^` + started + `is-ci$`)},
	{form: regexp.MustCompile(`^` + started + `only-allow (?:npm|pnpm|yarn|bun)$`), sure: true},
	{form: regexp.MustCompile(`^(?:true|:|exit 0|echo(?: [\w .,'"-]*)?)$`), sure: true},
	{form: regexp.MustCompile(`^` + started + `patch-package(?: --(?:error-on-fail|error-on-warn|use-yarn|` +
		`exclude[= ][\w./-]+|patch-dir[= ]([\w./-]+)))*$`), sure: true, file: "patches/"},
}

var scriptSplit = regexp.MustCompile(`\s*(?:&&|\|\||;)\s*`)

// A script of the project, and those that it may run by name.
type script struct {
	text string
	all  map[string]string
	read int // how many commands were read so far
}

// maxCommands is the most commands of a script that are read, those of the scripts that it runs included.
const maxCommands = 50

var runsScript = regexp.MustCompile(`^(?:npm|pnpm|yarn|bun) run (?:--silent |-s )?([\w:.-]+)$`)

// reads returns what the script reads. It is known where each of its commands is, and sure where each is known to do
// the same without the sources.
func (s *script) reads(r Reader) (needs []Need, known, sure bool) {
	sure = true
	for _, command := range scriptSplit.Split(strings.TrimSpace(s.text), maxCommands+1) {
		more, known, certain := s.command(r, strings.Join(strings.Fields(command), " "))
		if !known {
			return nil, false, false
		}
		needs, sure = append(needs, more...), sure && certain
	}
	return needs, true, sure
}

func (s *script) command(r Reader, command string) (needs []Need, known, sure bool) {
	if s.read++; s.read > maxCommands {
		return nil, false, false
	}
	if m := runsScript.FindStringSubmatch(command); m != nil {
		named := script{s.all[m[1]], s.all, s.read}
		if named.text == "" || s.all["pre"+m[1]]+s.all["post"+m[1]] != "" {
			return nil, false, false
		}
		needs, known, sure = named.reads(r)
		s.read = named.read
		return needs, known, sure
	}
	part, m := partOf(command)
	if m == nil {
		return nil, false, false
	}
	file, folder := strings.CutSuffix(part.file, "/")
	if len(m) > 1 && m[1] != "" {
		file = path.Clean(m[1])
	}
	switch {
	case folder && r.Exists(file):
		needs = append(needs, Need{File: file + "/", Inert: part.sure})
	case !folder && file != "":
		needs = append(needs, Need{File: file})
	}
	return needs, true, part.sure
}

// partOf finds the part that the command is, and what its form finds in it; nil where there is no such part.
func partOf(command string) (part scriptPart, found []string) {
	for _, p := range scriptParts {
		if m := p.form.FindStringSubmatch(command); m != nil {
			return p, m
		}
	}
	return part, nil
}
