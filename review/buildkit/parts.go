package buildkit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/moby/buildkit/solver/pb"
)

// partsOfExec are the parts of a RUN, by the names that people know.
func partsOfExec(op *pb.ExecOp) map[string]string {
	meta := op.Meta.CloneVT()
	args, env, user, cwd := meta.Args, meta.Env, meta.User, meta.Cwd
	meta.Args, meta.Env, meta.User, meta.Cwd = nil, nil, "", ""
	return map[string]string{
		"command": part(args), "variables": part(env), "user": part(user), "folder": part(cwd),
		"mounts": part(op.Mounts), "network": part([]any{op.Network, op.Security, meta}),
	}
}

// partsOfFile are the parts of a COPY, ADD or WORKDIR. Which of its inputs an action takes, the graph tells.
func partsOfFile(op *pb.FileOp) map[string]string {
	var from, to, owner, mode []any
	for _, a := range op.Actions {
		switch c, dir, file, link := a.GetCopy(), a.GetMkdir(), a.GetMkfile(), a.GetSymlink(); {
		case c != nil:
			plain := c.CloneVT()
			plain.Dest, plain.Owner, plain.Mode, plain.ModeStr = "", nil, 0, ""
			from, to = append(from, plain), append(to, c.Dest)
			owner, mode = append(owner, c.Owner), append(mode, c.Mode, c.ModeStr)
		case dir != nil:
			to = append(to, dir.Path, dir.MakeParents)
			owner, mode = append(owner, dir.Owner), append(mode, dir.Mode)
		case file != nil:
			from, to = append(from, file.Data), append(to, file.Path)
			owner, mode = append(owner, file.Owner), append(mode, file.Mode)
		case link != nil:
			from, to, owner = append(from, link.Oldpath), append(to, link.Newpath), append(owner, link.Owner)
		default:
			from = append(from, a)
		}
	}
	return map[string]string{"files": part(from), "destination": part(to), "owner": part(owner), "mode": part(mode)}
}

// part is a hash of what BuildKit's own types hold.
func part(v any) string {
	dt, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(dt)
	return hex.EncodeToString(sum[:8])
}
