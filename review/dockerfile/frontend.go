package dockerfile

import (
	"regexp"
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// readSyntax notes the frontend that the file asks for, in any of the forms in which BuildKit takes that. The
// frontend decides what is built: the error says that it is not known to be Docker's, so that nothing here is
// known to hold for the file.
//
// An ARG or ENV named BUILDKIT_SYNTAX asks for nothing: BuildKit heeds that name among the arguments of the build only.
func (f *File) readSyntax() error {
	syntax, _, at, ok := parser.DetectSyntax(f.Src)
	if !ok {
		return nil
	}
	f.Syntax = syntax
	image := frontendImage.FindStringSubmatch(syntax)
	if image != nil && (dockerFrontend.MatchString(image[1]) || slices.Contains(f.frontends, image[1])) {
		return nil
	}
	line := max(at[0].Start.Line, 1)
	return &Error{Line: line, EndLine: line, Foreign: true, Frontend: syntax,
		Message: "written for the frontend " + syntax + ", which is neither Docker's own nor named in files.frontends"}
}

var (
	// frontendImage is the reference of an image: its name, then perhaps a tag and a digest.
	frontendImage = regexp.MustCompile(`^([a-z0-9.:/_-]*?[a-z0-9])(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`)

	// dockerFrontend is the name of one of Docker's own frontends on Docker Hub, of any channel. In another
	// registry the same name may hold anything.
	dockerFrontend = regexp.MustCompile(`^(?:(?:index\.)?docker\.io/)?docker/dockerfile(?:-[a-z0-9-]+)?$`)
)
