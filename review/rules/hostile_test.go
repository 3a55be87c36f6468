package rules_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestHostileFiles runs the rules over files made to be slow, deep or no text at all. Each must
// be answered; the deadline is far above what any of them takes, and far below for ever.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reads megabytes")
	}
	from := "FROM debian:12\n"
	for name, src := range map[string]string{
		"5 MB":                  from + strings.Repeat("# x\n", 5<<18),
		"NUL bytes":             from + strings.Repeat("\x00", 1000),
		"latin-1":               from + "RUN echo caf\xe9 && apt-get install -y caf\xe9\n",
		"100,000 lines":         from + strings.Repeat("RUN x\n", 100_000),
		"100,000 comment lines": from + strings.Repeat("# x\n", 100_000) + "CMD x y\n",
		"10,000 installs":       from + strings.Repeat("RUN apt-get install x\n", 9_990),
		"10,000 ENVs": from + strings.Repeat("ENV A=$A$B B=$A\n", 9_990) +
			"WORKDIR $A\nCOPY . .\nRUN pip install -r $A\n",
		"expansion bomb":         from + "ENV A0=x\n" + bomb() + "WORKDIR $A40\n",
		"10,000 commands":        from + "RUN cd /x && " + strings.Repeat("true && ", 10_000) + "true\n",
		"one line of 1 MB":       from + "RUN " + strings.Repeat("x ", 1<<19) + "\n",
		"parentheses":            from + "RUN " + strings.Repeat("(", 60_000) + "\n",
		"parentheses over lines": from + "RUN " + strings.Repeat("(((((((((( \\\n", 10_000) + "x\n",
		"substitutions":          from + "RUN " + strings.Repeat("$(", 30_000) + "\n",
		"arithmetic":             from + "RUN echo $((" + strings.Repeat("-", 60_000) + "1))\n",
		"ifs":                    from + "RUN " + strings.Repeat("if ", 20_000) + "\n",
		"backquotes":             from + "RUN " + strings.Repeat("`", 60_000) + "\n",
		"quotes":                 from + "RUN " + strings.Repeat(`"$(`, 20_000) + "\n",
		"heredocs":               "FROM a\nRUN " + strings.Repeat("<<E ", 500) + "\n" + strings.Repeat("E\n", 500),
		"3,000 chowns": from +
			strings.Repeat("COPY a /x\nRUN mkdir /x && chown -R 1:1 /x\nWORKDIR /x\n", 3_000),
		"9,000 lost cds":          from + strings.Repeat("RUN cd /x\n", 9_000),
		"9,000 comments after":    from + strings.Repeat("COPY a b /x # y\n", 9_000),
		"1,000 stages":            strings.Repeat("FROM a AS b\nCOPY . .\nRUN npm ci\n", 1_000),
		"chain of 2,000 stages":   "FROM a AS s0\n" + stages(2_000),
		"stage built from itself": "FROM x AS x\nFROM x AS x\nRUN apt-get install y\n",
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan analysis.Result, 1)
			go func() { done <- judged(unitOf("Dockerfile", []byte(src), imagined("Dockerfile", nil))) }()
			select {
			case res := <-done:
				for _, c := range res.Crashed {
					t.Errorf("%s panics: %s", c.Rule.Name, c.Value)
				}
				if res.Unit.File == nil && len(res.Diagnostics) != 1 && res.Unread.Empty() {
					t.Errorf("not parsed, and %d diagnostics and no word of a limit say so", len(res.Diagnostics))
				}
			case <-time.After(5 * time.Minute):
				t.Fatal("no answer within five minutes")
			}
		})
	}
}

func bomb() string {
	var b bytes.Buffer
	for i := range 40 {
		b.WriteString("ENV A" + itoa(i+1) + "=${A" + itoa(i) + "}${A" + itoa(i) + "}\n")
	}
	return b.String()
}

func stages(n int) string {
	var b bytes.Buffer
	for i := range n {
		b.WriteString("FROM s" + itoa(i) + " AS s" + itoa(i+1) + "\nENV X=$X\nRUN apt-get install y\nCMD x\n")
	}
	return b.String()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
