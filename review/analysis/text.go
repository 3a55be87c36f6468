package analysis

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

// texts gives out the texts of a file's instructions without their layout. However many findings an instruction has,
// and however often the file is parsed again for a proof, equal texts are one in memory and known by their place there:
// comparing two costs nothing, and a finding holds no text of its own.
type texts struct {
	known map[string]*string // of all files that are made of one Unit
	of    map[*dockerfile.Instruction]*string
}

func (u Unit) texts() *texts {
	if u.known == nil {
		u.known = map[string]*string{}
	}
	return &texts{known: u.known, of: map[*dockerfile.Instruction]*string{}}
}

func (t *texts) text(in *dockerfile.Instruction) *string {
	if text := t.of[in]; text != nil {
		return text
	}
	in.File().Charge(2 * in.Span.Len())
	own := in.Name + " " + strings.Join(strings.Fields(in.Args.String()), " ")
	text := t.known[own]
	if text == nil {
		text = &own
		t.known[own] = text
	}
	t.of[in] = text
	return text
}

// number makes the fingerprints. Those that would be equal in one stage differ by their order. They include the stage's
// name, so fixing a mistake in one stage does not change the fingerprints in others.
func number(all []Diagnostic) {
	type mistake struct {
		rule        *Rule
		text        *string
		code, stage string
	}
	type seen struct {
		print hash.Hash // of all but the order
		times int
	}
	prints := map[mistake]*seen{}
	for i := range all {
		d := &all[i]
		m := mistake{d.Rule, d.text, d.Code, d.stage}
		s := prints[m]
		if s == nil {
			s = &seen{print: d.print()}
			prints[m] = s
		}
		d.Fingerprint = printed(s.print, s.times)
		s.times++
	}
}

// print hashes what stays the same when lines move. A fingerprint is published, so no credential is in it.
func (d *Diagnostic) print() hash.Hash {
	text := ""
	if d.text != nil {
		text = secrets.Masked(*d.text)
	}
	if d.Code != "" {
		text += "\x00" + d.Code
	}
	if d.stage != "" {
		text += "\x00AS " + d.stage
	}
	return begun(d.Rule, d.Path, text)
}

func begun(r *Rule, path, text string) hash.Hash {
	h := sha256.New()
	for _, part := range []string{r.Name, path, text} {
		io.WriteString(h, part)
		io.WriteString(h, "\x00")
	}
	return h
}

// printed is the fingerprint of the mistake that was hashed, as the one of this order.
func printed(h hash.Hash, order int) string {
	own, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // sha256 has a Clone without an error
	}
	io.WriteString(own, strconv.Itoa(order))
	return base64.RawURLEncoding.EncodeToString(own.Sum(nil)[:12])
}

// fingerprint is that of a mistake of the whole file.
func fingerprint(r *Rule, path, text string) string { return printed(begun(r, path, text), 0) }

// hashed is what a subject is known by: it may be a secret.
func hashed(subject string) string {
	if subject == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(subject))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
