package rules

import (
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/secrets"
)

// ends is where the files and settings of a stage end up.
type ends uint8

const (
	inCache  ends = iota // of the builder: the stage is not part of the final image
	inImage              // in the final image's settings, history or files
	inOthers             // in what is built from this image: it is in an ONBUILD
)

// endOf returns where the values that the instruction sets end up in a build without --target.
func endOf(in *dockerfile.Instruction) ends {
	if in.Trigger != nil {
		return inOthers
	}
	if in.Stage.Ships() {
		return inImage
	}
	return inCache
}

// passesOn says how to give a build a secret that it needs.
const passesOn = "Mount it where it is needed (`RUN --mount=type=secret`) and build with `docker build --secret`, " +
	"so that no layer keeps it."

// described names the token, with the part of it that may be shown.
func described(t secrets.Token) (format string, args []any) {
	if t.Shown == "" {
		return t.What, nil
	}
	return t.What + " (%s)", []any{t.Shown}
}

// withdraw says what to do about a credential that is in the repository.
const withdraw = "The repository keeps it too, so revoke it. " + passesOn

// assigned is the variable with its value, through other variables where they hold a secret: another value is another
// mistake.
func assigned(in *dockerfile.Instruction, pair dockerfile.Pair) string {
	if v := in.Expand(pair.Value); v.Known && v.Text != "" && !secrets.Harmless(v.Text) {
		return pair.Key + "=" + v.Text
	}
	return pair.Key + "=" + pair.Value
}
