package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// hostile makes files of about so many bytes that make work for rules: much of what they look for, in one place or all
// over the file.
var hostile = map[string]func(size int) string{
	"commands in one RUN": func(size int) string {
		return "FROM debian:12\nRUN " + many(size, "apt-get install a && ") +
			"true\n"
	},
	"folders in one RUN": func(size int) string { return "FROM debian:12\nRUN " + many(size, "cd x ; ") + "true\n" },
	"lines of a heredoc": func(size int) string {
		return "FROM a\nRUN <<E\n" + many(size, "apt-get install a\n") +
			"E\n"
	},
	"installs that fetch": func(size int) string {
		return "FROM debian:12\nRUN " + many(size, "apt-get install curl && ") + "curl https://x\n"
	},
	"RUNs": func(size int) string {
		return "FROM debian:12\n" +
			many(size, "RUN apt-get install -y a\n")
	},
	"users": func(size int) string {
		return "FROM debian:12\n" +
			many(size, "USER app\nRUN apt-get install x\n")
	},
	"commands of the image": func(size int) string { return "FROM a\n" + many(size, "CMD a $b\n") },
	"ports":                 func(size int) string { return "FROM a\nEXPOSE" + many(size, " \\\n x%d") + "\n" },
	"labels":                func(size int) string { return "FROM a\nLABEL" + many(size, " \\\n Foo_Bar.%d=x") + "\n" },
	"secrets": func(size int) string {
		return "FROM a\nENV" + many(size, " \\\n PASSWORD_%d=s3cr3t") +
			"\n"
	},
	"stages of stages": func(size int) string {
		return "FROM a AS s0\n" + chained(size, "FROM s%d AS s%d\nRUN apt-get install x\n")
	},
	"COPYs from stages": func(size int) string { return many(size, "FROM a AS s%d\nCOPY --from=s0 /x /y\n") },
	"directives": func(size int) string {
		return many(size/2, "FROM a\nRUN cd /x\n") + many(size/2, "# dfbot stage ignore=a\n") + "FROM a\n"
	},
	"variables": func(size int) string { return "FROM a\n" + many(size, "ENV A=$A%dx\n") },
	"archives": func(size int) string {
		return "FROM a\n" + many(size, "COPY a%[1]d.tgz /b/\nRUN tar xf /b/a%[1]d.tgz\n")
	},
	"owners": func(size int) string { return "FROM a\n" + many(size, "COPY a%[1]d /b%[1]d\nRUN chown x /b%[1]d\n") },
	"what is removed later": func(size int) string {
		return "FROM a\n" + many(size, "RUN curl -O http://x/%[1]d.tgz\nRUN rm %[1]d.tgz\n")
	},
	"folders of the image": func(size int) string {
		return "FROM debian:12\n" +
			many(size, "WORKDIR a\nRUN mkdir a\n")
	},
	"triggers":               func(size int) string { return "FROM a\n" + many(size, "ONBUILD RUN cd x\n") },
	"comments":               func(size int) string { return "FROM a\n" + many(size, "#\n") + "RUN b\n" },
	"RUNs that could be one": func(size int) string { return "FROM debian:12\n" + many(size, "RUN a\n") },
	"arguments of the file":  func(size int) string { return many(size, "ARG A%d=1\n") + "FROM a\n" },
	"downloads piped": func(size int) string {
		return "FROM debian:12\nRUN " + many(size, "curl x | sh && ") +
			"true\n"
	},
}

// many repeats the text, with its number in it, until it has the size.
func many(size int, text string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if strings.Contains(text, "%") {
			fmt.Fprintf(&b, text, i)
		} else {
			b.WriteString(text)
		}
	}
	return b.String()
}

// chained is many where each has the number of the one before as well.
func chained(size int, text string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, text, i, i+1)
	}
	return b.String()
}

// TestWorkGrowsWithTheFile: what the rules do, without proofs, grows with the file. Work is counted, so the figures are
// the same on every machine.
func TestWorkGrowsWithTheFile(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reads megabytes")
	}
	for name, file := range hostile {
		units := func(size int) int {
			u := unitOf("Dockerfile", []byte(file(size)), nil)
			u.Wants = analysis.NoFixes
			return judged(u).Unit.Budget.Used()
		}
		if once, fourfold := units(4<<10), units(16<<10); fourfold > 5*once {
			t.Errorf("%s: %d units for 4 KB, %d for 16 KB", name, once, fourfold)
		}
	}
}

// TestWorkIsBounded: whatever a file makes of the rules and of the proofs, it costs no more than the budget. What was
// not judged is said.
func TestWorkIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reads megabytes")
	}
	for name, file := range hostile {
		t.Run(name, func(t *testing.T) {
			res := judged(unitOf("Dockerfile", []byte(file(60<<10)), nil))
			res.Groups(res.Diagnostics[:min(200, len(res.Diagnostics))])
			if used := res.Unit.Budget.Used(); used > analysis.FileWork*11/10 {
				t.Errorf("%d units, the budget is %d", used, analysis.FileWork)
			}
			for _, c := range res.Crashed {
				t.Errorf("%s panics: %s", c.Rule.Name, c.Value)
			}
		})
	}
}
