package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dfbot/dfbot/app"
	"github.com/dfbot/dfbot/app/github"
	"github.com/dfbot/dfbot/app/queue"
	"github.com/dfbot/dfbot/app/webhook"
)

// TestRunbook holds what deploy/runbook.md lists against the code: nothing is missing, nothing is there that is no
// more.
func TestRunbook(t *testing.T) {
	runbook := readFile(t, "deploy", "runbook.md")
	same := func(what string, written, real []string) {
		t.Helper()
		slices.Sort(written)
		slices.Sort(real)
		if written, real = slices.Compact(written), slices.Compact(real); !slices.Equal(written, real) ||
			len(real) == 0 {
			t.Errorf("%s: the runbook has\n%q\nand the code\n%q", what, written, real)
		}
	}
	same("metrics", all(runbook, `(?m)^\| \x60(dfbot_\w+)\x60 \|`), metricNames(t))
	same("metrics, anywhere", all(runbook, `dfbot_\w+`), metricNames(t))
	same("outcomes of deliveries", all(runbook, `(?m)^\| \x60([a-z-]+)\x60 \| \d{3} \|`),
		all(readFile(t, "app", "webhook", "delivery.go"), `result = "([a-z-]+)"`))
	same("settings", all(runbook, `(?m)^\| \x60([A-Z_]+)\x60 \|`),
		all(readFile(t, "config", "server.go")+readFile(t, "cmd", "dfbot", "serve.go"), `env:"([A-Z_]+)"`))
	same("flags", all(runbook, `(?m)^\| \x60[A-Z_]+\x60 \| \x60(--[a-z-]+)\x60 \|`),
		withoutHidden(all(readFile(t, "config", "server.go")+readFile(t, "cmd", "dfbot", "serve.go"),
			`name:"([a-z-]+)" env:`)))
	same("log lines", all(runbook, `(?m)^\| \x60([a-zA-Z ,]+)\x60 \| [^|]+ \|$`), shortened(messages(t)))

	var permissions []string
	for _, p := range github.Permissions() {
		permissions = append(permissions, p.Name+" "+p.Access)
	}
	same("permissions",
		all(regexp.MustCompile("(?m)^   \\| `(\\w+)` \\| (\\w+) ").ReplaceAllString(runbook, "permission:$1 $2:"),
			`permission:(\w+ \w+):`), permissions)
	for _, e := range webhook.Events() {
		if !strings.Contains(runbook, "`"+e+"`") {
			t.Errorf("the event %s is not named", e)
		}
	}
}

// all are the first groups, or the wholes, of what an expression finds.
func all(text, expression string) []string {
	var found []string
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, m[len(m)-1])
	}
	return found
}

// withoutHidden are flags that an operator should see.
func withoutHidden(names []string) []string {
	var flags []string
	for _, n := range names {
		if n != "private-key-pem" {
			flags = append(flags, "--"+n)
		}
	}
	return flags
}

// metricNames are the metrics that `dfbot serve` registers.
func metricNames(t *testing.T) []string {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close(t.Context())
	registry := newRegistry(q)
	app.NewMetrics(registry)
	if _, err := webhook.New(webhook.Options{Secrets: []string{"secret"}, Queue: q, Metrics: registry}); err != nil {
		t.Fatal(err)
	}
	described := make(chan *prometheus.Desc, 1000)
	registry.Describe(described)
	close(described)
	names := map[string]bool{}
	for d := range described {
		for _, name := range all(d.String(), `fqName: "(dfbot_\w+)"`) {
			names[name] = true
		}
	}
	return slices.Collect(maps.Keys(names))
}

// messages are the log lines of the code that `dfbot serve` runs.
func messages(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"app/*.go", "app/github/*.go", "app/queue/*.go", "app/webhook/*.go",
		"cmd/dfbot/service.go"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var said []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said,
			all(string(source),
				`\blog\.(?:Info|Warn|Error|InfoContext|WarnContext|ErrorContext)\((?:ctx, )?"([^"]+)"`)...)
	}
	return said
}

// shortened are messages as the runbook names them: up to a colon or a semicolon.
func shortened(messages []string) []string {
	for i, m := range messages {
		if at := strings.IndexAny(m, ":;"); at >= 0 {
			messages[i] = m[:at]
		}
	}
	return messages
}
