package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
)

// layoutRules are those that the files of TestOddLayouts are about: the ones with fixes for them, and then those that
// would take text for instructions or commands.
var layoutRules = []string{
	"add-local-file", "apt-lists-kept", "apt-recommends", "empty-continuation-line", "trailing-comment",
	"apt-assume-yes", "cd-in-run", "cd-unchecked", "copy-from-unknown", "relative-workdir", "several-cmd",
	"shell-form-command", "undefined-arg-in-from", "unpinned-package",
}

// TestOddLayouts: what real files do to bytes and lines is no trap for a fix. Each file gets all fixes of layoutRules;
// where nothing is `after`, it must stay as it is.
func TestOddLayouts(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"run.sh", "app.exe"}, Contents: map[string][]byte{}}
	for _, name := range layoutRules {
		if rules.ByName(name) == nil {
			t.Errorf("there is no rule %s", name)
		}
	}
	for _, c := range []struct{ name, before, after string }{
		{
			"a comment within a RUN that ends in a backslash",
			"FROM debian:12\nRUN apt-get update && \\\n    # the tools, see C:\\tools\\\n    apt-get install -y make " +
				"&& \\\n    apt-get clean\n",
			"FROM debian:12\nRUN apt-get update && \\\n    # the tools, see C:\\tools\\\n    apt-get install -y " +
				"--no-install-recommends make && \\\n    apt-get clean && \\\n    rm -rf /var/lib/apt/lists/*\n",
		},
		{
			"blanks after the backslash",
			"FROM debian:12\nRUN apt-get update && \\  \n    apt-get install -y make \\\t\n    gcc\n",
			"FROM debian:12\nRUN apt-get update && \\  \n    apt-get install -y --no-install-recommends make \\\t\n  " +
				"  gcc && \\\n    rm -rf /var/lib/apt/lists/*\n",
		},
		{
			"blank lines within a RUN",
			"FROM debian:12\nRUN apt-get update && \\\n\n    apt-get install -y make\n",
			"FROM debian:12\nRUN apt-get update && \\\n    apt-get install -y --no-install-recommends make && \\\n   " +
				" rm -rf /var/lib/apt/lists/*\n",
		},
		{
			"another escape character, CRLF and paths of Windows",
			"# escape=`\r\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\r\nADD app.exe C:\\app\\\r\nRUN setx " +
				"/M PATH `\r\n    \"%PATH%;C:\\app\\\"\r\nCMD [\"C:\\\\app\\\\app.exe\"]\r\n",
			"# escape=`\r\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\r\nCOPY app.exe C:\\app\\\r\nRUN setx " +
				"/M PATH `\r\n    \"%PATH%;C:\\app\\\"\r\nCMD [\"C:\\\\app\\\\app.exe\"]\r\n",
		},
		{
			"a byte order mark",
			"\ufeffFROM debian:12\nADD run.sh /usr/local/bin/\n",
			"\ufeffFROM debian:12\nCOPY run.sh /usr/local/bin/\n",
		},
		{
			"bytes that are no UTF-8",
			"FROM debian:12\n# \xb8\xb4\xd6\xc6\xbd\xc5\xb1\xbe\nADD run.sh /usr/local/bin/ # \xb8\xb4\n",
			"FROM debian:12\n# \xb8\xb4\xd6\xc6\xbd\xc5\xb1\xbe\n# \xb8\xb4\nCOPY run.sh /usr/local/bin/\n",
		},
		{
			"no-break spaces, which a shell takes for letters",
			"FROM debian:12\nRUN set -e; \\\n\u00a0\u00a0apt-get install make; \\\n\u00a0\u00a0cd /x\n",
			"",
		},
		{
			"heredocs that hold what looks like instructions and commands",
			"# syntax=docker/dockerfile:1\nFROM alpine:3.23\nCOPY <<'EOF' /etc/app.ini\nFROM debian\nRUN apt-get " +
				"install $tools\n[x]\nADD run.sh /\nEOF\nRUN cat <<EOF > /etc/app.conf\nserver { listen 80; } # " +
				"${http}\napt-get install make\nCMD x\nEOF\n",
			"",
		},
		{
			"a heredoc of a trigger",
			"# syntax=docker/dockerfile:1\nFROM debian:12\nONBUILD RUN <<EOF\nset -e\napt-get update\napt-get " +
				"install -y make\nEOF\n",
			"# syntax=docker/dockerfile:1\nFROM debian:12\nONBUILD RUN <<EOF\nset -e\napt-get update\napt-get " +
				"install -y --no-install-recommends make\nrm -rf /var/lib/apt/lists/*\nEOF\n",
		},
		{
			"stages whose names come from arguments",
			"ARG OS=linux\nARG LIBC=musl\nFROM alpine:3.23 AS base-linux\nFROM base-${OS} AS libc-musl\nFROM " +
				"libc-$LIBC AS tools\nFROM libc-${LIBC}\nCOPY --from=tools /x /x\n",
			"",
		},
		{
			"the package manager in a variable",
			"FROM debian:12\nRUN APT_INSTALL=\"apt-get install -y --no-install-recommends\" && \\\n    apt-get " +
				"update && \\\n    $APT_INSTALL make\n",
			"FROM debian:12\nRUN APT_INSTALL=\"apt-get install -y --no-install-recommends\" && \\\n    apt-get " +
				"update && \\\n    $APT_INSTALL make && \\\n    rm -rf /var/lib/apt/lists/*\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.after
			if want == "" {
				want = c.before
			}
			u := unitOf("Dockerfile", []byte(c.before), tree)
			u.Rules = slices.DeleteFunc(u.Rules,
				func(a analysis.Active) bool { return !slices.Contains(layoutRules, a.Rule.Name) })
			res := judged(u)
			if len(res.Unproved) > 0 {
				t.Errorf("unproved: %v", res.Unproved)
			}
			if after, _ := res.FixAll(analysis.Unsafe, nil); string(after) != want {
				t.Errorf("after all fixes:\n%q\nwant:\n%q", strings.SplitAfter(string(after), "\n"),
					strings.SplitAfter(want, "\n"))
			}
			for _, d := range res.Diagnostics {
				if c.after == "" && d.Severity >= analysis.Warning {
					t.Errorf("line %d: %s: %s", d.Place.Line, d.Rule.Name, d.Message)
				}
			}
		})
	}
}
