//go:build linux

package pairs

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestOwners: whom BuildKit gives the folders and files that the rules about users speak of.
func TestOwners(t *testing.T) {
	if os.Getenv("DFBOT_BUILDKIT") == "" {
		t.Skip("builds images: run make buildkit-test")
	}
	if missing := lacks(); missing != "" {
		t.Skipf("%s: run make buildkit-deps as root", missing)
	}
	r := newRig(t)
	for _, c := range []struct {
		what, file string
		stops      bool
	}{
		{"a WORKDIR before USER is root's", "WORKDIR /srv/app\nUSER 1000\nRUN touch f", true},
		{"one after it is the user's, with the folders above that were not there",
			"USER 1000\nWORKDIR /srv/app/x\nRUN touch f ../f", false},
		{"one that is there keeps its owner", "WORKDIR /srv/a\nUSER 1000\nWORKDIR /srv/a\nRUN touch f", true},
		{"chown gives it away", "WORKDIR /srv/app\nRUN chown 1000 /srv/app\nUSER 1000\nRUN touch f", false},
		{"the folder that COPY makes is root's", "USER 1000\nCOPY f /app/f\nRUN touch /app/g", true},
		{"with --chown, the user's", "COPY --chown=1000 f /app/x/f\nUSER 1000\nRUN touch /app/g /app/x/g", false},
		{"a folder that is there keeps its owner, also where its contents get another",
			"WORKDIR /app\nCOPY --chown=1000 . .\nUSER 1000\nRUN touch g", true},
		{"and the user's folder stays the user's", "USER 1000\nWORKDIR /app\nCOPY . .\nRUN touch g", false},
		{"but not the folders in it", "USER 1000\nWORKDIR /app\nCOPY . .\nRUN touch d/g", true},
		{"whose files only root may change", "USER 1000\nWORKDIR /app\nCOPY . .\nRUN chmod +x f", true},
		{"a cache mount is root's", "USER 1000\nRUN --mount=type=cache,target=/tmp/c touch /tmp/c/f", true},
		{"with a uid, the user's",
			"USER 1000\nRUN --mount=type=cache,id=u,target=/tmp/c,uid=1000 touch /tmp/c/f", false},
		{"a gid alone does not help",
			"USER 1000:1000\nRUN --mount=type=cache,id=g,target=/tmp/c,gid=1000 touch /tmp/c/f", true},
		{"a mode does", "USER 1000\nRUN --mount=type=cache,id=m,target=/tmp/c,mode=0777 touch /tmp/c/f", false},
		{"the folders above a mount are root's", "USER 1000\nWORKDIR /srv/h\n" +
			"RUN --mount=type=cache,id=n,target=/srv/h/.cache/c,uid=1000 touch /srv/h/.cache/x", true},
		{"--chmod of a file", "COPY --chmod=600 f /app/f\nUSER 1000\nRUN cat /app/f", true},
		{"and of all that a folder holds", "COPY --chmod=700 . /app\nUSER 1000\nRUN cat /app/d/e", true},
		{"whose folders need x", "COPY --chmod=644 . /app\nUSER 1000\nRUN cat /app/d/e", true},
		{"a folder that is there keeps its mode", "WORKDIR /app\nCOPY --chmod=644 . .\nUSER 1000\nRUN cat f", false},
		{"a mode of 700 closes a folder", "COPY f /app/f\nRUN chmod -R 700 /app\nUSER 1234\n" +
			"RUN cat /app/f", true},
		{"750 does not close it to a number without a group, which is in root's",
			"COPY f /app/f\nRUN chmod -R 750 /app\nUSER 1234\nRUN cat /app/f", false},
		{"root's home is closed", "RUN touch /root/f\nUSER 1000\nRUN cat /root/f", true},
		{"also where a COPY wrote to it", "COPY f /root/.local/f\nUSER 1000\nRUN cat /root/.local/f", true},
	} {
		dir := t.TempDir()
		writeAll(t, dir, map[string]string{"Dockerfile": "FROM debian:13\n" + c.file + "\n", "f": "f", "d/e": "e"})
		b := r.build(t, testCase{file: "Dockerfile"}, dir, false)
		if (b.why != "") != c.stops || c.stops && !denied.MatchString(b.why) {
			t.Errorf("%s: %q", c.what, b.why)
		}
	}
}

var denied = regexp.MustCompile("Permission denied|Operation not permitted")

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
