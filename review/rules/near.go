package rules

// nearest returns the one candidate that the word is most likely a slip of: one edit away in words
// of four letters and more, two in words of eight and more. It returns "" where there is none or
// where two are equally near.
func nearest(word string, candidates []string) string {
	most := 0
	switch n := len(word); {
	case n > 64:
		return ""
	case n >= 8:
		most = 2
	case n >= 4:
		most = 1
	}
	best, found := most+1, ""
	for _, c := range candidates {
		if len(c) < len(word)-most || len(c) > len(word)+most {
			continue
		}
		switch d := distance(word, c); {
		case d < best:
			best, found = d, c
		case d == best && c != found:
			found = ""
		}
	}
	return found
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
