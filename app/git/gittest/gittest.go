// Package gittest makes git repositories for tests. It is the one way for them to start git, and must never be used by
// the product.
package gittest

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"

	"github.com/dfbot/dfbot/app/git"
)

var identity = []string{"-c", "user.name=eve", "-c", "user.email=eve@x.example"}

// Run runs a command of git in the folder dir, as a person called eve, and returns what it prints.
func Run(dir string, stdin []byte, args ...string) ([]byte, error) {
	return git.Made(dir).Output(context.Background(), stdin, append(identity[:len(identity):len(identity)], args...)...)
}

// Script runs a shell script in the folder dir, which may start git as a person called eve.
func Script(dir, script string) error {
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir, cmd.Env = dir, append(git.Environ(), "GIT_AUTHOR_NAME=eve", "GIT_AUTHOR_EMAIL=eve@x.example",
		"GIT_COMMITTER_NAME=eve", "GIT_COMMITTER_EMAIL=eve@x.example")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, &out)
	}
	return nil
}
