package rules

import "github.com/dfbot/dfbot/review/dockerfile"

// eachKey calls f for each label of the file whose key is known.
func eachKey(file *dockerfile.File, f func(in *dockerfile.Instruction, pair dockerfile.Pair, key string)) {
	for _, in := range file.Instructions() {
		label := in.Inner()
		if label.Name != "LABEL" {
			continue
		}
		for _, pair := range label.Pairs {
			if key := keyOf(label, pair); key != "" {
				f(in, pair, key)
			}
		}
	}
}

// keySpan is the span of the key; of the whole pair where the key continues over a line's end.
func keySpan(file *dockerfile.File, pair dockerfile.Pair) dockerfile.Span {
	s := dockerfile.Span{Start: pair.Span.Start, End: pair.Span.Start + len(pair.Key)}
	if file.Text(s) != pair.Key {
		return pair.Span
	}
	return s
}

// keyOf is the label's key as the image has it; "" where it is not known. A variable that is
// never set is a mistake, and stays in.
func keyOf(label *dockerfile.Instruction, pair dockerfile.Pair) string {
	v := label.Expand(pair.Key)
	if v.Known {
		return v.Text
	}
	for _, name := range references(pair.Key, label.File().Escape) {
		if label.Defined(name) {
			return ""
		}
	}
	return pair.Key
}
