package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

// maxListed is the most members of a workspace whose manifests a patch copies one by one.
const maxListed = 20

// members finds the manifests of the members of a workspace that are there when the install runs, each with what it
// names in turn. The root is the manifest in the folder of the workspace.
func (p *Plan) members(call Install, folders ecosystem.Members, root needed) (all []needed, _ *Obstacle) {
	if slices.ContainsFunc(p.o.Copies, fromStage) {
		return nil, because("another stage may bring packages of the workspace").unsure()
	}
	manifest := call.Manager.Manifests[0]
	row := *call.Manager.Manifest(manifest.Name)
	below, found := path.Dir(root.path), 0
	files := p.o.ctx.Where(below, manifest.Name, maxManifests,
		func(f string) bool { return path.Base(f) == manifest.Name })
	for _, file := range files {
		p.o.ctx.Charge(100)
		dir, ok := path.Dir(file), true
		if below != "." {
			dir, ok = dockerfile.Below(below, dir)
		}
		abs := dockerfile.Join(path.Dir(root.abs), path.Join(dir, manifest.Name))
		if !ok || file == root.path || !folders.Holds(dir) {
			continue
		}
		if at, brought := p.locate(abs); !brought || at != file {
			continue
		}
		if found++; found > maxListed {
			return nil, manyMembers(folders, manifest.Name)
		}
		p.member[file] = true
		n := needed{path: file, abs: abs}
		more, no := p.wants(call, row, n)
		if no != nil {
			return nil, no
		}
		all = append(append(all, n), more...)
	}
	if len(files) == maxManifests {
		return nil, because("there are more than %d files called %s", maxManifests, manifest.Name).unsure()
	}
	return all, nil
}

// manyMembers is why no patch lists the manifests of a workspace, and what to do
// (https://docs.docker.com/reference/dockerfile/#copy---parents).
func manyMembers(folders ecosystem.Members, manifest string) *Obstacle {
	no := because("the workspace has more than %d packages, whose own manifests it reads", maxListed)
	first, _, _ := strings.Cut(string(folders), "\n")
	no.AtMost = analysis.Notice
	no.Advice = analysis.Say("It reads the manifests of more than %d packages. %s copies them with their folders, and "+
		"needs %s: do that first, install, then copy the rest.", maxListed,
		"COPY --parents "+first+"/"+manifest+" ./", "# syntax=docker/dockerfile:1")
	return no
}
