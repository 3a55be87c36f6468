// Package spelling finds the name that a misspelled word was meant for. It never decides that a word is wrong, and its
// work has a bound: words and lists come from pull requests.
package spelling

import "strings"

// Limits of what is compared.
const (
	maxWord = 64 // bytes of a word
	maxMore = 2  // bytes that the other one may have more

	// MaxCandidates is the most words that one may be meant for; of more, only the last are tried.
	MaxCandidates = 2000
)

// Cost is what the comparison of two words costs, in units of work.
const Cost = 300

// Suggest returns the candidate that a person may have meant, for a hint: at most a third of the word differs, or one
// of the two is the other cut short, in whatever case. Of several that are as near the first counts; "" means none.
func Suggest(word string, candidates []string) string {
	if len(word) > maxWord {
		return ""
	}
	best, least := "", max(len(word)/3, 1)+1
	word = strings.ToLower(word)
	for _, c := range candidates {
		low := strings.ToLower(c)
		d := Distance(word, low)
		if min(len(word), len(low)) >= 3 && (strings.HasPrefix(word, low) || strings.HasPrefix(low, word)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// Slip returns the one candidate of which the word is almost certainly a slip, for a finding: one edit away from words
// of four letters and more, two from words of eight and more, in whatever case. It returns "" where there is none, and
// where two are equally near.
func Slip(word string, candidates []string) string {
	most := 0
	switch n := len(word); {
	case n >= 8:
		most = 2
	case n >= 4:
		most = 1
	}
	best, found := most+1, ""
	word = strings.ToLower(word)
	for _, c := range candidates[max(0, len(candidates)-MaxCandidates):] {
		if len(c) < len(word)-most || len(c) > len(word)+most {
			continue
		}
		switch d := Distance(word, strings.ToLower(c)); {
		case d < best:
			best, found = d, c
		case d == best && c != found:
			found = ""
		}
	}
	return found
}

// Distance counts the insertions, deletions, replacements and swaps of neighbors that turn a into b. Of words longer
// than 64 bytes it returns the length of the longer one.
func Distance(a, b string) int {
	if min(len(a), len(b)) > maxWord || max(len(a), len(b)) > maxWord+maxMore {
		return max(len(a), len(b))
	}
	var rows [3][maxWord + maxMore + 1]int
	before, last, row := rows[0][:len(b)+1], rows[1][:len(b)+1], rows[2][:len(b)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		fill(row, last, before, a[:i], b)
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// fill computes the distances from a to each beginning of b, given those from a without its last byte, and without its
// last two.
func fill(row, last, before []int, a, b string) {
	i := len(a)
	row[0] = i
	for j := 1; j <= len(b); j++ {
		switch {
		case a[i-1] == b[j-1]:
			row[j] = last[j-1]
		case i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1]:
			row[j] = 1 + min(last[j], row[j-1], last[j-1], before[j-2])
		default:
			row[j] = 1 + min(last[j], row[j-1], last[j-1])
		}
	}
}
