package shell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// apt is what Read must know of apt-get for these tests.
var apt = ecosystem.Spec{Valued: []string{"-o", "--option", "-t"}, Bundles: true, Sub: true}

// TestRead shows how a call is read: subcommand | flags | operands, and what is unknown. A value comes after a colon,
// a word that is not known is ?.
func TestRead(t *testing.T) {
	for src, want := range map[string]string{
		"apt-get install -y curl git":              "install | -y | curl git",
		"apt-get -y install curl":                  "install | -y | curl",
		"apt-get install curl -y":                  "install | -y | curl",
		"apt-get install -qy curl":                 "install | -q -y | curl",
		"apt-get install -q=2 curl":                "install | -q:2 | curl",
		"apt-get install --yes=true curl":          "install | --yes:true | curl",
		"apt-get -o Acquire::Retries=3 update":     "update | -o:Acquire::Retries=3 |",
		"apt-get -oAcquire::Retries=3 update":      "update | -o:Acquire::Retries=3 |",
		"apt-get -qo Acquire::Retries=3 update":    "update | -q -o:Acquire::Retries=3 |",
		"apt-get --option=A=b update":              "update | --option:A=b |",
		"apt-get install -t bookworm curl":         "install | -t:bookworm | curl",
		"apt-get install -y -- -odd curl":          "install | -y | -odd curl",
		"apt-get install - curl":                   "install | | - curl",
		"apt-get":                                  "| |",
		"apt-get install -no-recommends ed":        "install | -n -o:-recommends | ed",
		"apt-get install -f-y ed":                  "install | -f-y | ed",
		"apt-get install '-y' \"curl\"":            "install | -y | curl",
		"apt-get install cu\\rl":                   "install | | curl",
		"/usr/bin/apt-get install curl":            "install | | curl",
		"sudo -E apt-get install -y curl":          "install | -y | curl",
		"env DEBIAN_FRONTEND=x apt-get install ed": "install | | ed",
		"DEBIAN_FRONTEND=x apt-get install ed":     "install | | ed",
		"nice -n 5 apt-get install ed":             "install | | ed",
		"apt-get install curl 2>/dev/null":         "install | | curl",
		"apt-get -t":                               "| -t |",

		// What is not known is said, and never taken for a flag or a subcommand.
		"apt-get install $PACKAGES":       "install | | ? unknown",
		"apt-get install \"$PACKAGES\"":   "install | | ? unknown",
		"apt-get install $APT_OPTS curl":  "install | | ? curl unknown open",
		"apt-get install $(cat list) ed":  "install | | ? ed unknown open",
		"apt-get install `cat list`":      "install | | ? unknown open",
		"apt-get install \"$(cat list)\"": "install | | ? unknown",
		"apt-get install \"${LIST[@]}\"":  "install | | ? unknown open",
		"apt-get install $@":              "install | | ? unknown open",
		"apt-get $VERB curl":              "curl | | unknown",
		"apt-get -t $SUITE install ed":    "install | -t:? | ed unknown",
		"apt-get -t=$SUITE install ed":    "install | -t:? | ed unknown",
		"apt-get --option=$X update":      "update | --option:? | unknown",
		"apt-get -o$X update":             "update | -o:? | unknown",
		"apt-get -$X install ed":          "install | | ed unknown",
		"apt-get install curl=$VERSION":   "install | | ? unknown",
		"apt-get install {curl,git}":      "install | | {curl,git}",
		"apt-get install python3*":        "install | | python3*",
		"apt-get install '$PACKAGES'":     "install | | $PACKAGES",
	} {
		if got := read(t, "RUN "+src, apt); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

// TestReadVariables shows that a variable which the Dockerfile or the code sets is what the shell makes of it.
func TestReadVariables(t *testing.T) {
	for src, want := range map[string]string{
		"ENV YES=-y\nRUN apt-get install $YES curl":                      "install | -y | curl",
		"ENV YES=\"-y\"\nRUN apt-get install ${YES} curl":                "install | -y | curl",
		"ARG YES=-y\nRUN apt-get install $YES curl":                      "install | -y | curl",
		"ARG YES\nRUN apt-get install $YES curl":                         "install | | ? curl unknown",
		"ENV A=\"-y curl\"\nRUN apt-get install $A":                      "install | -y | curl",
		"ENV A=\"-y curl\"\nRUN apt-get install \"$A\"":                  "install | -y curl |",
		"ENV A=\"curl git\"\nRUN apt-get install -y $A":                  "install | -y | curl git",
		"ENV A=\"curl git\"\nRUN apt-get install lib$A-dev":              "install | | libcurl git-dev",
		"ENV A=\" curl \"\nRUN apt-get install lib$A-dev":                "install | -d -e -v | lib curl",
		"ENV A=\nRUN apt-get install $A curl":                            "install | | curl",
		"ENV A=\nRUN apt-get install \"$A\" curl":                        "install | |  curl",
		"ENV V=1.2\nRUN apt-get install curl=$V":                         "install | | curl=1.2",
		"ENV V=install\nRUN apt-get $V curl":                             "install | | curl",
		"ENV A=\"-t sid\"\nRUN apt-get install $A curl":                  "install | -t:sid | curl",
		"ENV A=x\nRUN apt-get install ${B:-y} ${A:+z}":                   "install | | ? z unknown",
		"RUN YES=-y; apt-get install $YES curl":                          "install | -y | curl",
		"RUN YES=-y && apt-get install $YES curl":                        "install | -y | curl",
		"RUN export YES=-y && apt-get install $YES curl":                 "install | -y | curl",
		"RUN A=\"-y curl\"; apt-get install $A":                          "install | -y | curl",
		"RUN A=curl B=\"$A git\"; apt-get install $B":                    "install | | curl git",
		"RUN A=curl; B=\"$A git\"; apt-get install $B":                   "install | | curl git",
		"ENV YES=-y\nRUN YES=; apt-get install $YES curl":                "install | | curl",
		"ENV YES=-y\nRUN unset YES; apt-get install $YES curl":           "install | | ? curl unknown",
		"RUN YES=-y apt-get install $YES curl":                           "install | | ? curl unknown",
		"RUN apt-get install $YES curl; YES=-y":                          "install | | ? curl unknown open",
		"RUN if id; then YES=-y; fi; apt-get install $YES ed":            "install | | ? ed unknown open",
		"RUN if id; then A=git; fi; apt-get install $A ed":               "install | | ? ed unknown",
		"RUN A=curl; A=git; apt-get install $A":                          "install | | ? unknown",
		"RUN A=curl; A+=' git'; apt-get install $A":                      "install | | ? unknown",
		"RUN read A; apt-get install $A":                                 "install | | ? unknown",
		"RUN for p in curl git; do apt-get install $p; done":             "install | | ? unknown",
		"RUN for o in -y -q; do apt-get install $o ed; done":             "install | | ? ed unknown open",
		"RUN A=(curl git); apt-get install \"${A[@]}\"":                  "install | | ? unknown open",
		"RUN A=$A; apt-get install $A":                                   "install | | ? unknown",
		"RUN <<EOF\nYES=-y\napt-get install $YES curl\nEOF":              "install | -y | curl",
		"ENV YES=-y\nONBUILD RUN apt-get install $YES curl":              "install | -y | curl",
		"FROM a AS b\nENV YES=-y\nFROM b\nRUN apt-get install $YES curl": "install | -y | curl",
	} {
		if got := read(t, src, apt); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
}

// TestReadOthers shows the other shapes that a Spec gives to a command line.
func TestReadOthers(t *testing.T) {
	for _, c := range []struct {
		src  string
		spec ecosystem.Spec
		want string
	}{
		{"chown -R app:app /srv", ecosystem.Spec{}, "| -R | app:app /srv"},
		{"tar -xzf a.tar", ecosystem.Spec{}, "| -xzf | a.tar"},
		{"tar -xzf a.tar", ecosystem.Spec{Bundles: true, Valued: []string{"-f"}}, "| -x -z -f:a.tar |"},
		{"go build -ldflags -s -o app .", ecosystem.Spec{Sub: true, Valued: []string{"-o", "-ldflags"}},
			"build | -ldflags:-s -o:app | ."},
		{"mvn -DskipTests=true -Pci verify", ecosystem.Spec{Sub: true, Valued: []string{"-D", "-P"}},
			"verify | -D:skipTests=true -P:ci |"},
		{"gem install --no-document -i /gems rake", ecosystem.Spec{Sub: true, Switches: []string{"--no-document"}},
			"install | --no-document -i:/gems | rake"},
		{"python3 -m pip install -r a.txt", ecosystem.Spec{Sub: true, Valued: []string{"-r"}},
			"pip: install | -r:a.txt |"},
		{"sh -ex - -y", ecosystem.Spec{Bundles: true, Leading: true}, "| -e -x | - -y"},
		{"pip install -ra.txt", ecosystem.Spec{Sub: true, Valued: []string{"-r"}}, "install | -r:a.txt |"},
		{"corepack yarn install", ecosystem.Spec{Sub: true}, "yarn: install | |"},
		{"corepack enable", ecosystem.Spec{Sub: true}, "enable | |"},
		{"python3 -m $M install", ecosystem.Spec{}, "| -m | ? install unknown"},
	} {
		if got := read(t, "RUN "+c.src, c.spec); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}

func read(t *testing.T, src string, spec ecosystem.Spec) string {
	t.Helper()
	in := last(t, src)
	all := shell.Commands(in)
	c := all[len(all)-1]
	for _, one := range all { // the one that the test is about
		if len(one.Words) > 1 && (one.Name == "apt-get" || len(all) == 1) {
			c = one
		}
	}
	call := shell.ReadAs(in, c, spec)
	text := ""
	if call.First > 0 {
		text = call.Program + ": "
	}
	text += call.Sub.Text + " |"
	for _, f := range call.Flags {
		text += " " + f.Name
		if f.Valued {
			text += ":" + shown(f.Value)
		}
	}
	text += " |"
	for _, w := range call.Operands {
		text += " " + shown(w)
	}
	if len(call.Unknown) > 0 {
		text += " unknown"
	}
	if call.Open() {
		text += " open"
	}
	return strings.TrimSpace(text)
}

func shown(w shell.Word) string {
	if !w.Known {
		return "?"
	}
	return w.Text
}

// TestReadIsBounded: values that are made of values cost what they are charged for, and end as unknown.
func TestReadIsBounded(t *testing.T) {
	code := "A=" + strings.Repeat("x", 2000) + "; "
	for i := 'B'; i < 'H'; i++ {
		code += fmt.Sprintf("%c=%s; ", i, strings.Repeat(fmt.Sprintf("$%c", i-1), 500))
	}
	if got := read(t, "RUN "+code+"apt-get install $G", apt); got != "install | | ? unknown open" {
		t.Error(got)
	}
	code = "A='" + strings.Repeat("a ", 1000) + "'; apt-get install" + strings.Repeat(" $A", 1000)
	if n := strings.Count(read(t, "RUN "+code, apt), " a "); n > 8<<10 {
		t.Errorf("%d words of one command line", n)
	}
	if got := read(t, "RUN apt-get install -"+strings.Repeat("q", 65)+" x", apt); strings.Count(got, "-q") != 1 {
		t.Error(got)
	}
}
