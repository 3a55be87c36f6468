package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/verify"
)

// This file holds each suggestion to its contract, by BuildKit's graphs of the Dockerfile before and after.

// maxVerified is how many suggestions and patches of a pull request are compared; the others have the proof that every
// fix has, and no more is said of them.
const maxVerified = 40

// verify compares what the review suggests, and takes away the fixes that change more than they say.
func (r *reviewer) verify(ctx context.Context) {
	if r.app.docker == nil {
		return
	}
	v := &verify.Verifier{Checks: r.app.docker, Asker: &r.asker}
	for again := true; again && ctx.Err() == nil; {
		again = false
		for path, fix := range suggestions(r.said()) {
			if len(r.proofs) == maxVerified {
				return
			}
			if _, known := r.proofs[proofOf(path, fix)]; !known && !r.keeps(ctx, v, path, fix) {
				again = true
				break // the others may be merged in another way now
			}
		}
	}
}

// suggestions yields the fixes that the review shows, with their Dockerfiles.
func suggestions(said *review.Review) func(yield func(string, *analysis.CombinedFix) bool) {
	return func(yield func(string, *analysis.CombinedFix) bool) {
		for _, c := range said.Comments {
			if c.Fix != nil && !yield(c.Path, c.Fix) {
				return
			}
		}
		for _, u := range said.Updates {
			if c := u.Comment; c != nil && c.Fix != nil && !yield(c.Path, c.Fix) {
				return
			}
		}
		for _, d := range said.Diffs {
			for _, part := range d.Parts {
				if part.Fix != nil && !yield(d.Path, part.Fix) {
					return
				}
			}
		}
	}
}

// proof identifies a change of a file.
type proof [sha256.Size]byte

func proofOf(path string, fix *analysis.CombinedFix) proof {
	return sha256.Sum256(slices.Concat([]byte(path), []byte{0}, fix.After))
}

// keeps reports whether a fix keeps its contract, and notes what was proved. One that does not is taken away. Where
// BuildKit makes no graph, nothing was proved by it.
func (r *reviewer) keeps(ctx context.Context, v *verify.Verifier, path string, fix *analysis.CombinedFix) bool {
	i := slices.IndexFunc(r.results, func(res analysis.Result) bool { return res.Unit.Path == path })
	if i < 0 {
		return true
	}
	res := &r.results[i]
	budget := r.budget.Share(analysis.FileWork)
	var breaches []verify.Breach
	kind, err := verify.OtherSteps, error(nil)
	spent := budget.Within(budget.Left(), func() {
		var before, after *dockerfile.File
		if before, err = dockerfile.ParseWithin(budget, path, res.Unit.Src, res.Unit.Frontends...); err != nil {
			return
		}
		if after, err = dockerfile.ParseWithin(budget, path, fix.After, res.Unit.Frontends...); err != nil {
			return
		}
		breaches, kind, err = v.Check(ctx, before, after, verify.Of(before, after, fix))
	})
	if err = errors.Join(spent, err); err != nil || len(breaches) == 0 {
		r.note(proofOf(path, fix), kind.String(), err == nil)
		return true
	}
	var why []string
	for _, b := range breaches {
		why = append(why, b.String())
	}
	for _, d := range fix.Fixed {
		r.app.log.ErrorContext(ctx, "fix breaks its contract", slog.Any("", r.job), "rule", d.Rule.Name, "dockerfile",
			path, "line", d.Place.Line, "why", strings.Join(why, "; "))
		r.app.emit(Event{Kind: Unproved, Job: r.job, Rule: d.Rule.Name})
		for n := range res.Diagnostics {
			if res.Diagnostics[n].Fingerprint == d.Fingerprint {
				res.Diagnostics[n].Fix = nil
			}
		}
	}
	return false
}

// note keeps what was proved of a fix.
func (r *reviewer) note(p proof, what string, proved bool) {
	if r.proofs == nil {
		r.proofs = map[proof]string{}
	}
	r.proofs[p] = ""
	if proved {
		r.proofs[p] = what
	}
}

// proved is what was proved of a fix by the graphs; "" for nothing.
func (r *reviewer) proved(path string, fix *analysis.CombinedFix) string {
	return r.proofs[proofOf(path, fix)]
}
