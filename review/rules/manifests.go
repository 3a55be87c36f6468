package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// manifestFolder returns the folder of the context from which the install's own manifest has come.
func (c *install) manifestFolder(ctx *buildcontext.Context) (folder, bool) {
	if c.unclear || c.in.HasMount("bind") {
		return folder{}, false
	}
	for _, m := range c.manager.Manifests {
		if !m.Required {
			continue
		}
		at, ok := ctx.Brought(c.in, dockerfile.Join(c.dir, m.Name))
		return folder{ctx: ctx, dir: path.Dir(at)}, ok
	}
	return folder{}, false
}

// by lists what makes the install one of these dependencies: the folder in which it works, and the COPYs that bring its manifests there.
func (c *install) by(ctx *buildcontext.Context) []*dockerfile.Instruction {
	all := c.in.WorkdirBy()
	for _, m := range c.manager.Manifests {
		if in := ctx.BroughtBy(c.in, dockerfile.Join(c.dir, m.Name)); in != nil {
			all = append(all, in)
		}
	}
	for _, file := range c.files {
		if in := ctx.BroughtBy(c.in, file); in != nil {
			all = append(all, in)
		}
	}
	return all
}

// subcommandWord is the word of the install that says install or ci; nil for a bare call.
func (c *install) subcommandWord() *dockerfile.ShellWord {
	if c.sub.Text == "" || !c.sub.Literal {
		return nil
	}
	return &c.sub.ShellWord
}
