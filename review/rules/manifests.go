package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// brought returns the file of the context that stands at abs, a path as Workdir gives it, when the
// RUN begins: a COPY or ADD of its stage, or of one that it is built from, has brought it there.
func brought(ctx *buildcontext.Context, run *dockerfile.Instruction, abs string) (string, bool) {
	if run.Stage == nil || !ctx.Known() {
		return "", false
	}
	before := run.Stage.Before(run)
	for i := len(before) - 1; i >= 0; i-- {
		in := before[i]
		if in.Name != "COPY" && in.Name != "ADD" || len(in.Words) < 2 {
			continue
		}
		if at, ok := provides(ctx, in, in.Resolve(in.Workdir(), in.Words[len(in.Words)-1].Text), abs); ok {
			return at, true
		}
	}
	return "", false
}

// manifestFolder returns the folder of the context from which the install's own manifest has come.
func (c *install) manifestFolder(ctx *buildcontext.Context) (folder, bool) {
	if c.unclear || mounts(c.in, "bind") {
		return folder{}, false
	}
	for _, m := range c.manager.Manifests {
		if !m.Required {
			continue
		}
		at, ok := brought(ctx, c.in, dockerfile.Join(c.dir, m.Name))
		return folder{ctx: ctx, dir: path.Dir(at)}, ok
	}
	return folder{}, false
}

// subcommandWord is the word of the install that says install or ci; nil for a bare call.
func (c *install) subcommandWord() *dockerfile.ShellWord {
	return subcommand(c.step.cmd, c.manager.Valued...)
}

// rootImage is the image that the stage, or the first of those that it is built from, begins with.
func rootImage(s *dockerfile.Stage) (baseimage.Ref, bool) {
	for s.Parent != nil {
		s = s.Parent
	}
	return baseimage.Parse(s.Image.Text), s.Image.Known && s.Image.Text != ""
}
