// Command dfbot reviews Dockerfiles: as a GitHub App on pull requests, and on the command line
// on local files. It holds flags, exit codes and the wiring of the packages; what dfbot knows of
// Dockerfiles is in review, and what it says on GitHub in checks and app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/review/buildkit"
)

// Exit codes of every command.
const (
	exitClean    = 0
	exitFindings = 1
	exitTrouble  = 2 // wrong usage, files that cannot be read, a broken configuration
)

// exit is an error that only sets the exit code: all has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// streams are the program's surroundings.
type streams struct {
	in       io.Reader
	out, err *os.File
}

type commands struct {
	Demo    demoCommand      `cmd:"" help:"Watch dfbot review a pull request, without an account or a network."`
	Review  reviewCommand    `cmd:"" help:"Review local Dockerfiles."`
	Serve   serveCommand     `cmd:"" help:"Serve as a GitHub App: take webhooks, review pull requests."`
	Rules   rulesCommand     `cmd:"" help:"List the rules, or print the page of one."`
	Version versionCommand   `cmd:"" help:"Print the version."`
	V       kong.VersionFlag `name:"version" help:"Print the version."`
}

const description = `dfbot finds what makes images slow to build, large, unsafe or wrong, and proves each fix before it shows it.

Review the Dockerfiles of this repository: dfbot review`

func main() {
	buildkit.Child() // returns, unless this process was started for it
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run runs the command that the arguments name and returns the exit code. Signals are left alone:
// a command that has something to finish takes them itself, the others are ended by them.
func run(ctx context.Context, args []string, s streams) int {
	parser := kong.Must(&commands{}, kong.Name("dfbot"), kong.Description(description),
		kong.Vars{"version": version()}, kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return fail(s, fmt.Errorf("%w; see dfbot --help", err))
	}
	return fail(s, k.Run())
}

// fail tells the error and returns its exit code.
func fail(s streams, err error) int {
	var code exit
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &code):
		return int(code)
	}
	lines := strings.Split(err.Error(), "\n")
	for i := range lines {
		lines[i] = render.Visible(lines[i]) // it may hold what git, or a file, says
	}
	fmt.Fprintln(s.err, "dfbot:", strings.Join(lines, "\n"))
	return exitTrouble
}
