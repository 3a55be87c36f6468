package ecosystem

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Nearest returns, of the paths of a tree, at most so many of those that rules may want to read: those first that are
// the fewest steps, up and down, from the folder of a Dockerfile. The time that it takes grows with the lengths of the
// paths, not with the number of Dockerfiles.
func Nearest(paths, dockerfiles []string, most int) []string {
	if len(dockerfiles) == 0 {
		return nil
	}
	down := stepsDown(dockerfiles)
	type candidate struct {
		path string
		far  int
	}
	var all []candidate
	for _, p := range paths {
		if Wanted(p) {
			all = append(all, candidate{p, steps(down, path.Dir(p))})
		}
	}
	slices.SortStableFunc(all, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(x.far, y.far), strings.Compare(x.path, y.path))
	})
	var chosen []string
	for _, c := range all[:min(len(all), most)] {
		chosen = append(chosen, c.path)
	}
	return chosen
}

// stepsDown is, for each folder with a Dockerfile in it or further down, how many steps down it is to the nearest.
func stepsDown(dockerfiles []string) map[string]int {
	down := map[string]int{}
	for _, f := range dockerfiles {
		dir := path.Dir(f)
		for n := 0; ; n++ {
			if known, ok := down[dir]; ok && known <= n {
				break // and so it is for the folders above
			}
			down[dir] = n
			if dir == "." {
				break
			}
			dir = path.Dir(dir)
		}
	}
	return down
}

// steps is how many steps up and down lead from the folder to the nearest one that stepsDown knows a way to.
func steps(down map[string]int, dir string) int {
	least := 1 << 30
	for up := 0; up < least; up++ {
		if n, ok := down[dir]; ok {
			least = min(least, up+n)
		}
		if dir == "." {
			break
		}
		if i := strings.LastIndexByte(dir, '/'); i >= 0 {
			dir = dir[:i]
		} else {
			dir = "."
		}
	}
	return least
}
