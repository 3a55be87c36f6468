package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Server is what an operator says to `dfbot serve`, by flags or environment; a
// flag wins over its variable. The tags are read by alecthomas/kong, the
// defaults stand in them.
type Server struct {
	AppID          Number   `name:"app-id" env:"APP_ID" placeholder:"ID" help:"Number of the GitHub App."`
	PrivateKeyPath string   `name:"private-key" env:"PRIVATE_KEY_PATH" placeholder:"FILE" help:"File with the App's private key, PEM. Or PRIVATE_KEY in the environment: the key itself, as PEM, as PEM with \\n for its line ends, or as base64 of the PEM."`
	PrivateKey     Secret   `name:"private-key-pem" env:"PRIVATE_KEY" hidden:"" help:"The key itself. A flag can be seen by other users of the machine: use the environment."`
	WebhookSecret  []Secret `name:"webhook-secret" env:"WEBHOOK_SECRET" placeholder:"SECRET,..." help:"Secrets that sign webhooks; several while one is exchanged for another. A flag can be seen by other users of the machine: prefer the environment or a file."`

	WebhookSecretFile string `name:"webhook-secret-file" env:"WEBHOOK_SECRET_FILE" placeholder:"FILE" help:"File with such secrets, one a line."`
	GitHubURL         string `name:"github-url" env:"GITHUB_API_URL" placeholder:"URL" default:"https://api.github.com/" help:"Base of GitHub's REST API (${default}). For GitHub Enterprise Server https://HOST/api/v3/."`

	Listen    string `name:"listen" env:"LISTEN" placeholder:"ADDRESS" default:":8080" help:"Address to listen on (${default}). Webhooks arrive at /webhook."`
	Data      string `name:"data" env:"DATA_DIR" placeholder:"DIR" default:"data" help:"Folder of the queue (${default}). It must survive a restart."`
	Workers   Number `name:"workers" env:"WORKERS" placeholder:"N" default:"4" help:"How many pull requests are worked on at once (${default})."`
	LogFormat string `name:"log-format" env:"LOG_FORMAT" placeholder:"FORMAT" default:"text" help:"Form of the log: text or json (${default})."`
}

// Number is a whole number among the settings. What is no number is left for [Server.Validate] to say: an error of the parser would hide what
// else is wrong. The text is not kept, since a secret may be in the wrong variable.
type Number int64

const notANumber = Number(math.MinInt64)

var errNotANumber = errors.New("a whole number is needed")

// UnmarshalText reads a number. It has no error.
func (n *Number) UnmarshalText(text []byte) error {
	value, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if *n = Number(value); err != nil {
		*n = notANumber
	}
	return nil
}

// maxWorkers bounds Workers: each holds a pull request's files in memory.
const maxWorkers = 64

// maxFile is the most bytes of a key or a file of secrets.
const maxFile = 64 << 10

// Validate says everything that is wrong with the settings, one line for each,
// with the names of the flag and of the variable. It reads the files that the
// settings name. No secret is in its error.
func (s *Server) Validate() error {
	var errs []error
	check := func(flag, env string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("--%s (%s): %w", flag, env, err))
		}
	}
	switch {
	case s.AppID == notANumber:
		check("app-id", "APP_ID", errNotANumber)
	case s.AppID <= 0:
		check("app-id", "APP_ID", errors.New("the number of the GitHub App is needed; it stands on the App's settings page"))
	}
	if _, err := s.Key(); err != nil {
		errs = append(errs, err)
	}
	if _, err := s.Secrets(); err != nil {
		errs = append(errs, err)
	}
	_, err := s.APIURL()
	check("github-url", "GITHUB_API_URL", err)
	check("listen", "LISTEN", checkListen(s.Listen))
	if s.Data == "" {
		check("data", "DATA_DIR", errors.New("a folder is needed"))
	}
	check("data", "DATA_DIR", checkFolder(s.Data))
	switch {
	case s.Workers == notANumber:
		check("workers", "WORKERS", errNotANumber)
	case s.Workers < 1 || s.Workers > maxWorkers:
		check("workers", "WORKERS", fmt.Errorf("%d is not between 1 and %d", s.Workers, maxWorkers))
	}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		check("log-format", "LOG_FORMAT", fmt.Errorf("%q is neither text nor json", s.LogFormat))
	}
	return errors.Join(errs...)
}

// Secrets are the secrets that webhooks may be signed with: those given by name,
// then those in the file. There is at least one and none is empty, since an
// empty secret would make every signature forgeable.
func (s *Server) Secrets() ([]Secret, error) {
	var all []Secret
	for _, secret := range s.WebhookSecret {
		if t := strings.TrimSpace(string(secret)); t != "" {
			all = append(all, Secret(t))
		}
	}
	if s.WebhookSecretFile != "" {
		data, err := readFile(s.WebhookSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--webhook-secret-file (WEBHOOK_SECRET_FILE): %w", err)
		}
		for lines := bufio.NewScanner(strings.NewReader(string(data))); lines.Scan(); {
			if t := strings.TrimSpace(lines.Text()); t != "" {
				all = append(all, Secret(t))
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("--webhook-secret (WEBHOOK_SECRET) or --webhook-secret-file (WEBHOOK_SECRET_FILE): a secret is needed; without one anybody could send webhooks")
	}
	return all, nil
}

// readFile reads a small file of secrets, and neither one that has no end nor one that every user of the machine can open.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := checkFile(f, path); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: more than %d KiB", path, maxFile>>10)
	}
	return data, nil
}

// APIURL is the base of GitHub's REST API, with a slash at its end, so that the
// paths of the API are relative to it. Plain http is for this machine only: a
// token must not travel in the clear.
func (s *Server) APIURL() (*url.URL, error) {
	u, err := url.Parse(s.GitHubURL)
	switch {
	case err != nil:
		return nil, errors.New("not a URL") // the parser's error repeats the URL, and a URL may hold a password
	case u.User != nil:
		return nil, errors.New("a URL without user and password is needed")
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("a URL that begins with https:// is needed")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("a URL without ? and # is needed")
	case strings.EqualFold(u.Hostname(), "github.com"):
		return nil, errors.New("this is GitHub's website; its API is https://api.github.com/")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("http is for this machine only, since tokens would travel in the clear; use https")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address like :8080 or 127.0.0.1:8080", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q has no port between 0 and 65535", address)
	}
	return nil
}

// LogValue is the settings without their secrets, for the first line of a log.
func (s *Server) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int64("app_id", int64(s.AppID)),
		slog.String("private_key_path", s.PrivateKeyPath),
		slog.Any("private_key", s.PrivateKey),
		slog.Int("webhook_secrets", len(s.WebhookSecret)),
		slog.String("webhook_secret_file", s.WebhookSecretFile),
		slog.String("github_url", s.shownURL()),
		slog.String("listen", s.Listen),
		slog.String("data", s.Data),
		slog.Int("workers", int(s.Workers)),
		slog.String("log_format", s.LogFormat),
	)
}

// shownURL leaves out what may be a password.
func (s *Server) shownURL() string {
	u, err := s.APIURL()
	if err != nil {
		return ""
	}
	return u.String()
}

// String is LogValue on one line.
func (s *Server) String() string { return s.LogValue().String() }
