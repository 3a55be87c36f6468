package config_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/dfbot/dfbot/config"
)

var rsaKey = must(rsa.GenerateKey(rand.Reader, 2048))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs1() string { return encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)) }

func pkcs8(key crypto.PrivateKey) string {
	return encode("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
}

// valid are settings with nothing wrong.
func valid() *config.Server {
	return &config.Server{
		AppID: 7, PrivateKey: config.Secret(pkcs1()), WebhookSecret: []config.Secret{"hush"},
		GitHubURL: "https://api.github.com/", Listen: ":8080", Data: "data", Workers: 4, LogFormat: "text",
	}
}

func tempFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestKey(t *testing.T) {
	one := pkcs1()
	for name, literal := range map[string]string{
		"PKCS#1":               one,
		"PKCS#8":               pkcs8(rsaKey),
		"PKCS#8 named PKCS#1":  strings.ReplaceAll(pkcs8(rsaKey), "PRIVATE KEY", "RSA PRIVATE KEY"),
		"escaped":              strings.ReplaceAll(one, "\n", `\n`),
		"escaped in quotes":    `"` + strings.ReplaceAll(one, "\n", `\n`) + `"`,
		"escaped CRLF":         strings.ReplaceAll(one, "\n", `\r\n`),
		"CRLF":                 strings.ReplaceAll(one, "\n", "\r\n"),
		"spaces around":        "\n\n  " + one + "\n\n",
		"base64":               base64.StdEncoding.EncodeToString([]byte(one)),
		"base64 in lines":      wrap(base64.StdEncoding.EncodeToString([]byte(one))),
		"base64 without =":     base64.RawStdEncoding.EncodeToString([]byte(one)),
		"base64 for URLs":      base64.URLEncoding.EncodeToString([]byte(one)),
		"words before the PEM": "key:\n" + one,
	} {
		t.Run(name, func(t *testing.T) {
			key, err := (&config.Server{PrivateKey: config.Secret(literal)}).Key()
			if err != nil || !key.Equal(rsaKey) {
				t.Errorf("another key, %v", err)
			}
		})
	}
	key, err := (&config.Server{PrivateKeyPath: tempFile(t, one)}).Key()
	if err != nil || !key.Equal(rsaKey) {
		t.Errorf("from a file: another key, %v", err)
	}
}

func wrap(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += 76 {
		b.WriteString(s[i:min(i+76, len(s))] + "\n")
	}
	return b.String()
}

func TestKeyErrors(t *testing.T) {
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"},
		Bytes: []byte("x"),
	})
	damaged := encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)[:200])
	for _, test := range []struct{ want, literal string }{
		{"PRIVATE_KEY: no PEM block found", "s3cr3t-not-a-key"},
		{"PRIVATE_KEY: this is an EC key; GitHub Apps use RSA",
			encode("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ec)))},
		{"PRIVATE_KEY: this is an EC key; GitHub Apps use RSA\n", pkcs8(ec)},
		{"PRIVATE_KEY: this is an Ed25519 key; GitHub Apps use RSA", pkcs8(ed)},
		{"PRIVATE_KEY: this is a public key or certificate; dfbot needs the App's private key",
			encode("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)))},
		{"PRIVATE_KEY: the key is encrypted; remove its passphrase", string(encrypted)},
		{"PRIVATE_KEY: the key is encrypted; remove its passphrase\n", encode("ENCRYPTED PRIVATE KEY", []byte("x"))},
		{"PRIVATE_KEY: the PEM block is damaged: it is neither a PKCS#1 nor a PKCS#8 key", damaged},
		{"PRIVATE_KEY: the PEM block is not an RSA private key", encode("OPENSSH PRIVATE KEY", []byte("x"))},
		{"--private-key (PRIVATE_KEY_PATH) or PRIVATE_KEY: missing; dfbot needs the App's private key", ""},
	} {
		_, err := (&config.Server{PrivateKey: config.Secret(test.literal)}).Key()
		if err == nil || err.Error() != strings.TrimSpace(test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}

func TestKeyFileErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for want, s := range map[string]config.Server{
		"--private-key (PRIVATE_KEY_PATH): open " + missing +
			": no such file or directory": {PrivateKeyPath: missing},
		"--private-key (PRIVATE_KEY_PATH): no PEM block found": {PrivateKeyPath: tempFile(t,
			"")},
		"--private-key (PRIVATE_KEY_PATH) and PRIVATE_KEY: set one of them, not both": {PrivateKeyPath: missing,
			PrivateKey: "x"},
		"--private-key (PRIVATE_KEY_PATH): /dev/zero is larger than 64 KiB": {PrivateKeyPath: "/dev/zero"},
		"--private-key (PRIVATE_KEY_PATH): read " + filepath.Dir(missing) +
			": is a directory": {PrivateKeyPath: filepath.Dir(missing)},
	} {
		if _, err := s.Key(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	s := config.Server{
		WebhookSecret:     []config.Secret{" one ", "", "two"},
		WebhookSecretFile: tempFile(t, "three\r\n\n  with, comma \n"),
	}
	got, err := s.Secrets()
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Secret{"one", "two", "three", "with, comma"}
	if len(got) != len(want) {
		t.Fatalf("%d secrets, want %d", len(got), len(want))
	}
	for i := range want {
		if string(got[i]) != string(want[i]) {
			t.Errorf("secret %d is %q, want %q", i, string(got[i]), string(want[i]))
		}
	}
	for _, none := range []config.Server{
		{}, {WebhookSecret: []config.Secret{"", "  "}}, {WebhookSecretFile: tempFile(t, " \n\n")},
		{WebhookSecretFile: "/does/not/exist"},
	} {
		if got, err := none.Secrets(); err == nil {
			t.Errorf("%d secrets and no error", len(got))
		}
	}
}

func TestAPIURL(t *testing.T) {
	for given, want := range map[string]string{
		"https://api.github.com/":          "https://api.github.com/",
		"https://api.github.com":           "https://api.github.com/",
		"https://ghe.example.com/api/v3":   "https://ghe.example.com/api/v3/",
		"http://127.0.0.1:4567/base":       "http://127.0.0.1:4567/base/",
		"http://[::1]:4567":                "http://[::1]:4567/",
		"http://localhost":                 "http://localhost/",
		"http://ghe.example.com/api/v3/":   "http would send tokens unencrypted",
		"http://localhost.example.com":     "http would send tokens unencrypted",
		"https://github.com":               "its API is https://api.github.com/",
		"https://user:pa55@api.github.com": "must not contain a user or a password",
		"https://user:pa55@[":              "not a URL",
		"api.github.com":                   "must start with https://",
		"ftp://api.github.com":             "must start with https://",
		"https://":                         "must start with https://",
		"":                                 "must start with https://",
		"https://api.github.com/?a=b":      "must not contain ? or #",
		"https://api.github.com/#x":        "must not contain ? or #",
		"https://api.github.com/?":         "must not contain ? or #",
	} {
		u, err := (&config.Server{GitHubURL: given}).APIURL()
		switch {
		case err == nil && u.String() != want:
			t.Errorf("%s: %s, want %s", given, u, want)
		case err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pa55")):
			t.Errorf("%s: %v, want %s", given, err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Errorf("valid settings: %v", err)
	}
	all := (&config.Server{GitHubURL: "x", Listen: "8080", LogFormat: "xml", Workers: 65}).Validate()
	want := []string{
		"--app-id (APP_ID): missing; the App's settings page shows its number as App ID",
		"--private-key (PRIVATE_KEY_PATH) or PRIVATE_KEY: missing; dfbot needs the App's private key",
		"--webhook-secret (WEBHOOK_SECRET) or --webhook-secret-file (WEBHOOK_SECRET_FILE): missing; without a " +
			"secret, anyone could send webhooks",
		"--github-url (GITHUB_API_URL): must start with https://",
		`--listen (LISTEN): "8080" is not an address like :8080 or 127.0.0.1:8080`,
		"--data (DATA_DIR): missing; name a folder that survives a restart",
		"--workers (WORKERS): 65 is not between 1 and 64",
		`--log-format (LOG_FORMAT): "xml" is neither text nor json`,
	}
	if d := cmp.Diff(want, strings.Split(all.Error(), "\n")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, listen := range []string{":x", ":70000", ":-1", "", "[::1"} {
		s := valid()
		s.Listen = listen
		if s.Validate() == nil {
			t.Errorf("listen on %q", listen)
		}
	}
}

// TestNoSecretIsShown prints settings in every way that a program might.
func TestNoSecretIsShown(t *testing.T) {
	const secret = "hush-hush"
	s := valid()
	s.PrivateKey, s.WebhookSecret = secret, []config.Secret{secret, secret}
	s.GitHubURL = "https://me:" + secret + "@api.github.com/"
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "settings", s, "one", s.PrivateKey)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "settings", s, "one", s.PrivateKey)
	shown := []string{log.String(), s.String(), fmt.Sprint(s.Validate())}
	bare := *s
	bare.GitHubURL = ""
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3v"} {
		shown = append(shown, fmt.Sprintf(verb, &bare), fmt.Sprintf(verb, bare), fmt.Sprintf(verb, s.PrivateKey),
			fmt.Sprintf(verb, s.WebhookSecret))
	}
	shown = append(shown, string(must(json.Marshal(bare))))
	for _, text := range shown {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
			if strings.Contains(text, form) {
				t.Errorf("shown: %s", text)
			}
		}
	}
	if !strings.Contains(log.String(), "settings.app_id=7") ||
		!strings.Contains(log.String(), "settings.webhook_secrets=2") {
		t.Errorf("the log does not say the settings: %s", log.String())
	}
	if got := fmt.Sprint(config.Secret("")); got != "" {
		t.Errorf("no secret shows as %q", got)
	}
}

// command is how a program takes the settings up.
type command struct {
	Serve struct {
		config.Server
	} `cmd:""`
}

func parseFlags(t *testing.T, env map[string]string, args ...string) (*config.Server, error) {
	t.Helper()
	for _, name := range []string{"APP_ID", "PRIVATE_KEY_PATH", "PRIVATE_KEY", "WEBHOOK_SECRET", "WEBHOOK_SECRET_FILE",
		"GITHUB_API_URL", "LISTEN", "DATA_DIR", "WORKERS", "LOG_FORMAT"} {
		t.Setenv(name, env[name])
		if env[name] == "" {
			os.Unsetenv(name)
		}
	}
	var c command
	parser, err := kong.New(&c, kong.Name("dfbot"), kong.Vars(config.ServerHelp),
		kong.Exit(func(int) { t.Error("exit") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return &c.Serve.Server, err
}

func TestEnvironment(t *testing.T) {
	key := strings.ReplaceAll(pkcs1(), "\n", `\n`)
	s, err := parseFlags(t, map[string]string{
		"APP_ID": "12", "PRIVATE_KEY": key, "WEBHOOK_SECRET": "one,two",
		"GITHUB_API_URL": "https://ghe.example.com/api/v3/", "LISTEN": "127.0.0.1:1", "DATA_DIR": "/data",
		"WORKERS": "2", "LOG_FORMAT": "json",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Server{
		AppID: 12, PrivateKey: config.Secret(key), WebhookSecret: []config.Secret{"one", "two"},
		GitHubURL: "https://ghe.example.com/api/v3/", Listen: "127.0.0.1:1", Data: "/data", Workers: 2,
		LogFormat: "json",
	}
	if d := cmp.Diff(want, *s); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestFlagsAndDefaults(t *testing.T) {
	file, secrets := tempFile(t, pkcs1()), tempFile(t, "three\n")
	s, err := parseFlags(t, map[string]string{"APP_ID": "12"}, "--app-id=13", "--private-key", file,
		"--webhook-secret=one", "--webhook-secret=two", "--webhook-secret-file", secrets)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Server{
		AppID: 13, PrivateKeyPath: file, WebhookSecret: []config.Secret{"one", "two"}, WebhookSecretFile: secrets,
		GitHubURL: "https://api.github.com/", Listen: ":8080", Data: "data", Workers: 4, LogFormat: "text",
	}
	if d := cmp.Diff(want, *s); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestBadSettingsStopTheProgram: kong calls Validate itself.
func TestBadSettingsStopTheProgram(t *testing.T) {
	_, err := parseFlags(t, nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"--app-id (APP_ID)", "PRIVATE_KEY_PATH", "WEBHOOK_SECRET"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
