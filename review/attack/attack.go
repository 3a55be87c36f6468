// Package attack makes Dockerfiles, and files beside them, that cost more than their size says: each shape is one way
// to make a rule, a parser or a proof do the same work many times. `make attack` runs them all through the program;
// tests hold some of them by counted work. A new way to be slow belongs here as a new shape.
// The product must never import it.
package attack

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Shape makes hostile files of a size.
type Shape struct {
	Name string
	// Make returns the files, by path from the repository's root, of which the hostile one has about size bytes, or as
	// many as the limits of its kind allow.
	Make func(size int) map[string]string
	// Tree says that the shape is at its worst in a repository of many files, see Tree.
	Tree bool
}

// Shapes are all of them, by name.
func Shapes() []Shape {
	all := slices.Concat(shapesOfInstructions, shapesOfShell, shapesOfContext, shapesOfManifests, shapesOfConfig)
	slices.SortFunc(all, func(a, b Shape) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Matching returns the shapes whose names the regular expression matches.
func Matching(pattern string) ([]Shape, error) {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(Shapes(), func(s Shape) bool { return !wanted.MatchString(s.Name) }), nil
}

// Named returns the shape of that name, and panics where there is none.
func Named(name string) Shape {
	for _, s := range Shapes() {
		if s.Name == name {
			return s
		}
	}
	panic("no shape is named " + name)
}

// Tree lists n paths such as a large repository has: in folders of a hundred files, up to four names deep, and some
// manifests.
func Tree(n int) []string {
	paths := make([]string, 0, n)
	for i := range n {
		switch dir := fmt.Sprintf("pkg%d/src%d/part%d", i/10_000, i/1000%10, i/100%10); {
		case i%1000 == 0:
			paths = append(paths, dir+"/package.json")
		case i%1000 == 1:
			paths = append(paths, dir+"/requirements.txt")
		default:
			paths = append(paths, fmt.Sprintf("%s/file%d.js", dir, i%100))
		}
	}
	return paths
}

// What BuildKit's parser and dfbot take.
const (
	maxFile         = 1 << 20
	maxInstructions = 9_900
	maxLine         = 63 << 10
	maxScript       = 126 << 10 // bytes of shell code in one RUN
	maxIgnore       = 250 << 10
)

// file is a Dockerfile alone.
func file(src string) map[string]string { return map[string]string{"Dockerfile": trimmed(src)} }

// trimmed cuts what is over a Dockerfile's limit off, in whole lines.
func trimmed(src string) string {
	if len(src) <= maxFile {
		return src
	}
	return src[:strings.LastIndexByte(src[:maxFile], '\n')+1]
}

// with adds a file.
func with(files map[string]string, path, text string) map[string]string {
	files[path] = text
	return files
}

// times repeats a text up to the size.
func times(text string, size int) string { return strings.Repeat(text, max(1, size/len(text))) }

// lines repeats a text that is so many instructions, up to the size and the most instructions of a file.
func lines(text string, instructions, size int) string {
	return strings.Repeat(text, max(1, min(size/len(text), maxInstructions/instructions)))
}

// each joins texts that are made of their numbers, up to the size.
func each(size int, text func(i int) string) string { return some(size, 1<<30, text) }

// some is each with at most so many texts.
func some(size, most int, text func(i int) string) string {
	var b strings.Builder
	for i := 0; i < most; i++ {
		t := text(i)
		if b.Len() > 0 && b.Len()+len(t) > size {
			break
		}
		b.WriteString(t)
	}
	return b.String()
}

// f formats a text for the numbers of each: every %d in it stands for the number.
func f(format string) func(i int) string {
	return func(i int) string { return strings.ReplaceAll(format, "%d", fmt.Sprint(i)) }
}

// shell is a Dockerfile whose one RUN has the script in a heredoc.
func shell(image, script string, size int) map[string]string {
	return file("FROM " + image + "\nRUN <<E\n" + times(script, min(size, maxScript)) + "\nE\n")
}

// bash is shell under bash.
func bash(script string) map[string]string {
	return file("FROM a\nSHELL [\"/bin/bash\",\"-c\"]\nRUN <<E\n" + script + "\nE\n")
}
