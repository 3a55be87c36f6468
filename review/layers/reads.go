package layers

import "slices"

// ContextFile is a file of a build context.
type ContextFile struct {
	Folder string // as that of a Context step
	Path   string // from its root
}

// Grown returns the files that a step of after depends on and that its counterpart in before, the same instruction in
// the same stage, does not, although they were there: the step will run again with each change of them. Predict was
// asked about the two builds.
func Grown(before, after *Build, s *Step) (all []ContextFile) {
	at := slices.IndexFunc(before.Graph.Steps, func(was Step) bool {
		return was.Kind == s.Kind && was.First > 0 && was.place() == s.place()
	})
	now := slices.IndexFunc(after.Graph.Steps, func(t Step) bool { return t.Digest == s.Digest })
	if at < 0 || now < 0 {
		return nil
	}
	then := before.reads(at)
	for f := range after.reads(now) {
		if !then[f] && before.has(f) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(x, y ContextFile) int { return byNames(x.Folder+"/"+x.Path, y.Folder+"/"+y.Path) })
	return all
}

// has reports whether the file is there, hidden or not.
func (b *Build) has(f ContextFile) bool {
	files := b.Files[f.Folder]
	return files != nil && slices.Contains(files.Paths, f.Path)
}

// reads are the files that decide over the key of a step, as far as that is known without running other steps.
func (b *Build) reads(step int) map[ContextFile]bool {
	all, seen := map[ContextFile]bool{}, map[int]bool{}
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for _, in := range b.Graph.Steps[i].Inputs {
			b.budget.Charge(1)
			from := &b.Graph.Steps[in.Step]
			switch {
			case !in.Content:
				visit(in.Step)
			case from.Kind == Context:
				for _, e := range b.taken(in).entries {
					if e.id != folderID {
						all[ContextFile{from.Folder, e.path}] = true
					}
				}
			}
		}
	}
	visit(step)
	return all
}
