package ecosystem

import (
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// goModWhole: the parser refuses what it does not know, and goMod asks for what a replace names. Since Go 1.17 the file
// names every module that a build needs, so that go.sum can be held against it
// (https://go.dev/ref/mod#go-mod-file-go, https://go.dev/ref/mod#graph-pruning).
func goModWhole(r Reader, data []byte, c Call) []Doubt {
	f, err := modfile.Parse("go.mod", data, nil)
	switch {
	case err != nil:
		return unread(c.File)
	case f.Go == nil || semver.Compare("v"+f.Go.Version, "v1.17") < 0:
		return []Doubt{{"%s names every module that %s downloads", []any{c.File, "go mod download"}}}
	}
	sums, ok := goSums(r)
	if !ok && len(f.Require) > 0 {
		return unread("go.sum")
	}
	for _, m := range f.Require {
		at := m.Mod
		for _, rep := range f.Replace {
			if rep.Old.Path == at.Path && (rep.Old.Version == "" || rep.Old.Version == at.Version) {
				at = rep.New
			}
		}
		if at.Version != "" && !(sums[at.Path+" "+at.Version] && sums[at.Path+" "+at.Version+"/go.mod"]) {
			return []Doubt{{"%s can be downloaded, though %s lacks its sum", []any{at.Path, "go.sum"}}}
		}
	}
	return nil
}

// goSums are the modules with their versions of which go.sum has the sum (https://go.dev/ref/mod#go-sum-files).
func goSums(r Reader) (sums map[string]bool, ok bool) {
	data, ok := r.Read("go.sum")
	sums = map[string]bool{}
	for _, line := range lines(data) {
		if name, _, found := cutLast(line, " h1:"); found {
			sums[name] = true
		}
	}
	return sums, ok
}

// goSumWhole: the file holds nothing but names and sums.
func goSumWhole(Reader, []byte, Call) []Doubt { return nil }
