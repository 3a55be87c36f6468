package builds

import (
	"regexp"
	"strings"
)

// maxRecipes is how many lines of a Makefile are read that may build an image.
const maxRecipes = 200

// setting matches the setting of a variable in a Makefile.
var setting = regexp.MustCompile(
	`^(?:export\s+|override\s+)*([A-Za-z_][A-Za-z0-9_]*)\s*(\+=|\?=|:{0,3}=)\s*(.*?)\s*$`)

// ofMake matches a variable or a call of a function in a Makefile, without further ones in it.
var ofMake = regexp.MustCompile(`\$(?:\(([^()${}]*)\)|\{([^()${}]*)\}|([A-Za-z@<^?*+%]))`)

// recipe is one command line of a Makefile.
type recipe struct {
	text string
	line int
}

// makefile adds the builds of the recipes of a Makefile, which run in its folder. A file that others include may also
// be run from the root.
func (f *finder) makefile(p string, src []byte) {
	if !mayBuild(strings.ReplaceAll(strings.ReplaceAll(string(src), "$(DOCKER)", "docker"), "${DOCKER}", "docker")) {
		return
	}
	f.budget.Charge(100 * len(src))
	dirs := []string{folder(p)}
	if strings.HasSuffix(p, ".mk") {
		dirs = []string{"", folder(p)}
	}
	variables, recipes := readMakefile(string(src))
	n := 0
	for _, r := range recipes {
		text := f.expandMake(r.text, variables, 0)
		if !mayBuild(text) {
			continue
		}
		if n++; n > maxRecipes {
			f.problem(p, "it has too many recipes")
			return
		}
		f.commands(shellCode{text: text, origin: Origin{p, r.line, Makefile}, dirs: dirs})
	}
}

// readMakefile reads the variables that are set once, to a text, and the lines of the recipes.
func readMakefile(src string) (variables map[string]string, recipes []recipe) {
	variables = map[string]string{}
	lines := strings.Split(src, "\n")
	for i := 0; i < len(lines); i++ {
		first, text := i, strings.TrimSuffix(lines[i], "\r")
		for strings.HasSuffix(text, `\`) && i+1 < len(lines) {
			i++
			text += "\n" + strings.TrimSuffix(lines[i], "\r")
		}
		if command, ok := strings.CutPrefix(text, "\t"); ok {
			recipes = append(recipes, recipe{strings.TrimLeft(command, "@-+ "), first + 1})
			continue
		}
		if m := setting.FindStringSubmatch(strings.ReplaceAll(text, "\\\n", " ")); m != nil {
			value, _, _ := strings.Cut(m[3], " #")
			if _, again := variables[m[1]]; again || m[2] == "+=" {
				value = "$(DFBOT_UNKNOWN)"
			}
			variables[m[1]] = strings.TrimSpace(value)
		}
	}
	return variables, recipes
}

// expandMake replaces the variables of a Makefile. What is not known, such as the value of a function, becomes a
// variable of the shell that no one sets.
func (f *finder) expandMake(text string, variables map[string]string, depth int) string {
	f.budget.Charge(20 * len(text))
	if len(text) > maxText || depth > maxNested {
		return unknownVariable
	}
	text = strings.ReplaceAll(text, "$$", dollar)
	for range maxNested {
		before := text
		text = ofMake.ReplaceAllStringFunc(text, func(reference string) string {
			m := ofMake.FindStringSubmatch(reference)
			return f.valueOfMake(m[1]+m[2]+m[3], variables, depth)
		})
		if text == before || len(text) > maxText {
			break
		}
	}
	return strings.ReplaceAll(text, dollar, "$")
}

// dollar takes the place of a dollar sign that is the shell's, while those of make are replaced.
const dollar = "\x00"

// valueOfMake is the value of a variable, or what stands for one that is not known.
func (f *finder) valueOfMake(name string, variables map[string]string, depth int) string {
	value, ok := variables[name]
	switch {
	case ok:
		return f.expandMake(value, variables, depth+1)
	case name == "CURDIR", name == "PWD":
		return "."
	case name == "DOCKER":
		return "docker"
	}
	return dollar + unknownVariable[1:]
}
