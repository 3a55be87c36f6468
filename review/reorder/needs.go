package reorder

import (
	"cmp"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// needs lists the files that the install reads.
func (p *Plan) needs(call Install) ([]needed, *Obstacle) {
	if len(call.files) > 0 {
		return p.manifestsNamed(call)
	}
	all, locked, no := p.manifestsIn(call)
	if no != nil {
		return nil, no
	}
	if v := call.Manager.Vendored; v != "" {
		if at, ok := p.locate(dockerfile.Join(call.Dir, v+"/modules.txt")); ok {
			return nil, because("the dependencies are in the repository: %s", path.Dir(at)).asSources()
		}
	}
	if !locked && call.build && call.Manager.Builds.Locked {
		return nil, because("there is nothing to fetch").asSources()
	}
	if !locked && call.Locked {
		return nil, because("there is no lock file")
	}
	return all, nil
}

// manifestsIn lists the manifests of the manager in the folder of the install, each with what it names in turn. locked
// reports whether one of them is a lock file.
func (p *Plan) manifestsIn(call Install) (all []needed, locked bool, _ *Obstacle) {
	var named []needed
	for _, m := range call.Manager.Manifests {
		found := p.manifest(call.Dir, m.Name)
		if len(found) == 0 && m.Required {
			return nil, false, absent(m.Name)
		}
		for _, n := range found {
			more, no := p.wants(call, m, n)
			if no != nil {
				return nil, false, no
			}
			all, named = append(all, n), append(named, more...)
			locked = locked || m.Lock
		}
	}
	return append(all, named...), locked, nil
}

// manifestsNamed lists the files that the command line names, each with what it names in turn.
func (p *Plan) manifestsNamed(call Install) (all []needed, _ *Obstacle) {
	for _, abs := range call.files {
		n, no := p.manifestNamed(call, abs)
		if no != nil {
			return nil, no
		}
		all = append(all, n...)
	}
	return all, nil
}

func (n *Obstacle) asSources() *Obstacle {
	n.NeedsSources = true
	return n
}

func (n *Obstacle) unsure() *Obstacle {
	n.Unsure = true
	return n
}

// manifest finds the file of that name, or the files that the pattern matches, in the folder.
func (p *Plan) manifest(dir, name string) []needed {
	if !strings.Contains(name, "*") {
		abs := dockerfile.Join(dir, name)
		if at, ok := p.locate(abs); ok {
			return []needed{{path: at, abs: abs}}
		}
		return nil
	}
	var all []needed
	folder, pattern := path.Split(name)
	for _, c := range p.all {
		if c.Index >= p.o.Installs[0].In.Index {
			break
		}
		for _, s := range buildcontext.Sources(c) {
			if !s.Local || !s.Path.Known {
				continue
			}
			for _, f := range p.o.ctx.Where(s.Path.Text, pattern, maxManifests,
				func(f string) bool { return named(pattern, f) }) {
				abs := dockerfile.Join(dir, folder+path.Base(f))
				if at, ok := p.o.ctx.Copy(c).Place(f); !ok || at != abs {
					continue
				}
				if at, ok := p.locate(abs); ok && !slices.Contains(all, needed{path: at, abs: abs}) {
					all = append(all, needed{path: at, abs: abs})
				}
			}
		}
	}
	return all
}

// maxManifests is the most files that a manager's pattern may find in one COPY. No folder of a project has so many.
const maxManifests = 1000

// named reports whether the file has a name that the pattern matches.
func named(pattern, file string) bool {
	ok, _ := path.Match(pattern, path.Base(file))
	return ok
}

// wants asks the manifest what else the install reads.
func (p *Plan) wants(call Install, m ecosystem.Manifest, n needed) ([]needed, *Obstacle) {
	if m.Needs == nil {
		return nil, nil
	}
	dir := path.Dir(n.path)
	c := ecosystem.Call{Manager: call.Manager, File: path.Base(n.path), Flags: call.Flags, Scripts: call.Scripts(),
		Build: call.build, Member: p.member[n.path]}
	needs := m.Needs(p.folderOf(n), c)
	var all []needed
	for _, need := range needs {
		if need.Members == "" {
			continue
		}
		more, no := p.members(call, need.Members, n)
		if no != nil {
			return nil, no
		}
		all = append(all, more...)
	}
	more, no := p.further(needs, dir, path.Dir(n.abs))
	return append(all, more...), no
}

// folderOf lets a manager's row read the files beside the manifest.
func (p *Plan) folderOf(n needed) Folder {
	return Folder{ctx: p.o.ctx, Dir: path.Dir(n.path), above: func(name string) bool {
		_, _, ok := p.find(dockerfile.Join(path.Dir(n.abs), name))
		return ok
	}}
}

// manifestNamed takes a file that is on the command line, and what it names in turn.
func (p *Plan) manifestNamed(call Install, abs string) ([]needed, *Obstacle) {
	at, ok := p.locate(abs)
	switch {
	case !ok && call.row.Packages == ecosystem.Manifests && path.Ext(abs) == "":
		return nil, because("%s may be a directory", path.Base(abs))
	case !ok:
		return nil, absent(path.Base(abs))
	}
	n := needed{path: at, abs: abs}
	if m := call.Manager.Manifest(path.Base(abs)); m != nil && m.Needs != nil {
		more, no := p.wants(call, *m, n)
		return append([]needed{n}, more...), no
	}
	var needs []ecosystem.Need
	if read := call.Manager.Named; read != nil {
		needs = read(p.folderOf(n), ecosystem.Call{Manager: call.Manager, File: path.Base(at), Flags: call.Flags})
	} else {
		needs = ecosystem.Requirements(p.folderOf(n), path.Base(at))
	}
	more, no := p.further(needs, path.Dir(at), path.Dir(abs))
	return append([]needed{n}, more...), no
}

// further turns what a manifest asks for into files, or into the obstacle that it is.
func (p *Plan) further(needs []ecosystem.Need, dir, imageDir string) ([]needed, *Obstacle) {
	var all []needed
	for _, n := range needs {
		switch {
		case n.Members != "":
			continue // see wants
		case n.Fills != "":
			p.fills = append(p.fills, path.Join(dir, n.Fills))
			continue
		case n.Stub != "":
			if _, _, ok := p.find(dockerfile.Join(imageDir, n.Stub)); !ok {
				return nil, absent(n.Stub)
			}
			p.stubs = append(p.stubs, n.Stub)
			continue
		case n.Nothing:
			return nil, because("there is nothing to fetch").asSources()
		}
		if n.File == "" {
			no := because("the install needs more than its manifests: "+n.Reason, n.Word)
			no.AtMost = analysis.Notice
			return nil, no
		}
		file, no := p.furtherFile(n, dir, imageDir)
		if no != nil {
			return nil, no
		}
		all = append(all, file)
	}
	return all, nil
}

// furtherFile finds the file or folder that a manifest asks for.
func (p *Plan) furtherFile(n ecosystem.Need, dir, imageDir string) (needed, *Obstacle) {
	name, folder := strings.CutSuffix(n.File, "/")
	at, abs := path.Join(dir, name), dockerfile.Join(imageDir, name)
	ok := folder && p.locateAll(at, abs)
	if !folder {
		at, ok = p.locate(abs)
	}
	if !ok {
		return needed{}, absent(n.File)
	}
	p.mark(at, n.Inert)
	return needed{path: at, abs: abs, folder: folder}, nil
}

// mark keeps whether a file is inert to all that ask for it.
func (p *Plan) mark(at string, inert bool) {
	before, asked := p.inert[at]
	p.inert[at] = inert && (before || !asked)
}

// locate finds the file of the context that is at abs when the install runs. A COPY that
// stays before the install may bring it already.
func (p *Plan) locate(abs string) (string, bool) {
	at, stays, ok := p.find(abs)
	if stays {
		p.narrow[at] = true
	}
	return at, ok
}

// locateAll reports whether the files of a folder of the context are at abs when the install runs. Where COPYs that
// stay bring all of them, they bring the folder.
func (p *Plan) locateAll(folder, abs string) bool {
	if outOf(folder) {
		return false
	}
	files := p.o.ctx.Match(folder)
	narrow := len(files) <= maxManifests
	for _, file := range files[:min(len(files), maxManifests)] {
		at, stays, ok := p.find(dockerfile.Join(abs, strings.TrimPrefix(file, folder+"/")))
		if !ok || at != file {
			return false
		}
		narrow = narrow && stays
	}
	if narrow {
		p.narrow[folder] = true
	}
	return len(files) > 0
}

func (p *Plan) find(abs string) (at string, stays, ok bool) {
	known, asked := p.found[abs]
	if !asked {
		known.at, known.stays, known.ok = p.search(abs)
		p.found[abs] = known
	}
	return known.at, known.stays, known.ok
}

// whereabouts is what is known of a place in the image: the file of the context that is there, and whether a COPY that
// stays before the install brings it.
type whereabouts struct {
	at        string
	stays, ok bool
}

// search asks the COPYs before the install from the last one up: the last writer is the one whose file is there. Where
// that one moves, an earlier one that stays may bring the same file.
func (p *Plan) search(abs string) (at string, stays, ok bool) {
	for _, in := range slices.Backward(p.o.stage.Instructions()) {
		if in.Index < p.o.Installs[0].In.Index && in.Name == "RUN" && ok && !p.idleRun(in) {
			break // it may change what an earlier one brings
		}
		if in.Index >= p.o.Installs[0].In.Index || in.Name != "COPY" && in.Name != "ADD" {
			continue
		}
		file, brings := p.o.ctx.Copy(in).Brings(abs)
		switch {
		case brings && !p.moves(in):
			return cmp.Or(at, file), at == "" || at == file, true
		case brings && !ok:
			at, ok = file, true
		}
	}
	return at, false, ok
}

// idleRun reports whether the RUN certainly leaves what the copies bring alone.
func (p *Plan) idleRun(in *dockerfile.Instruction) bool {
	steps, plain := shell.Chain(in)
	return plain && allIndependent(steps, p.dests())
}

// named looks at the files that a flag or a variable has the install read, which the plan knows
// nothing of.
func (p *Plan) named(call Install) *Obstacle {
	for _, v := range call.reads {
		if !strings.Contains(v, "://") && !Outside(dockerfile.Join(call.Step.Cwd, v), p.dests()) {
			no := because("the install needs more than its manifests: it reads %s", v)
			no.AtMost = analysis.Notice
			return no
		}
	}
	for _, name := range call.Manager.ReadVars {
		value := call.In.Var(name)
		if call.assigns(name) || call.In.Defined(name) && !(value.Known && Outside(value.Text, p.dests())) {
			return because("%s is set and may name further files", name)
		}
	}
	return nil
}

// filled looks at the folders that the install fills: the copies, coming later, must not write
// over them.
func (p *Plan) filled(call Install, all []needed) *Obstacle {
	if len(all) == 0 {
		return nil
	}
	dirs := slices.Concat(p.fills, p.outputs(call, all))
	for _, into := range call.into {
		below, ok := dockerfile.Below(path.Dir(all[0].abs), into)
		switch {
		case Outside(into, p.dests()):
		case !ok || below == "":
			return because("it installs into the sources")
		default:
			dirs = append(dirs, path.Join(path.Dir(all[0].path), below))
		}
	}
	for _, dir := range dirs {
		if len(p.o.ctx.Match(dir)) > 0 {
			return because("the repository holds %s, which would be copied over the installed packages", dir)
		}
		if p.output == "" && !p.o.ctx.Ignored(dir) && !p.o.ctx.Ignored(dir+"/x") {
			p.output = dir
		}
	}
	return nil
}

// outputs are the folders, in the context, in which the manager keeps what it installs.
func (p *Plan) outputs(call Install, all []needed) []string {
	m := call.Manager
	var dirs []string
	var told []*dockerfile.Instruction
	if len(m.Asked) > 0 {
		told = slices.Concat(call.In.Stage.Before(call.In), []*dockerfile.Instruction{call.In})
	}
	for _, in := range told {
		for words, dir := range m.Asked {
			if strings.Contains(in.Args.String(), words) {
				dirs = append(dirs, path.Join(path.Dir(all[0].path), dir))
			}
		}
	}
	if m.Output == "" || call.row.Environment || slices.ContainsFunc(m.OutputVars, call.In.Defined) {
		return dirs
	}
	if m.OutputBeside == "" {
		return append(dirs, path.Join(path.Dir(all[0].path), m.Output))
	}
	for _, n := range all {
		if ok, _ := path.Match(m.OutputBeside, path.Base(n.path)); ok {
			dirs = append(dirs, path.Join(path.Dir(n.path), m.Output))
		}
	}
	return dirs
}

// fresh lists what the new COPYs bring, by path.
func (p *Plan) fresh() []needed {
	var all []needed
	seen := map[string]bool{}
	for _, n := range p.needed {
		if !p.narrow[n.path] && !seen[n.abs] {
			seen[n.abs] = true
			all = append(all, n)
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := path.Dir(all[i].path), path.Dir(all[j].path)
		return a < b || a == b && !all[i].folder && all[j].folder
	})
	return all
}
