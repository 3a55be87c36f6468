package dockerfile

// Span is a half-open range [Start, End) of bytes in a File's Src.
type Span struct{ Start, End int }

// Len is the number of bytes that the span covers.
func (s Span) Len() int { return s.End - s.Start }

// Contains reports whether t lies wholly inside s.
func (s Span) Contains(t Span) bool { return s.Start <= t.Start && t.End <= s.End }

// Overlaps reports whether s and t share a byte.
func (s Span) Overlaps(t Span) bool { return s.Start < t.End && t.Start < s.End }

// Text is what BuildKit makes of several source lines: continuation characters, comments and
// empty lines left out, the rest joined. It remembers the place of each byte in the file.
type Text struct {
	s    string
	segs []segment // ascending in both fields
}

// segment says that the bytes from at on are those of the file from src on.
type segment struct{ at, src int }

// String returns the joined text.
func (t Text) String() string { return t.s }

// Pos returns the offset in the file of the byte at offset i; for i == len(t.String()), the
// offset just after the last byte.
func (t Text) Pos(i int) int {
	if i > 0 && i == len(t.s) {
		return t.Pos(i-1) + 1
	}
	if len(t.segs) == 0 {
		return 0
	}
	n := t.segment(i)
	return t.segs[n].src + i - t.segs[n].at
}

// segment returns the index of the segment that holds offset i, by bisection: this is the inmost
// loop of the parser, where a call of sort.Search costs as much as the rest.
func (t Text) segment(i int) int {
	lo, hi := 0, len(t.segs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; t.segs[mid].at > i {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// Span returns the bytes of the file from the i-th byte of the text up to the j-th. Comments and
// line breaks between the two are inside.
func (t Text) Span(i, j int) Span {
	start := t.Pos(i)
	if j <= i {
		return Span{start, start}
	}
	return Span{start, t.Pos(j-1) + 1}
}

// slice returns the part [i, j) of the text, with its places.
func (t Text) slice(i, j int) Text {
	out := Text{s: t.s[i:j]}
	if i == j {
		out.segs = []segment{{0, t.Pos(i)}}
		return out
	}
	first := t.segment(i)
	out.segs = append(out.segs, segment{0, t.segs[first].src + i - t.segs[first].at})
	for _, s := range t.segs[first+1:] {
		if s.at >= j {
			break
		}
		out.segs = append(out.segs, segment{s.at - i, s.src})
	}
	return out
}

// builder gathers a Text from runs of source bytes.
type builder struct {
	buf  []byte
	segs []segment
}

// add appends src[start:end].
func (b *builder) add(src []byte, start, end int) {
	if start >= end {
		return
	}
	b.segs = append(b.segs, segment{len(b.buf), start})
	b.buf = append(b.buf, src[start:end]...)
}

func (b *builder) text() Text { return Text{s: string(b.buf), segs: b.segs} }
