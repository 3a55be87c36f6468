package review

import (
	"crypto/sha256"
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// Trace is what the marker of a comment keeps of a finding, to find it again at a later commit: the commit that was
// reviewed may not be there any more. Its hashes have 12 bits, are made of texts without credentials, and so say
// nothing that a reader could not see.
type Trace struct {
	Fingerprint string // of the diagnostic, as it was
	Rule, Code  string // "" in markers of earlier versions, which have fingerprints only
	Keyword     string // of its instruction; "" where it was in none
	Stage       hash12 // of the name of its stage
	Subject     hash12 // of the words of the pull request in its message
	Before      hash12 // of the instructions around its own
	After       hash12
	Words       []hash12 // of words of its instruction that tell it from others of its kind, the least; sorted
	Own         []hash12 // of those that are in the words that are wrong, where that is some of them; sorted

	Gone  string // SHA of the commit in which it was found to be gone, while others of its comment stayed; else ""
	Ended Ending // where it is gone: why
}

// bare reports whether no more than the fingerprint is known, and perhaps the rule.
func (t Trace) bare() bool { return t.Keyword == "" && t.Subject == 0 && len(t.Words) == 0 }

// hash12 is a hash of 12 bits, in text two characters of base64url; 0 is that of no text.
type hash12 uint16

func hashOf(text string) hash12 {
	if text == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(text))
	return max(hash12(binary.BigEndian.Uint16(sum[:])>>4), 1)
}

// maxWords is the most words that a trace keeps, maxOwn the most of those that are wrong. Those with the least hashes
// are the same ones in a text and in what an edit makes of it, so that shares of long texts still tell how similar they
// are.
const (
	maxWords = 24
	maxOwn   = 8
)

// tracesOf makes the traces of diagnostics of the result, in their order.
func tracesOf(res *analysis.Result, ds []analysis.Diagnostic) []Trace {
	all := make([]Trace, len(ds))
	for i, s := range res.Settings(ds) {
		d := ds[i]
		all[i] = Trace{Fingerprint: d.Fingerprint, Rule: d.Rule.Name, Code: d.Code, Keyword: s.Keyword,
			Stage: hashOf(strings.ToLower(s.Stage)), Subject: subject(d), Before: hashOf(s.Before),
			After: hashOf(s.After)}
		words := wordHashes(s.Text)
		all[i].Words, all[i].Own = words[:min(len(words), maxWords)], own(words, res.Unit.Src, d.Span)
		if d.Lacks != "" { // the instruction is only where it is shown
			all[i].Keyword, all[i].Words, all[i].Own = lacks, []hash12{hashOf(d.Lacks)}, nil
		}
	}
	return all
}

// lacks takes the place of the keyword where something is missing.
const lacks = "LACKS"

// subject is of the strings in the message, which everyone can read in the comment.
func subject(d analysis.Diagnostic) hash12 {
	var args []string
	for _, a := range d.Message.Args {
		if s, ok := a.(string); ok {
			args = append(args, s)
		}
	}
	return hashOf(strings.Join(args, "\x00"))
}

// tokens are what texts are compared by. A flag is not one.
var tokens = regexp.MustCompile(`[\p{L}\p{N}]+`)

// flag is a flag without its value.
var flag = regexp.MustCompile(`(^|\s)--?[A-Za-z][A-Za-z0-9-]*`)

// common are words that most instructions of a kind have, so that they tell none from others.
var common = wordSet(`apt get apk yum dnf microdnf zypper install update upgrade add del remove clean autoremove rm var lib lists cache pip pip3 python python3 m npm pnpm yarn ci go mod download build run cargo bundle gem composer
	sudo sh bash c set eux ex http https cd mkdir p echo and the true root usr local bin etc tmp`)

func wordSet(text string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(text) {
		all[w] = true
	}
	return all
}

// own are those of the words that are under the span: of a RUN with several commands, the words of one. Other words,
// such as masked ones, do not count.
func own(words []hash12, src []byte, at dockerfile.Span) []hash12 {
	if at.Len() == 0 || at.End > len(src) {
		return nil
	}
	all := slices.DeleteFunc(wordHashes(string(src[at.Start:at.End])), func(h hash12) bool {
		_, among := slices.BinarySearch(words, h)
		return !among
	})
	if len(all) == len(words) {
		return nil
	}
	return all[:min(len(all), maxOwn)]
}

// wordHashes are of the words of an instruction that tell it from others, sorted.
func wordHashes(text string) []hash12 {
	var all []hash12
	for _, w := range tokens.FindAllString(strings.ToLower(flag.ReplaceAllString(text, " ")), -1) {
		if !common[w] {
			all = append(all, hashOf(w))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// String is the trace as a marker has it: the fingerprint and, after colons, rule and code, keyword, the hashes of
// stage, subject and neighbours, those of the words, and those of its own; after a tilde, how it ended and where. One
// without a rule is a fingerprint alone. All of it is our own words, digits and letters of base64url.
func (t Trace) String() string {
	s := t.Fingerprint
	if t.Rule != "" {
		rule := t.Rule
		if t.Code != "" {
			rule += "/" + t.Code
		}
		s += ":" + rule + ":" + t.Keyword + ":" + printHashes(t.Stage, t.Subject, t.Before, t.After) + ":" +
			printHashes(t.Words...)
		if len(t.Own) > 0 {
			s += ":" + printHashes(t.Own...)
		}
	}
	if t.Gone != "" {
		s += "~" + strconv.Itoa(int(t.Ended)) + "-" + t.Gone
	}
	return s
}

func printHashes(all ...hash12) string {
	var b strings.Builder
	for _, h := range all {
		b.WriteByte(alphabet[h>>6&63])
		b.WriteByte(alphabet[h&63])
	}
	return b.String()
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

var trace = regexp.MustCompile(`^([A-Za-z0-9_-]{1,64})` +
	`(?::([a-z0-9-]{1,64})(?:/([A-Za-z0-9_.-]{1,64}))?:([A-Z]{0,16}):([A-Za-z0-9_-]{8}):([A-Za-z0-9_-]{0,48})` +
	`(?::([A-Za-z0-9_-]{2,16}))?)?` +
	`(?:~([0-9]{1,2})-([0-9a-f]{7,64}))?$`)

// parseTrace reads what String writes.
func parseTrace(s string) (Trace, bool) {
	m := trace.FindStringSubmatch(s)
	if m == nil {
		return Trace{}, false
	}
	t := Trace{Fingerprint: m[1], Rule: m[2], Code: m[3], Keyword: m[4], Words: readHashes(m[6]),
		Own: readHashes(m[7]), Gone: m[9]}
	if around := readHashes(m[5]); len(around) == 4 {
		t.Stage, t.Subject, t.Before, t.After = around[0], around[1], around[2], around[3]
	}
	if ended, err := strconv.Atoi(m[8]); err == nil {
		t.Ended = Ending(ended)
	}
	return t, true
}

// readHashes reads what printHashes writes, and forgives the rest.
func readHashes(s string) []hash12 {
	var all []hash12
	for ; len(s) >= 2; s = s[2:] {
		all = append(all, hash12(strings.IndexByte(alphabet, s[0]))<<6|hash12(strings.IndexByte(alphabet, s[1])))
	}
	return all
}

// printTraces lists traces as a marker has them.
func printTraces(all []Trace) string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = t.String()
	}
	return strings.Join(texts, ",")
}

// parseTraces reads what printTraces writes; nil where it is not that.
func parseTraces(list string) []Trace {
	var all []Trace
	for text := range strings.SplitSeq(list, ",") {
		t, ok := parseTrace(text)
		if !ok {
			return nil
		}
		all = append(all, t)
	}
	return all
}
