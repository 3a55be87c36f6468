package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/sourcegraph/conc/pool"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/demo"
)

type demoCommand struct {
	Repo  string `type:"path" placeholder:"PATH" help:"Review two branches of this git repository; only reads it."`
	Base  string `placeholder:"BRANCH" help:"With --repo: the branch to merge into. Default: the default branch."`
	Head  string `placeholder:"BRANCH" help:"With --repo: the branch with the changes. Default: the current branch."`
	Once  bool   `help:"Print the review and exit: 0 if it is as expected, 1 if not."`
	Addr  string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"${help_addr}"`
	Open  bool   `help:"Open the page in the browser."`
	Color string `enum:"auto,always,never" default:"auto" help:"${help_color}"`
}

// demoHelp is the long help of flags, by the names that the struct tags use.
var demoHelp = kong.Vars{
	"help_addr": "Address to serve the page on; must be a loopback address. Port 0 picks a free port. Default: " +
		"127.0.0.1:0.",
}

// Help shows examples.
func (demoCommand) Help() string {
	return `Runs all of dfbot in one process: a stand-in for GitHub, the real bot, and a pull request with the usual
mistakes. No account, no network. The page shows the pull request as GitHub would: apply suggestions, reply, resolve,
press the buttons of the check run, or let the author of the sample push her next commits, and dfbot responds.

Examples:

    dfbot demo                               the sample, in the terminal and on a page
    dfbot demo --once                        the sample, in the terminal only
    dfbot demo --repo .                      the current branch, against the default branch
    dfbot demo --repo ~/src/shop --base main --head images

Your repository is only read: suggestions are committed to a temporary copy.`
}

// onceTimeout bounds the wait for a review with --once.
const onceTimeout = 5 * time.Minute

// Run shows the demo until it is interrupted, or once.
func (c *demoCommand) Run(ctx context.Context, s streams) error {
	if c.Repo == "" && (c.Base != "" || c.Head != "") {
		return errors.New("--base and --head need --repo")
	}
	var o demo.Options
	if c.Repo != "" {
		o.Own, o.Today = &demo.Own{Path: c.Repo, Base: c.Base, Head: c.Head}, today
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // to remove the temporary folder
	defer stop()
	w, err := demo.New(ctx, o)
	if err != nil {
		return err
	}
	defer w.Close()
	printer := demo.NewPrinter(w, s.out, colours(c.Color, s.out))
	if c.Once {
		return c.once(ctx, w, printer, s)
	}
	return c.serve(ctx, w, printer, s)
}

func (c *demoCommand) once(ctx context.Context, w *demo.World, printer *demo.Printer, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, onceTimeout)
	defer cancel()
	if err := show(ctx, w, printer); err != nil {
		return err
	}
	trouble, err := w.Trouble()
	if err != nil {
		return err
	}
	for _, t := range trouble {
		fmt.Fprintln(s.err, "dfbot:", t)
	}
	if len(trouble) > 0 {
		return exit(exitFindings)
	}
	return nil
}

// show opens the pull request and prints what happens until the review is done.
func show(ctx context.Context, w *demo.World, printer *demo.Printer) error {
	telling, stop := context.WithCancel(ctx)
	defer stop()
	p := pool.New().WithErrors()
	p.Go(func() error { return printer.Follow(telling) })
	p.Go(func() error {
		defer stop()
		if err := w.Open(); err != nil {
			return err
		}
		return w.Idle(ctx)
	})
	if err := p.Wait(); err != nil {
		return err
	}
	return printer.Print()
}

// serve shows the page until ctx ends.
func (c *demoCommand) serve(ctx context.Context, w *demo.World, printer *demo.Printer, s streams) error {
	page, err := demo.Listen(w, c.Addr)
	if err != nil {
		return err
	}
	defer page.Close()
	if err := show(ctx, w, printer); err != nil {
		return interrupted(ctx, err)
	}
	page.Start()
	fmt.Fprintf(s.out, "The pull request, as GitHub would show it: %s\n"+
		"Apply suggestions there, and dfbot responds. Press Ctrl-C to stop.\n\n", page.URL)
	if c.Open {
		if err := browse(ctx, page.URL); err != nil {
			fmt.Fprintln(s.err, "dfbot:", err)
		}
	}
	return printer.Follow(ctx)
}

// interrupted turns the error of Ctrl-C into a normal end.
func interrupted(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return err
}

// browse opens an address in the browser.
func browse(ctx context.Context, url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	if err := exec.CommandContext(ctx, name, args...).Run(); err != nil {
		return fmt.Errorf("open the page in the browser: %w", err)
	}
	return nil
}
