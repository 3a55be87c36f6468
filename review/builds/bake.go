package builds

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"go.yaml.in/yaml/v4"
)

// Bounds of bake files.
const (
	// maxOpeners is how many brackets a bake file may have: the parser recurses, and takes the square of what is open.
	maxOpeners = 2500
	maxMatrix  = 100 // targets that one target with a matrix stands for
	maxInherit = 16  // targets that inherit from each other in a row
)

// bakeFile is a bake file (https://docs.docker.com/build/bake/reference/), in either of its formats.
type bakeFile struct {
	*finder
	path      string
	variables map[string]expression
	targets   map[string]*bakeTarget
	names     []string // of the targets, in order
	grouped   map[string]bool
	inherited map[string]bool
	known     map[string]value // of variables that were worked out
}

// bakeTarget is the attributes of a target.
type bakeTarget struct {
	line  int
	attrs map[string]expression
}

// expression is worked out in a scope: the variables of a matrix, by name.
type expression func(b *bakeFile, scope map[string]value, depth int) value

// value is what an expression becomes: a text, a list or an object. The zero value is unknown.
type value struct {
	text  string
	known bool // it is a text
	list  []value
	keys  []key
	line  int
}

// key is a key of an object with its value.
type key struct {
	name  string
	value value
	line  int
}

func (v value) said() said { return said{text: v.text, known: v.known, line: v.line} }

func (v value) pairs() (all []Pair) {
	for _, k := range v.keys {
		all = append(all, Pair{k.name, k.value.text, k.value.known, k.line})
	}
	return all
}

// bake adds the builds of a bake file. One that is named as an override adds to the file without that word.
func (f *finder) bake(p string, src []byte) {
	b := &bakeFile{finder: f, path: p, variables: map[string]expression{}, targets: map[string]*bakeTarget{},
		grouped: map[string]bool{}, inherited: map[string]bool{}, known: map[string]value{}}
	if below := strings.Replace(p, ".override.", ".", 1); below != p {
		if under, ok := f.contents(below); ok && len(under) <= MaxSize {
			b.read(below, under)
			b.names = nil
			for _, t := range b.targets {
				for name, e := range t.attrs {
					t.attrs[name] = ofOtherFile(e)
				}
			}
		}
	}
	b.read(p, src)
	for _, name := range b.names {
		for _, inherited := range b.eval(b.targets[name].attrs["inherits"], nil, 0).list {
			b.inherited[inherited.text] = true
		}
	}
	for _, name := range b.names {
		if !b.inherited[name] || b.grouped[name] {
			b.target(name)
		}
	}
}

func (b *bakeFile) read(p string, src []byte) {
	openers := 0
	for _, c := range src {
		if c == '(' || c == '[' || c == '{' || c == '!' {
			openers++
		}
	}
	switch {
	case openers > maxOpeners:
		b.problem(p, "it has too many brackets and operators")
	case path.Ext(p) == ".json":
		b.json(p, src)
	default:
		b.hcl(p, src)
	}
}

// json reads a bake file in JSON, which is YAML too.
func (b *bakeFile) json(p string, src []byte) {
	root := b.load(p, src)
	for k, v := range b.pairs(b.get(root, "variable")) {
		b.variables[k.Value] = ofNode(b.get(v, "default"))
	}
	for _, v := range b.pairs(b.get(root, "group")) {
		b.group(ofNode(b.get(v, "targets")))
	}
	for k, v := range b.pairs(b.get(root, "target")) {
		t := b.declare(k.Value, k.Line)
		for name, attr := range b.pairs(v) {
			t.attrs[name.Value] = ofNode(attr)
		}
	}
}

// hcl reads a bake file in HCL.
func (b *bakeFile) hcl(p string, src []byte) {
	b.budget.Charge(200 * len(src))
	file, _ := hclsyntax.ParseConfig(src, p, hcl.InitialPos) // of a file with mistakes, the part that was read
	if file == nil {
		b.problem(p, "not valid HCL")
		return
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for name, attr := range body.Attributes {
		b.variables[name] = ofExpression(attr.Expr)
	}
	for _, block := range body.Blocks {
		if len(block.Labels) != 1 {
			continue
		}
		attrs := block.Body.Attributes
		switch block.Type {
		case "variable":
			if attr := attrs["default"]; attr != nil {
				b.variables[block.Labels[0]] = ofExpression(attr.Expr)
			}
		case "group":
			if attr := attrs["targets"]; attr != nil {
				b.group(ofExpression(attr.Expr))
			}
		case "target":
			t := b.declare(block.Labels[0], block.TypeRange.Start.Line)
			for name, attr := range attrs {
				t.attrs[name] = ofExpression(attr.Expr)
			}
		}
	}
}

func (b *bakeFile) group(targets expression) {
	for _, t := range b.eval(targets, nil, 0).list {
		b.grouped[t.text] = true
	}
}

// declare returns the target of that name. A later declaration adds to an earlier one.
func (b *bakeFile) declare(name string, line int) *bakeTarget {
	t := b.targets[name]
	if t == nil {
		t = &bakeTarget{attrs: map[string]expression{}}
		b.targets[name] = t
	}
	t.line = line
	if !slices.Contains(b.names, name) {
		b.budget.Charge(10 * len(b.names))
		b.names = append(b.names, name)
	}
	return t
}

// target adds the builds of a target, one for each combination of its matrix.
func (b *bakeFile) target(name string) {
	t := b.targets[name]
	for _, scope := range b.matrix(b.eval(t.attrs["matrix"], nil, 0)) {
		d := b.definition(name, scope, 0)
		d.name, d.origin = name, Origin{b.path, t.line, Bake}
		if own := b.eval(t.attrs["name"], scope, 0); own.known {
			d.name = own.text
		}
		if build, ok := b.runIn(d, true, "", folder(b.path)); ok {
			b.add(build)
		} else if build, ok := d.build(folder(b.path), true); ok && folder(b.path) == "" {
			b.add(build)
		}
	}
}

// matrix is the combinations of the values of a matrix.
func (b *bakeFile) matrix(m value) []map[string]value {
	all := []map[string]value{{}}
	for _, k := range m.keys {
		if len(all)*max(1, len(k.value.list)) > maxMatrix {
			b.problem(b.path, "a matrix has too many combinations")
			return nil
		}
		var next []map[string]value
		for _, scope := range all {
			for _, v := range k.value.list {
				with := map[string]value{k.name: v}
				for name, other := range scope {
					with[name] = other
				}
				next = append(next, with)
			}
		}
		all = next
	}
	return all
}

// definition is a target with what it inherits; of several that it inherits from, the last counts.
func (b *bakeFile) definition(name string, scope map[string]value, depth int) definition {
	t := b.targets[name]
	if t == nil || depth > maxInherit {
		return definition{}
	}
	b.budget.Charge(1000)
	attr := func(name string) value { return b.eval(t.attrs[name], scope, 0) }
	text := func(name string) said {
		if t.attrs[name] == nil {
			return said{}
		}
		s := attr(name).said()
		s.text = strings.TrimPrefix(s.text, "cwd://")
		if s.line == 0 {
			s.line = -1 // it has no place of its own
		}
		return s
	}
	d := definition{context: text("context"), dockerfile: text("dockerfile"), inline: text("dockerfile-inline"),
		target: text("target"), args: attr("args").pairs(), contexts: attr("contexts").pairs()}
	inherits := attr("inherits").list
	for i := len(inherits) - 1; i >= 0; i-- {
		d = d.over(b.definition(inherits[i].text, scope, depth+1))
	}
	return d
}

// eval works an expression out; nil is unknown.
func (b *bakeFile) eval(e expression, scope map[string]value, depth int) value {
	b.budget.Charge(50)
	if e == nil || depth > maxDepth {
		return value{}
	}
	return e(b, scope, depth+1)
}

// variable is the value of a name: of the matrix, or else the default of a variable.
func (b *bakeFile) variable(name string, scope map[string]value, depth int) value {
	if v, ok := scope[name]; ok {
		return v
	}
	if v, ok := b.known[name]; ok {
		return v
	}
	b.known[name] = value{} // while it is worked out, so that none is made of itself
	b.known[name] = b.eval(b.variables[name], nil, depth)
	return b.known[name]
}

// ofOtherFile is the expression with values that have no line in the file.
func ofOtherFile(e expression) expression {
	return func(b *bakeFile, scope map[string]value, depth int) value {
		v := e(b, scope, depth)
		v.line, v.keys = -1, slices.Clone(v.keys)
		for i := range v.keys {
			v.keys[i].line = 0
		}
		return v
	}
}

// ofNode is the expression of a value in JSON: its texts are templates.
func ofNode(n *yaml.Node) expression {
	return func(b *bakeFile, scope map[string]value, depth int) value {
		switch n := real(n); {
		case n == nil:
			return value{}
		case isMap(n):
			v := value{line: n.Line}
			for k, each := range b.pairs(n) {
				v.keys = append(v.keys, key{k.Value, b.eval(ofNode(each), scope, depth), k.Line})
			}
			return v
		case n.Kind == yaml.SequenceNode:
			v := value{line: n.Line}
			for each := range b.items(n) {
				v.list = append(v.list, b.eval(ofNode(each), scope, depth))
			}
			return v
		default:
			return b.template(scalar(n), scope, depth)
		}
	}
}

func (b *bakeFile) template(s said, scope map[string]value, depth int) value {
	if !strings.Contains(s.text, "${") && !strings.Contains(s.text, "%{") {
		return value{text: s.text, known: s.known, line: s.line}
	}
	b.budget.Charge(200 * len(s.text))
	e, problems := hclsyntax.ParseTemplate([]byte(s.text), b.path, hcl.InitialPos)
	if problems.HasErrors() {
		return value{line: s.line}
	}
	v := b.eval(ofExpression(e), scope, depth)
	v.line = s.line
	return v
}

// ofExpression is the expression of HCL as far as it is texts, lists, objects and the names of variables: the rest,
// such as calls of functions and loops, is unknown.
func ofExpression(e hclsyntax.Expression) expression {
	return func(b *bakeFile, scope map[string]value, depth int) value {
		line := e.StartRange().Start.Line
		v := value{line: line}
		switch e := e.(type) {
		case *hclsyntax.LiteralValueExpr:
			v.text, v.known = literal(e.Val)
		case *hclsyntax.TemplateExpr:
			v.text, v.known = b.join(e.Parts, scope, depth)
		case *hclsyntax.TemplateWrapExpr:
			v = b.eval(ofExpression(e.Wrapped), scope, depth)
		case *hclsyntax.ParenthesesExpr:
			v = b.eval(ofExpression(e.Expression), scope, depth)
		case *hclsyntax.ObjectConsKeyExpr:
			if v.text = hcl.ExprAsKeyword(e.Wrapped); v.text != "" {
				v.known = true
			} else {
				v = b.eval(ofExpression(e.Wrapped), scope, depth)
			}
		case *hclsyntax.ScopeTraversalExpr:
			v = b.traverse(e.Traversal, scope, depth)
		case *hclsyntax.TupleConsExpr:
			for _, each := range e.Exprs {
				v.list = append(v.list, b.eval(ofExpression(each), scope, depth))
			}
		case *hclsyntax.ObjectConsExpr:
			for _, item := range e.Items {
				name := b.eval(ofExpression(item.KeyExpr), scope, depth)
				if name.known {
					each := b.eval(ofExpression(item.ValueExpr), scope, depth)
					v.keys = append(v.keys, key{name.text, each, name.line})
				}
			}
		}
		v.line = line
		return v
	}
}

// literal is the text of a value without variables.
func literal(v cty.Value) (string, bool) {
	switch {
	case v.IsNull() || !v.IsKnown():
	case v.Type() == cty.String:
		return v.AsString(), true
	case v.Type() == cty.Bool:
		return strconv.FormatBool(v.True()), true
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('f', -1), true
	}
	return "", false
}

// join puts the parts of a template together.
func (b *bakeFile) join(parts []hclsyntax.Expression, scope map[string]value, depth int) (string, bool) {
	var out strings.Builder
	for _, part := range parts {
		v := b.eval(ofExpression(part), scope, depth)
		b.budget.Charge(len(v.text))
		if !v.known || out.Len()+len(v.text) > maxText {
			return "", false
		}
		out.WriteString(v.text)
	}
	return out.String(), true
}

// traverse is the value of NAME, of NAME.key, or of target.NAME.attribute.
func (b *bakeFile) traverse(t hcl.Traversal, scope map[string]value, depth int) value {
	var names []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		default:
			return value{}
		}
	}
	if len(names) == 3 && names[0] == "target" && b.targets[names[1]] != nil {
		return b.eval(b.targets[names[1]].attrs[names[2]], scope, depth)
	}
	v := b.variable(names[0], scope, depth)
	for _, name := range names[1:] {
		i := slices.IndexFunc(v.keys, func(k key) bool { return k.name == name })
		if i < 0 {
			return value{}
		}
		v = v.keys[i].value
	}
	return v
}
