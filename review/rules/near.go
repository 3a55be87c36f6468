package rules

// nearest returns the one candidate that the word is most likely a slip of: one edit away in words
// of four letters and more, two in words of eight and more. It returns "" where there is none or
// where two are equally near.
func nearest(word string, candidates []string) string {
	most := 0
	switch n := len(word); {
	case n > maxWord:
		return ""
	case n >= 8:
		most = 2
	case n >= 4:
		most = 1
	}
	best, found := most+1, ""
	for _, c := range candidates[max(0, len(candidates)-maxCandidates):] {
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

// maxCandidates is the most words that one may be a slip of; of more, only the last are tried.
const maxCandidates = 2000

// maxWord is the most bytes of a word that is compared with others.
const maxWord = 64

// nearCost is what the comparison of two words costs, in units of work.
const nearCost = 300

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b, which may have two
// bytes more than maxWord.
func distance(a, b string) int {
	var rows [3][maxWord + 3]int // nearest takes words that are two bytes longer at most
	before, last, row := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
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
