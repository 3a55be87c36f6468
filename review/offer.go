package review

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/invisible"
)

// Offer is what one button on the check run commits: the proved fixes of the review's findings, made together. Only
// Dockerfiles change; lines for other files are not proved, so no button writes them.
type Offer struct {
	Least analysis.Applicability // of its fixes: Safe, or Unsafe for all
	Files []Applied              // by path, at least one
}

// Applied is a Dockerfile as it is with its fixes.
type Applied struct {
	Path   string
	Before []byte
	After  []byte
	Fixed  []analysis.Diagnostic // at least one
}

// Offers are the buttons of the review: one for the safe fixes, and one for all where there are others too. The results
// are those that the review is made of. Fixes of findings that a person has dismissed or ignores by a command are
// left out, and those that a reader could not see in full. Each Dockerfile costs a proof for an offer, or one for each
// fix if they do not fit together.
func Offers(r *Review, results []analysis.Result) []Offer {
	var all []Offer
	for _, least := range []analysis.Applicability{analysis.Safe, analysis.Unsafe} {
		o := offer(r, results, least, nil)
		if len(o.Files) > 0 && (len(all) == 0 || o.digest() != all[0].digest()) {
			all = append(all, o)
		}
	}
	return all
}

// Wanted is what a command commits: the safe fixes, or all fixes of the rules that it names. It has no files if there
// are no such fixes.
func Wanted(r *Review, results []analysis.Result, rules []string) Offer {
	if len(rules) == 0 {
		return offer(r, results, analysis.Safe, rules)
	}
	return offer(r, results, analysis.Unsafe, rules)
}

// Suggested is all proved fixes of the review's findings, whether there are buttons or not.
func Suggested(r *Review, results []analysis.Result) Offer {
	return offer(r, results, analysis.Unsafe, nil)
}

// offer makes the fixes of the rules, or of all rules if none is named.
func offer(r *Review, results []analysis.Result, least analysis.Applicability, rules []string) Offer {
	o := Offer{Least: least}
	for i := range results {
		res := &results[i]
		of := slices.DeleteFunc(r.applicable(res.Unit.Path, least), func(d analysis.Diagnostic) bool {
			return len(rules) > 0 && !slices.ContainsFunc(rules, d.Goes)
		})
		if fix := res.Combine(of); fix != nil {
			o.Files = append(o.Files, Applied{res.Unit.Path, res.Unit.Src, fix.After, fix.Fixed})
		}
	}
	slices.SortFunc(o.Files, func(x, y Applied) int { return strings.Compare(x.Path, y.Path) })
	return o
}

// workflows is the folder in which GitHub lets no App write without a permission of its own.
const workflows = ".github/workflows/"

// applicable are the findings of a file whose fixes a button may commit.
func (r *Review) applicable(path string, least analysis.Applicability) []analysis.Diagnostic {
	if strings.HasPrefix(strings.ToLower(path), workflows) {
		return nil
	}
	var all []analysis.Diagnostic
	for _, f := range r.Findings {
		d := f.Diagnostic
		unwanted := f.Where == InDismissed || f.Where == InCommand
		if d.Path == path && !unwanted && d.Fixable(least) && visible(d.Fix.Edits) {
			all = append(all, d)
		}
	}
	return all
}

// visible reports whether a reader could see in full what the edits put in.
func visible(edits []analysis.Edit) bool {
	size := 0
	for _, e := range edits {
		size += len(e.New)
		text := strings.ReplaceAll(e.New, "\r\n", "\n")
		if invisible.In(text) || strings.ContainsFunc(text, unshowable) {
			return false
		}
	}
	return size <= maxSuggestion
}

// Fixes counts the fixes of an offer, and those of them that are unsafe.
func (o Offer) Fixes() (n, unsafe int) {
	for _, f := range o.Files {
		n += len(f.Fixed)
		for _, d := range f.Fixed {
			if d.Fix.Applicability < analysis.Safe {
				unsafe++
			}
		}
	}
	return n, unsafe
}

// Button names the offer, as safe-0123456789ab: which fixes, and a digest of what they make of which files. A button
// that is pressed later commits what it said when it was shown, or nothing.
func (o Offer) Button() string {
	if o.Least == analysis.Safe {
		return "safe-" + o.digest()
	}
	return "all-" + o.digest()
}

func (o Offer) digest() string {
	var text bytes.Buffer
	for _, f := range o.Files {
		for _, part := range [][]byte{[]byte(f.Path), f.Before, f.After} {
			text.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			text.Write(part)
		}
	}
	sum := sha256.Sum256(text.Bytes())
	return hex.EncodeToString(sum[:6])
}
