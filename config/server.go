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

// Server holds the operator's settings for `dfbot serve`, from flags or the environment; a flag overrides its variable.
// alecthomas/kong reads the tags, which hold the defaults, and takes the long texts from [ServerHelp].
type Server struct {
	AppID          Number   `name:"app-id" env:"APP_ID" placeholder:"ID" help:"Number of the GitHub App."`
	PrivateKeyPath string   `name:"private-key" env:"PRIVATE_KEY_PATH" placeholder:"FILE" help:"${help_private_key}"`
	PrivateKey     Secret   `name:"private-key-pem" env:"PRIVATE_KEY" hidden:"" help:"The key itself."`
	WebhookSecret  []Secret `name:"webhook-secret" env:"WEBHOOK_SECRET" placeholder:"SECRET,..." help:"${help_secret}"`

	WebhookSecretFile string `name:"webhook-secret-file" env:"WEBHOOK_SECRET_FILE" placeholder:"FILE" help:"${help_secrets}"`

	GitHubURL string `name:"github-url" env:"GITHUB_API_URL" placeholder:"URL" default:"https://api.github.com/" help:"${help_url} Default: ${default}."`
	Listen    string `name:"listen" env:"LISTEN" placeholder:"ADDRESS" default:":8080" help:"${help_listen} Default: ${default}."`
	Data      string `name:"data" env:"DATA_DIR" placeholder:"DIR" default:"data" help:"${help_data} Default: ${default}."`
	Workers   Number `name:"workers" env:"WORKERS" placeholder:"N" default:"4" help:"${help_workers} Default: ${default}."`
	LogFormat string `name:"log-format" env:"LOG_FORMAT" placeholder:"FORMAT" default:"text" help:"${help_log} Default: ${default}."`
}

// ServerHelp holds the texts that the tags of [Server] name.
var ServerHelp = map[string]string{
	"help_private_key": "File with the App's private key as PEM. Or set PRIVATE_KEY in the environment to the key " +
		"itself: " +
		"as PEM, as PEM with \\n for its line ends, or as base64 of the PEM.",
	"help_secret": "Webhook secrets; give both while you rotate them. Other users of the machine can see a flag: " +
		"use the environment or a file.",
	"help_secrets": "File with webhook secrets, one per line.",
	"help_url":     "Base URL of GitHub's REST API. On GitHub Enterprise Server: https://HOST/api/v3/.",
	"help_listen":  "Address to listen on. Webhooks arrive at /webhook.",
	"help_data":    "Folder of the queue. It must survive a restart.",
	"help_workers": "How many pull requests to review at once.",
	"help_log":     "Format of the log: text or json.",
}

// Number is a whole number in the settings. [Server.Validate] reports text that is not a number: an error of the parser
// would hide the other errors. The text is not kept, because it may be a secret in the wrong variable.
type Number int64

const notANumber = Number(math.MinInt64)

var errNotANumber = errors.New("not a whole number")

// UnmarshalText reads a number. It never fails.
func (n *Number) UnmarshalText(text []byte) error {
	value, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if *n = Number(value); err != nil {
		*n = notANumber
	}
	return nil
}

// maxWorkers limits Workers: each holds a pull request's files in memory.
const maxWorkers = 64

// maxFile is the most bytes of a key or a file of secrets.
const maxFile = 64 << 10

// Validate reports everything that is wrong with the settings, one line for each, with the names of the flag and the
// variable. It reads the files that the settings name. Its error contains no secret.
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
		check("app-id", "APP_ID", errors.New("missing; the App's settings page shows its number as App ID"))
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
		check("data", "DATA_DIR", errors.New("missing; name a folder that survives a restart"))
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

// Secrets are the secrets that webhooks may be signed with: those of WebhookSecret, then those in the file. There is at
// least one and no empty one, because with an empty secret anyone could forge a signature.
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
		return nil, errors.New("--webhook-secret (WEBHOOK_SECRET) or --webhook-secret-file (WEBHOOK_SECRET_FILE): " +
			"missing; without a secret, anyone could send webhooks")
	}
	return all, nil
}

// readFile reads a small file of secrets. It refuses large files, and files that every user of the machine can open.
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
		return nil, fmt.Errorf("%s is larger than %d KiB", path, maxFile>>10)
	}
	return data, nil
}

// APIURL is the base URL of GitHub's REST API. It ends in a slash, because the paths of the API are relative to it.
// Plain http works on this machine only: a token must not cross a network unencrypted.
func (s *Server) APIURL() (*url.URL, error) {
	u, err := url.Parse(s.GitHubURL)
	switch {
	case err != nil:
		return nil, errors.New("not a URL") // the parser's error repeats the URL, and a URL may hold a password
	case u.User != nil:
		return nil, errors.New("must not contain a user or a password")
	case u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must start with https://")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("must not contain ? or #")
	case strings.EqualFold(u.Hostname(), "github.com"):
		return nil, errors.New("this is GitHub's website; its API is https://api.github.com/")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("http would send tokens unencrypted; use https, or http on this machine only")
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

// LogValue is the settings without their secrets, for the first line of the log.
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

// shownURL is empty for a URL that may contain a password.
func (s *Server) shownURL() string {
	u, err := s.APIURL()
	if err != nil {
		return ""
	}
	return u.String()
}

// String is LogValue on one line.
func (s *Server) String() string { return s.LogValue().String() }
