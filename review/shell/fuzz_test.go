package shell_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// FuzzRead holds that a command line loses no literal word when it is read: each is the subcommand, a flag, the value
// of one, an operand, or the -- that ends the flags.
func FuzzRead(f *testing.F) {
	for _, code := range []string{
		"apt-get -qqy -o a=b install -t stable curl -- -x", "tar -xzf a.tgz -C /b", "npm --prefix web ci --only prod",
		"curl -fsSLo- -H 'a: b' x | sudo -u root bash -s -- -y", "python3 -m pip install -rreq.txt 'a>1' \"\"",
		"useradd -ms /bin/sh -u100000 x", "gem install a -v 1 --no-document",
		"X=-y; apt-get install $X \"$Y\" -$Z --a$Z",
		"env -i A=b nice -n 3 go build -o=/x ./... -", "dnf --setopt=a -=x in -y",
	} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		file, err := dockerfile.Parse("Dockerfile", []byte("FROM a\nENV Y=\"a -b\" Z=q\nRUN "+code+"\n"))
		if err != nil {
			return
		}
		for _, in := range file.Instructions() {
			for _, c := range shell.Commands(in) {
				keepsWords(t, c, shell.Read(in, c))
				for _, program := range []string{"", "apt-get", "npm", "pip", "gem", "sudo", "tar", "wget"} {
					keepsWords(t, c, shell.ReadAs(in, c, ecosystem.SpecOf(program)))
				}
			}
		}
	})
}

func keepsWords(t *testing.T, c *dockerfile.Command, call shell.Call) {
	t.Helper()
	of := map[int]string{call.Sub.At: call.Sub.Text}
	for _, w := range call.Operands {
		of[w.At] = w.Text
	}
	for _, f := range call.Flags {
		of[f.Word.At] = f.Word.Text
		if f.Valued && f.Value.At != f.Word.At {
			of[f.Value.At] = f.Value.Text
		}
		if f.Valued && f.Word.Literal && f.Value.At == f.Word.At && !strings.HasSuffix(f.Word.Text, f.Value.Text) {
			t.Errorf("%q: %s has the value %q", f.Word.Text, f.Name, f.Value.Text)
		}
	}
	for i := call.First + 1; i < len(c.Words); i++ {
		w := c.Words[i]
		if text, ok := of[i]; w.Literal && w.Text != "--" && (!ok || text != w.Text) {
			t.Errorf("word %d of %s, %q, is read as %q", i, c.Name, w.Text, text)
		}
	}
}
