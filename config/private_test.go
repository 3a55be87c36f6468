package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
)

// TestPrivate refuses files of secrets and data folders that every user of the machine can open, and says how to close
// them.
func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	dir := filepath.Join(t.TempDir(), "it's")
	s := config.Server{
		AppID: 1, PrivateKeyPath: filepath.Join(dir, "key.pem"), WebhookSecretFile: filepath.Join(dir, "secrets"),
		Data: filepath.Join(dir, "data"), GitHubURL: "https://api.github.com/", Listen: ":0", Workers: 1,
		LogFormat: "text",
	}
	if err := errors.Join(os.MkdirAll(s.Data, 0o700), os.WriteFile(s.PrivateKeyPath, []byte(pkcs1()), 0o600),
		os.WriteFile(s.WebhookSecretFile, []byte("secret\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path    string
		mode    os.FileMode
		refused bool
	}{
		{s.PrivateKeyPath, 0o644, true}, {s.PrivateKeyPath, 0o604, true}, {s.PrivateKeyPath, 0o602, true},
		{s.PrivateKeyPath, 0o640, false}, {s.PrivateKeyPath, 0o400, false}, {s.WebhookSecretFile, 0o644, true},
		{s.WebhookSecretFile, 0o600, false}, {s.Data, 0o755, true}, {s.Data, 0o777, true}, {s.Data, 0o711, true},
		{s.Data, 0o770, false}, {s.Data, 0o700, false},
	} {
		if err := os.Chmod(tt.path, tt.mode); err != nil {
			t.Fatal(err)
		}
		err := s.Validate()
		if (err != nil) != tt.refused {
			t.Errorf("%s with mode %04o: %v", tt.path, tt.mode, err)
		}
		if tt.refused && (err == nil ||
			!strings.Contains(err.Error(), "is open to every user of this machine (mode 0") ||
			!strings.Contains(err.Error(), `o-rwx '`+strings.ReplaceAll(tt.path, "'", `'\''`)+"'")) {
			t.Errorf("%s with mode %04o: it does not say what to run: %v", tt.path, tt.mode, err)
		}
		if err := os.Chmod(tt.path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.Data = filepath.Join(dir, "new")
	if err := s.Validate(); err != nil {
		t.Errorf("a data folder that is not there yet: %v", err)
	}
}
