// Package contract says what an image is at run time, as far as its Dockerfile says so: what starts, as whom and where,
// with which variables, ports, volumes, signals and labels; and what of that another version of the Dockerfile changes.
// It must never guess: of what the base image sets, it knows the user where that is certain. It never gives away the
// value of a secret.
package contract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

// Change is one difference between two versions of an image. All strings but the keyword with which Setting begins come
// from the pull request.
type Change struct {
	Stage         string // the target of a build; "" for the image of a build without a target
	Setting       string // the keyword of the instruction, and for ENV and LABEL the name after it
	Before, After Value
}

// Value is what a setting is.
type Value struct {
	Text string // "" where the Dockerfile sets nothing
	Base bool   // where it sets nothing: the base image may
}

// settings are in the order in which they are listed.
var settings = []string{"FROM", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "HEALTHCHECK", "STOPSIGNAL", "EXPOSE", "VOLUME",
	"ENV", "LABEL"}

// Compare returns what differs between the images of two versions of a Dockerfile: of the final stage, and of each
// stage with a name that nothing is built on and nothing is copied from, if both versions have it.
func Compare(before, after *dockerfile.File) []Change {
	all := diff("", of(before.Final()), of(after.Final()))
	ends := map[string]*dockerfile.Stage{}
	for _, s := range targets(before) {
		ends[strings.ToLower(s.Name)] = s
	}
	for _, s := range targets(after) {
		if was := ends[strings.ToLower(s.Name)]; was != nil {
			all = append(all, diff(s.Name, of(was), of(s))...)
		}
	}
	return all
}

// targets lists the stages with a name, but for the final one, that no other stage uses.
func targets(f *dockerfile.File) []*dockerfile.Stage {
	used := map[*dockerfile.Stage]bool{f.Final(): true}
	for _, s := range f.Stages() {
		used[s.Parent] = true
		for _, in := range s.Instructions() {
			for _, ref := range in.Refs() {
				used[ref.Stage()] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(f.Stages()),
		func(s *dockerfile.Stage) bool { return used[s] || s.Name == "" })
}

// diff lists the settings with different values.
func diff(stage string, before, after image) []Change {
	names := maps.Clone(before.set)
	maps.Copy(names, after.set)
	var all []Change
	for name := range names {
		was, is := before.value(name), after.value(name)
		if was.Text == is.Text && was.Base == is.Base ||
			name == "FROM" && (was.Text == "" || is.Text == "") { // a kind of system that is unknown is no other
			continue
		}
		all = append(all, Change{stage, name, was, is})
	}
	slices.SortFunc(all, func(x, y Change) int {
		if n := order(x) - order(y); n != 0 {
			return n
		}
		return strings.Compare(x.Setting, y.Setting)
	})
	return all
}

func order(c Change) int {
	keyword, _, _ := strings.Cut(c.Setting, " ")
	return slices.Index(settings, keyword)
}

// image is what a stage makes.
type image struct {
	set  map[string]string // settings by name: those that the Dockerfile makes, and the kind of system it is built on
	base dockerfile.Value  // the name of the base image
}

// value is the setting, bounded. An ENTRYPOINT takes away the CMD of the base image.
func (i image) value(name string) Value {
	if text := i.set[name]; text != "" || name == "FROM" {
		return Value{Text: bounded(text)}
	}
	ref := baseimage.Parse(i.base.Text)
	keyword, variable, _ := strings.Cut(name, " ")
	switch {
	case name == "CMD" && i.set["ENTRYPOINT"] != "":
		return Value{}
	case !i.base.Known:
		return Value{Base: true}
	case name == "USER":
		user, known := ref.User()
		return Value{Text: user, Base: !known}
	case keyword == "ENV":
		sets, known := ref.Sets(variable)
		return Value{Base: sets || !known}
	case keyword == "CMD", keyword == "LABEL":
		return Value{Base: ref.Family() != baseimage.Scratch}
	}
	return Value{Base: ref.Family() != baseimage.Scratch && !ref.Bare()}
}

// of looks at the image that a stage makes.
func of(s *dockerfile.Stage) image {
	out := map[string]string{"FROM": family(s)}
	for _, name := range []string{"USER", "STOPSIGNAL"} {
		if in := s.Last(name); in != nil {
			out[name] = expanded(in, in.Args.String())
		}
	}
	if in := s.Last("WORKDIR"); in != nil {
		if out["WORKDIR"] = in.Resolve(in.Workdir(), in.Args.String()); !strings.HasPrefix(out["WORKDIR"], "/") {
			out["WORKDIR"] = in.Args.String()
		}
	}
	start(out, s)
	lists := map[string][]string{}
	lineage := s.Lineage()
	slices.Reverse(lineage)
	for _, stage := range lineage {
		for _, in := range stage.Instructions() {
			gather(out, lists, in)
		}
	}
	for name, all := range lists {
		slices.Sort(all)
		out[name] = strings.Join(slices.Compact(all), " ")
	}
	return image{out, s.Root().Image}
}

// family names the kind of system that the stage is built on.
func family(s *dockerfile.Stage) string {
	if image := s.Root().Image; image.Known {
		return families[baseimage.Parse(image.Text).Family()]
	}
	return ""
}

var families = map[baseimage.Family]string{
	baseimage.Scratch: "scratch", baseimage.Distroless: "distroless", baseimage.BusyBox: "BusyBox",
	baseimage.Debian: "Debian", baseimage.Ubuntu: "Ubuntu", baseimage.Alpine: "Alpine", baseimage.RedHat: "Red Hat",
	baseimage.SUSE: "SUSE", baseimage.Arch: "Arch", baseimage.Wolfi: "Wolfi", baseimage.Windows: "Windows",
}

// start notes what the image starts and how its health is looked at. An ENTRYPOINT takes the CMD away that a stage
// below its own sets.
func start(out map[string]string, s *dockerfile.Stage) {
	entrypoint, cmd := s.Last("ENTRYPOINT"), s.Last("CMD")
	if entrypoint != nil && cmd != nil && entrypoint.Stage != cmd.Stage && entrypoint.Stage.BuiltOn(cmd.Stage) {
		cmd = nil
	}
	for _, in := range []*dockerfile.Instruction{entrypoint, cmd, s.Last("HEALTHCHECK")} {
		if in != nil {
			out[in.Name] = command(in)
		}
	}
}

// command is a command as it is written, in exec form as JSON.
func command(in *dockerfile.Instruction) string {
	switch {
	case in.Name == "HEALTHCHECK":
		return healthcheck(in)
	case !in.JSON:
		return strings.Join(strings.Fields(in.Args.String()), " ")
	}
	words := make([]string, len(in.Words))
	for i, w := range in.Words {
		words[i] = w.Text
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(words) // strings cannot fail
	return strings.ReplaceAll(strings.TrimSpace(b.String()), `","`, `", "`)
}

// healthcheck is a HEALTHCHECK with its flags. Its type is the first of its words, and not among its arguments.
func healthcheck(in *dockerfile.Instruction) string {
	var words []string
	for _, f := range in.Flags {
		words = append(words, in.File().Text(f.Span))
	}
	words = append(words, in.Words[0].Text)
	return strings.Join(append(words, strings.Fields(in.Args.String())...), " ")
}

// gather notes what an instruction adds to the settings, and to those that are lists.
func gather(out map[string]string, lists map[string][]string, in *dockerfile.Instruction) {
	switch in.Name {
	case "ENV", "LABEL":
		for _, p := range in.Pairs {
			value := expanded(in, p.Value)
			if secrets.Name(p.Key) && !secrets.Harmless(value) {
				value = "(not shown)"
			}
			out[in.Name+" "+p.Key] = quoted(value)
		}
	case "EXPOSE", "VOLUME":
		for _, w := range in.Words {
			lists[in.Name] = append(lists[in.Name], expanded(in, w.Text))
		}
	}
}

// quoted makes an empty value visible.
func quoted(value string) string {
	if value == "" {
		return `""`
	}
	return value
}

// expanded is the text with its variables, or as it is written if their values are not known.
func expanded(in *dockerfile.Instruction, text string) string {
	if v := in.Expand(text); v.Known {
		return v.Text
	}
	return text
}

// most is the most bytes of a value that are kept.
const most = 200

// bounded cuts a long value off.
func bounded(value string) string {
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "…"
}
