package builds

import (
	"bytes"
	"iter"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// maxDepth is the most nested collections of a YAML file.
const maxDepth = 64

// load parses a YAML file; nil where it is not one. Aliases are not expanded: every value that is looked at is charged.
func (f *finder) load(p string, src []byte) *yaml.Node {
	f.budget.Charge(100 * len(src))
	loader, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithPlugin(loaderlimits.New(
		loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		f.problem(p, "not valid YAML")
		return nil
	}
	var n yaml.Node
	if err := loader.Load(&n); err != nil {
		f.problem(p, "not valid YAML")
		return nil
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n.Content[0]
}

// real is the node itself, or the one that it is an alias of.
func real(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// pairs goes over the keys of a mapping with their values, those that merge keys (<<) bring last.
func (f *finder) pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(k, v *yaml.Node) bool) { f.eachPair(n, map[string]bool{}, yield) }
}

func (f *finder) eachPair(n *yaml.Node, seen map[string]bool, yield func(k, v *yaml.Node) bool) bool {
	f.budget.Charge(80)
	if n = real(n); n == nil || n.Kind != yaml.MappingNode {
		return true
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], real(n.Content[i+1])
		f.budget.Charge(20)
		switch {
		case k.Value == "<<" && k.Style == 0 && v.Kind == yaml.SequenceNode:
			merged = append(merged, v.Content...)
		case k.Value == "<<" && k.Style == 0:
			merged = append(merged, v)
		case seen[k.Value]:
		default:
			seen[k.Value] = true
			if !yield(k, v) {
				return false
			}
		}
	}
	for _, m := range merged {
		if !f.eachPair(m, seen, yield) {
			return false
		}
	}
	return true
}

// get returns the value of a key, nil where it is not there.
func (f *finder) get(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var found *yaml.Node
		for k, v := range f.pairs(n) {
			if k.Value == key {
				found = v
				break
			}
		}
		if n = found; n == nil {
			return nil
		}
	}
	return n
}

// items goes over a list; a single value counts as a list of one.
func (f *finder) items(n *yaml.Node) iter.Seq[*yaml.Node] {
	return func(yield func(*yaml.Node) bool) {
		switch n = real(n); {
		case n == nil:
		case n.Kind == yaml.SequenceNode:
			for _, item := range n.Content {
				f.budget.Charge(20)
				if !yield(real(item)) {
					return
				}
			}
		default:
			yield(n)
		}
	}
}

// scalar is the text of a node; not there for a missing one, null, and anything but a text or number.
func scalar(n *yaml.Node) said {
	if n = real(n); n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return said{}
	}
	return said{text: n.Value, known: true, line: n.Line, block: n.Style&yaml.LiteralStyle != 0}
}

// isMap reports whether the node is a mapping.
func isMap(n *yaml.Node) bool { n = real(n); return n != nil && n.Kind == yaml.MappingNode }
