// Package layers knows what a change runs again. It takes a build as BuildKit's own graph of steps, gives each step the
// cache key that BuildKit would give it over the files of a repository, and compares two such builds: what stays
// cached, what runs again, and because of which file.
//
// The keys are those of BuildKit v0.34 (CacheMap in solver/llbsolver/ops, and cache/contenthash). What only running a
// step can tell is not guessed: the answer is then Maybe. It must never read a file or make the graph itself; see
// review/buildkit.
package layers

// Graph is what BuildKit makes of a Dockerfile for one target and one platform.
type Graph struct {
	Steps []Step // each after those that it takes; the last is the result
	// Image is the configuration of the image as JSON, without its history and the time at which it was made.
	Image []byte
	// Stopped is why BuildKit makes no graph; there is nothing else then.
	Stopped     string
	StoppedLine int // 1-based; 0 where BuildKit names none
}

// MainContext is the Folder of the build context, which is not a named one.
const MainContext = "context"

// Kind is what a step does.
type Kind uint8

// The kinds of steps.
const (
	Source  Kind = iota // an image, or what a URL names
	Context             // the build context, or a named context that is a folder
	Exec                // RUN
	File                // COPY, ADD, WORKDIR and the text of a heredoc
	Merge               // COPY --link, put upon what is below
	Other
)

// Step is one vertex of the graph.
type Step struct {
	Name  string // as BuildKit shows it, such as "[build 2/5] RUN npm ci"
	Stage string // as the name has it; "" for what belongs to no stage
	// First and Last are the 1-based lines of the instruction; 0 where it comes from none.
	First, Last int
	Kind        Kind
	// Own identifies what the step does by itself, whatever it does that to.
	Own string
	// Does is that in parts, by what they are called, each as a hash; of a RUN or COPY.
	Does   map[string]string
	Inputs []Input
	// Digest is that of the step's definition, which holds all below it and no names.
	Digest string

	Command  string   // what an Exec starts, or the script of it
	From     string   // what a Source names
	Folder   string   // the name of a Context
	Excludes []string // of a Context: the patterns of its ignore file
}

// Input is a step that another one takes.
type Input struct {
	Step int
	// Content says that what counts is what the input gives, and of that only what is taken. Otherwise the input's own
	// key counts.
	Content bool
	Takes   []Selector // none: all
}

// Selector is what a step takes of an input.
type Selector struct {
	Path     string // absolute in the input
	Wildcard bool   // Path is a pattern, as path.Match knows them
	Follow   bool   // a symlink at Path stands for what it leads to
	Include  []string
	Exclude  []string
}

// filters reports whether the selector takes less than a whole file or folder.
func (s Selector) filters() bool { return len(s.Include)+len(s.Exclude) > 0 }

// inline reports whether the step only makes the file of a heredoc, for a COPY to take.
func (s *Step) inline() bool { return s.Kind == File && s.First == 0 && len(s.Inputs) == 0 }

// Instructions are the numbers of the steps that an instruction of the Dockerfile makes and that take another step, in
// the order in which they are in the graph. For these BuildKit reports whether they came from the cache.
func (g *Graph) Instructions() (all []int) {
	for i, s := range g.Steps {
		if s.First > 0 && len(s.Inputs) > 0 {
			all = append(all, i)
		}
	}
	return all
}
