// Command dfbot reviews Dockerfiles: as a GitHub App on pull requests, and on the command line on local files. It
// holds flags, exit codes and the wiring of the packages. It must never know anything about Dockerfiles, which is in
// review, or word what dfbot says on GitHub, which is in checks and app.
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
	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/buildkit"
)

// Exit codes of every command.
const (
	exitClean    = 0
	exitFindings = 1
	exitTrouble  = 2 // wrong usage, unreadable files, a broken configuration
)

// exit is an error that only sets the exit code: everything has been printed.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// streams are where the program reads and writes.
type streams struct {
	in       io.Reader
	out, err *os.File
}

type commands struct {
	Demo    demoCommand      `cmd:"" help:"Watch dfbot review a pull request. Needs no account and no network."`
	Review  reviewCommand    `cmd:"" help:"Review local Dockerfiles."`
	Layers  layersCommand    `cmd:"" help:"Tell which steps of a build a change runs again."`
	History historyCommand   `cmd:"" help:"Count how often each step of each build would have run again."`
	Verify  verifyCommand    `cmd:"" help:"Tell whether two Dockerfiles build the same."`
	Serve   serveCommand     `cmd:"" help:"Run as a GitHub App: receive webhooks and review pull requests."`
	Rules   rulesCommand     `cmd:"" help:"List the rules, or print the page of one rule."`
	Version versionCommand   `cmd:"" help:"Print the version."`
	V       kong.VersionFlag `name:"version" help:"Print the version."`
}

// commonHelp is the help of flags that several commands have.
var commonHelp = kong.Vars{
	"help_color": "Use colours: auto (on terminals, unless NO_COLOR is set), always or never.",
}

const description = `dfbot finds what makes images slow to build, large, unsafe or wrong, and proves each fix before it shows
it.

Review the Dockerfiles of this repository: dfbot review`

func main() {
	buildkit.Child() // returns, unless this process was started for it
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run runs the command that the arguments name and returns the exit code. It handles no signals: a command that has
// something to finish handles them itself, and they end the others.
func run(ctx context.Context, args []string, s streams) int {
	parser := kong.Must(&commands{}, kong.Name("dfbot"), kong.Description(description),
		kong.Vars{"version": version()}, commonHelp, demoHelp, reviewHelp, layersHelp, historyHelp, verifyHelp,
		serveHelp, kong.Vars(config.ServerHelp), kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return fail(s, fmt.Errorf("%w; see dfbot %s--help", err, commandOf(err)))
	}
	return fail(s, k.Run())
}

// commandOf is the command that the arguments of a parse error name, and a space; "" where they name none.
func commandOf(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil || parse.Context.Selected() == nil {
		return ""
	}
	return parse.Context.Selected().Name + " "
}

// fail prints the error and returns its exit code.
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
		lines[i] = render.Visible(lines[i]) // it may contain text from git or from a file
	}
	fmt.Fprintln(s.err, "dfbot:", strings.Join(lines, "\n"))
	return exitTrouble
}
