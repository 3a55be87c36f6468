package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"go.yaml.in/yaml/v4"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

// root is the repository.
var root = filepath.Join("..", "..")

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestOwnDockerfile: dfbot finds nothing to say about its own image, with every rule at its most severe that is on by
// default.
func TestOwnDockerfile(t *testing.T) {
	all := "version: 1\nrules:\n"
	for _, r := range rules.All {
		if r.Severity != analysis.Off {
			all += fmt.Sprintf("  %s: error\n", r.Name)
		}
	}
	config, said := filepath.Join(t.TempDir(), "dfbot.yml"), filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(config, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	t.Chdir(root)
	code := run(t.Context(), []string{"review", "--min-severity", "notice", "--config", config, "deploy/Dockerfile"},
		streams{strings.NewReader(""), out, out})
	if text, err := os.ReadFile(said); err != nil || code != exitClean ||
		string(text) != "No findings in 1 Dockerfile.\n" {
		t.Errorf("exit code %d, %v\n%s", code, err, text)
	}
}

// TestDockerfilePins: no base image may change under its name, and Go is the one of go.mod.
func TestDockerfilePins(t *testing.T) {
	wanted := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(readFile(t, "go.mod"))
	for _, m := range regexp.MustCompile(`(?m)^FROM (?:--\S+ )*(\S+)`).FindAllStringSubmatch(readFile(t, "deploy",
		"Dockerfile"), -1) {
		if m[1] != "scratch" && !strings.HasPrefix(m[1], "golang:"+wanted[1]+"-") {
			t.Errorf("FROM %s, and go.mod wants Go %s", m[1], wanted[1])
		}
	}
}

// TestImageContext: no secret is in the build context of the image.
func TestImageContext(t *testing.T) {
	ignored := ignoredFiles(t)
	for _, secret := range []string{".env", "key.pem", "deploy/secrets/private-key.pem", ".git/config",
		"data/dfbot.db"} {
		if hidden, err := ignored.MatchesOrParentMatches(secret); err != nil || !hidden {
			t.Errorf("%s is in the build context (%v)", secret, err)
		}
	}
}

// ignoredFiles are those that .dockerignore keeps out of the build context.
func ignoredFiles(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(readFile(t, ".dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return ignored
}

// composition is what deploy/compose.yaml uses of the Compose format (compose-spec.io).
type composition struct {
	Name     string `yaml:"name"`
	Services map[string]struct {
		Image string `yaml:"image"`
		Build struct {
			Context    string            `yaml:"context"`
			Dockerfile string            `yaml:"dockerfile"`
			Args       map[string]string `yaml:"args"`
		} `yaml:"build"`
		Environment     map[string]string `yaml:"environment"`
		Secrets         []string          `yaml:"secrets"`
		Ports           []string          `yaml:"ports"`
		Expose          []string          `yaml:"expose"`
		Volumes         []string          `yaml:"volumes"`
		Tmpfs           []string          `yaml:"tmpfs"`
		User            string            `yaml:"user"`
		ReadOnly        bool              `yaml:"read_only"`
		CapDrop         []string          `yaml:"cap_drop"`
		SecurityOpt     []string          `yaml:"security_opt"`
		MemLimit        string            `yaml:"mem_limit"`
		PidsLimit       int               `yaml:"pids_limit"`
		Restart         string            `yaml:"restart"`
		StopGracePeriod time.Duration     `yaml:"stop_grace_period"`
		Healthcheck     struct {
			Test        []string      `yaml:"test"`
			Interval    time.Duration `yaml:"interval"`
			Timeout     time.Duration `yaml:"timeout"`
			StartPeriod time.Duration `yaml:"start_period"`
			Retries     int           `yaml:"retries"`
		} `yaml:"healthcheck"`
		Logging struct {
			Driver string `yaml:"driver"`
		} `yaml:"logging"`
	} `yaml:"services"`
	Volumes map[string]any               `yaml:"volumes"`
	Secrets map[string]map[string]string `yaml:"secrets"`
}

// TestCompose holds compose.yaml against the image and the program. It reads the file; it does not run it.
func TestCompose(t *testing.T) {
	var c composition
	if err := yaml.Load([]byte(readFile(t, "deploy", "compose.yaml")), &c, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	s, image := c.Services["dfbot"], readFile(t, "deploy", "Dockerfile")
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
		!slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Error("the container may do more than it needs")
	}
	if !strings.Contains(image, "USER "+s.User+"\n") ||
		!strings.Contains(image, "--chown="+s.User+" /out/data /data\n") {
		t.Errorf("user %s is not the one of the image", s.User)
	}
	if _, declared := c.Volumes["data"]; !declared || !slices.Equal(s.Volumes, []string{"data:/data"}) ||
		!strings.Contains(image, "DATA_DIR=/data") {
		t.Error("the data folder is not a volume")
	}
	if s.StopGracePeriod < drainTime+5*time.Second {
		t.Errorf("killed after %s, and jobs get %s and 5 s", s.StopGracePeriod, drainTime)
	}
	if s.Healthcheck.Timeout < checkTimeout ||
		!slices.Equal(s.Healthcheck.Test, []string{"CMD", "/dfbot", "serve", "--check"}) {
		t.Errorf("health check %v within %s", s.Healthcheck.Test, s.Healthcheck.Timeout)
	}
	for setting, secret := range map[string]string{"PRIVATE_KEY_PATH": "private_key",
		"WEBHOOK_SECRET_FILE": "webhook_secrets"} {
		if s.Environment[setting] != "/run/secrets/"+secret || !slices.Contains(s.Secrets, secret) ||
			!strings.HasPrefix(c.Secrets[secret]["file"], "./secrets/") {
			t.Errorf("%s is not a secret", setting)
		}
	}
	if readFile(t, "deploy", ".gitignore") != "/secrets/\n" {
		t.Error("git would take the secrets")
	}
	settings := readFile(t, "config", "server.go") + readFile(t, "cmd", "dfbot", "serve.go")
	for name := range s.Environment {
		if name != "GOMEMLIMIT" && !strings.Contains(settings, `env:"`+name+`"`) {
			t.Errorf("dfbot reads no %s", name)
		}
	}
}
