package dockerfile

import (
	"slices"
	"strconv"
	"strings"
)

// Mount is what one --mount of a RUN says. The builder puts variables into all of it but From; the fields hold them as
// written.
type Mount struct {
	Flag   *Flag
	Type   string // bind, which is the default, cache, tmpfs, secret or ssh, in small letters
	Source string
	Target string
	From   Ref // the stage, image or named context that it takes files from; nameless for the build context
}

// Mounts lists the mounts of a RUN, or of the RUN that an ONBUILD holds.
func (in *Instruction) Mounts() []Mount {
	in = in.Inner()
	if in.Name != "RUN" {
		return nil
	}
	in.file.Work.Charge(len(in.Flags))
	var all []Mount
	for i := range in.Flags {
		if in.Flags[i].Name == "mount" {
			all = append(all, in.file.mount(&in.Flags[i]))
		}
	}
	return all
}

// mount reads a --mount as BuildKit does: of a key that is given twice the last one counts.
func (f *File) mount(flag *Flag) Mount {
	f.Work.Charge(len(flag.Value))
	m := Mount{Flag: flag, Type: "bind"}
	for _, field := range csvFields(flag.Value) {
		key, value, _ := strings.Cut(field.text, "=")
		switch strings.ToLower(key) {
		case "type":
			m.Type = strings.ToLower(value)
		case "source", "src":
			m.Source = value
		case "target", "dst", "destination":
			m.Target = value
		case "from":
			at := len("--mount=") + field.at + len("from=")
			m.From = f.ref(flag, at, value)
		}
	}
	return m
}

// field is one field of a line of comma-separated values.
type field struct {
	text string
	at   int // where its text begins in the line
}

// HasMount reports whether the RUN, or the one that an ONBUILD holds, has a mount of one of the types.
func (in *Instruction) HasMount(types ...string) bool {
	return slices.ContainsFunc(in.Mounts(), func(m Mount) bool { return slices.Contains(types, m.Type) })
}

// csvFields splits a line as encoding/csv does: a field in double quotes may hold commas, and two quotes mean one.
func csvFields(line string) []field {
	var all []field
	for at := 0; at <= len(line); at++ {
		if !strings.HasPrefix(line[at:], `"`) {
			n := strings.IndexByte(line[at:], ',')
			if n < 0 {
				n = len(line) - at
			}
			all = append(all, field{line[at : at+n], at})
			at += n
			continue
		}
		end := at + 1
		for end < len(line) && (line[end] != '"' || strings.HasPrefix(line[end+1:], `"`)) {
			if line[end] == '"' {
				end++
			}
			end++
		}
		all = append(all, field{strings.ReplaceAll(line[at+1:min(end, len(line))], `""`, `"`), at + 1})
		at = min(end+1, len(line))
	}
	return all
}

// inFlag is the place in the file of the bytes i to j of a flag, which are counted in the flag without its quotes and
// escapes. It is empty where quotes or escapes are between them.
func (f *File) inFlag(flag *Flag, i, j int) Span {
	var at []int // for each byte of the value where it is in the text
	_, end := flagWord(flag.text.s, 0, f.Escape, &at)
	if at = append(at, end); i >= j || j >= len(at) || at[j-1]-at[i] != j-1-i {
		return Span{}
	}
	return flag.text.Span(at[i], at[j-1]+1)
}

// Ref is a name by which an instruction takes files from somewhere else than the build context: that of COPY --from, or
// of from= in a mount. The builder puts no variable into it: it refuses a COPY that has one there, and a mount that has
// one does not parse.
type Ref struct {
	Name  string // of a stage, an image or a named context; of a COPY also a stage's number
	Span  Span   // of the name in the file, without quotes around it; empty where quotes or escapes are inside it
	Flag  *Flag
	Mount bool // it is that of a mount

	file *File
}

// Refs lists the names by which the instruction, or the one that an ONBUILD holds, takes files from stages, images or
// named contexts.
func (in *Instruction) Refs() []Ref {
	in = in.Inner()
	var all []Ref
	for _, m := range in.Mounts() {
		if m.From.Name != "" {
			all = append(all, m.From)
		}
	}
	if flag := in.Flag("from"); in.Name == "COPY" && flag != nil && flag.Value != "" {
		all = append(all, in.file.ref(flag, len("--from="), flag.Value))
	}
	return all
}

// ref is the name that begins at the offset in the flag, counted without the flag's quotes and escapes.
func (f *File) ref(flag *Flag, at int, name string) Ref {
	return Ref{Name: name, Span: f.inFlag(flag, at, at+len(name)), Flag: flag, Mount: flag.Name == "mount", file: f}
}

// Number returns the stage's number that the name is: COPY counts stages from 0. It is false for any other name, and
// for that of a mount, to which a number is the name of an image.
func (r Ref) Number() (int, bool) {
	n, err := strconv.Atoi(r.Name)
	return n, err == nil && !r.Mount
}

// Stage returns the stage that the name means, of several with that name the last one; nil where it is not a stage. The
// builder stops where that is not above the instruction. The trigger of an ONBUILD means a stage of the file that is
// built on the image, which only that file knows.
func (r Ref) Stage() *Stage {
	if all := r.file.named[folded(r.Name)]; len(all) > 0 {
		return r.file.stages[all[len(all)-1]]
	}
	if n, ok := r.Number(); ok && n >= 0 && n < len(r.file.stages) {
		return r.file.stages[n]
	}
	return nil
}
