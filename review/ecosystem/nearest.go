package ecosystem

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Nearest returns, of the paths of a tree, at most so many of those that are wanted: those first that are the fewest
// steps, up and down, from the folder of a Dockerfile. The time that it takes grows with the lengths of the
// paths, not with the number of Dockerfiles.
func Nearest(paths, dockerfiles []string, most int, wanted func(path string) bool) []string {
	if len(dockerfiles) == 0 {
		return nil
	}
	var all []string
	for _, p := range paths {
		if wanted(p) {
			all = append(all, p)
		}
	}
	return Closest(all, dockerfiles)[:min(len(all), most)]
}

// Closest sorts paths by how many steps, up and down, it is from their folder to that of the nearest of others. The
// time that it takes grows with the lengths of all paths.
func Closest(paths, others []string) []string {
	down := stepsDown(others)
	far := make(map[string]int, len(paths))
	for _, p := range paths {
		far[p] = steps(down, path.Dir(p))
	}
	return slices.SortedFunc(slices.Values(paths), func(x, y string) int {
		return cmp.Or(cmp.Compare(far[x], far[y]), strings.Compare(x, y))
	})
}

// stepsDown is, for each folder with one of the paths in it or further down, how many steps down it is to the nearest.
func stepsDown(paths []string) map[string]int {
	down := map[string]int{}
	for _, f := range paths {
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
