package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/verify"
)

type verifyCommand struct {
	Before   string            `arg:"" help:"A Dockerfile, or - for standard input."`
	After    string            `arg:"" help:"What became of it, or - for standard input."`
	Contract string            `enum:"graph,order,steps" default:"graph" help:"${help_verify_contract}"`
	Step     []int             `placeholder:"LINE" help:"${help_verify_step}"`
	Setting  []string          `placeholder:"NAME" help:"${help_verify_setting}"`
	BuildArg map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"A build argument. Can be repeated."`
	Format   string            `enum:"text,json" default:"text" help:"How to show the differences: text or json."`
}

// verifyHelp is the long help of flags, by the names that the struct tags use.
var verifyHelp = kong.Vars{
	"help_verify_contract": "What may differ: graph, nothing; order, only the order of steps; steps, only the steps " +
		"and settings that are named. Default: graph.",
	"help_verify_step": "The instruction that begins in this line of either file may differ. Needs --contract=steps. " +
		"Can be repeated.",
	"help_verify_setting": "This setting of the image may differ, such as User or Cmd, or * for all. Needs " +
		"--contract=steps. Can be repeated.",
}

// Help shows examples.
func (verifyCommand) Help() string {
	return `Tells whether two Dockerfiles build the same, without building anything: BuildKit's own code turns each into the
graph of steps that the daemon would run, and the graphs are compared, with the settings of the images. Use it on a
Dockerfile that a person, a tool or an agent has rewritten.

Every stage that can be built is compared: the last one, and those with a name that no other stage needs. Files of the
build context and base images are taken to be the same on both sides.

Examples:

    dfbot verify Dockerfile Dockerfile.new                     nothing may differ
    git show HEAD:Dockerfile | dfbot verify - Dockerfile       what you have changed since the last commit
    dfbot verify --contract order old new                      steps may come in another order
    dfbot verify --contract steps --step 12 --setting Cmd old new
                                                               only line 12 and the command may differ

Exit codes: 0 the contract is kept; 1 it is not; 2 trouble (wrong usage, an unreadable file, a Dockerfile that Docker
cannot build).`
}

// Validate is called by kong.
func (c *verifyCommand) Validate() error {
	switch {
	case c.Contract != "steps" && len(c.Step)+len(c.Setting) > 0:
		return fmt.Errorf("--step and --setting need --contract=steps")
	case c.Before == "-" && c.After == "-":
		return fmt.Errorf("only one of the two files can be standard input")
	}
	return nil
}

// Run compares and prints.
func (c *verifyCommand) Run(ctx context.Context, s streams) error {
	before, err := readDockerfile(c.Before, s.in)
	if err != nil {
		return err
	}
	after, err := readDockerfile(c.After, s.in)
	if err != nil {
		return err
	}
	checks := buildkit.New(buildkit.Options{})
	defer checks.Close()
	v := verify.Verifier{Checks: checks, Args: c.BuildArg}
	breaches, kept, err := v.Check(ctx, before, after, c.contract())
	if err != nil {
		return fmt.Errorf("compare %s with %s: %w", c.Before, c.After, err)
	}
	if c.Format == "json" {
		err = printVerdictJSON(s.out, breaches, kept)
	} else {
		err = printVerdict(s.out, breaches, kept)
	}
	if err != nil {
		return fmt.Errorf("print the differences: %w", err)
	}
	if len(breaches) > 0 {
		return exit(exitFindings)
	}
	return nil
}

// contract is what the flags say.
func (c *verifyCommand) contract() verify.Contract {
	kinds := map[string]verify.Kind{"graph": verify.SameGraph, "order": verify.SameSteps, "steps": verify.OtherSteps}
	named := func(line int) bool { return slices.Contains(c.Step, line) }
	return verify.Contract{Kind: kinds[c.Contract], Before: named, After: named, Settings: c.Setting}
}

func readDockerfile(name string, in io.Reader) (*dockerfile.File, error) {
	var src []byte
	var err error
	if name == "-" {
		src, err = io.ReadAll(io.LimitReader(in, dockerfile.MaxSize+1))
	} else {
		src, err = readUpTo(name, dockerfile.MaxSize+1)
	}
	if err != nil {
		return nil, err
	}
	if len(src) > dockerfile.MaxSize {
		return nil, fmt.Errorf("%s is larger than %d KiB, which dfbot does not read", name, dockerfile.MaxSize>>10)
	}
	f, err := dockerfile.Parse(name, src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// readUpTo reads so many bytes of a file at most.
func readUpTo(name string, bytes int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, bytes))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return src, nil
}

// printVerdict says it in words.
func printVerdict(w io.Writer, breaches []verify.Breach, kept verify.Kind) error {
	if len(breaches) == 0 {
		_, err := fmt.Fprintf(w, "proved: %s\n", kept)
		return err
	}
	for _, b := range breaches {
		if _, err := fmt.Fprintln(w, render.Visible(b.String())); err != nil {
			return err
		}
	}
	return nil
}

// verdict is the JSON form. Fields may be added; none goes or changes while the version is the same.
type verdict struct {
	Version     int          `json:"version"`
	Kept        bool         `json:"kept"`
	Proved      string       `json:"proved,omitempty"` // where it is kept: the narrowest contract that is
	Differences []difference `json:"differences"`
}

// difference is one thing against the contract.
type difference struct {
	Target  string   `json:"target,omitempty"`  // the stage that is built, where it is not the last one
	Change  string   `json:"change"`            // added, removed, changed, moved, setting; stage: it is gone
	Parts   []string `json:"parts,omitempty"`   // of a changed step
	Setting string   `json:"setting,omitempty"` // of the image
	Before  int      `json:"before,omitempty"`  // 1-based line of the instruction; none where it has none
	After   int      `json:"after,omitempty"`
	Text    string   `json:"text"`
}

func printVerdictJSON(w io.Writer, breaches []verify.Breach, kept verify.Kind) error {
	v := verdict{Version: 1, Kept: len(breaches) == 0, Differences: []difference{}}
	if v.Kept {
		v.Proved = kept.String()
	}
	for _, b := range breaches {
		d := difference{Target: b.Target, Change: "setting", Setting: b.Setting, Text: b.String()}
		if b.Gone {
			d.Change = "stage"
		}
		if ch := b.Change; ch != nil {
			d.Change, d.Parts = ch.Kind.String(), ch.Parts
			if ch.Before != nil {
				d.Before = ch.Before.First
			}
			if ch.After != nil {
				d.After = ch.After.First
			}
		}
		v.Differences = append(v.Differences, d)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
