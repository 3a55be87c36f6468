package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// licences are those under which a module may be part of dfbot's binary. All allow giving it to anyone, under dfbot's
// own terms, with the module's notice. GPL, LGPL and AGPL are not among them, and never will be: they ask for more.
// Unicode-DFS-2016 is that of the tables of characters in go-textseg, which hcl needs.
var licences = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0", "Unicode-DFS-2016"}

// platforms are the systems that the binary is built for; each links packages of its own.
var platforms = []string{"linux", "darwin", "windows"}

// notOfCode are licences of what is beside the code of a module: its documents, its logo.
var notOfCode = []string{"LICENSE.docs", "LICENSE-LOGO"}

// collection matches the names of files that hold the licences of several works, with words of their own between them.
var collection = regexp.MustCompile(`(?i)3rd-party|third-party`)

// publicDomain is how SQLite says that no one owns it (https://sqlite.org/copyright.html). It is no licence, and needs
// none.
var publicDomain = regexp.MustCompile(`(?i)dedicated to the\s+public\s+domain|disclaims copyright to this source code`)

// enough is how much of a licence file, in percent, has to be text of known licences.
const enough = 75

// TestLicences holds every module that the binary links, and each of its packages with a licence of its own, to the
// list.
func TestLicences(t *testing.T) {
	found := map[string]bool{}
	folders := linkedFolders(t)
	if len(folders) < 200 {
		t.Fatalf("only %d folders of linked packages", len(folders))
	}
	for folder, module := range folders {
		ids, err := licencesOf(folder, module)
		if err != nil {
			t.Error(err)
		}
		for _, id := range ids {
			found[id] = true
		}
	}
	for _, id := range licences {
		if !found[id] {
			t.Errorf("nothing linked has the licence %s: take it off the list", id)
		}
	}
}

// linkedFolders are the folders of all packages of other modules in the binary, each with the folder of its module.
func linkedFolders(t *testing.T) map[string]string {
	t.Helper()
	folders := map[string]string{}
	for _, system := range platforms {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{$.Dir}}\t{{.Dir}}{{end}}{{end}}", ".")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if dir, module, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				folders[dir] = module
			}
		}
	}
	return folders
}

// licenceFile matches the names that licences have. Patents and notices grant, or repeat, nothing that counts here.
var licenceFile = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying)([-._].*)?$`)

// licencesOf reads the licences that a package is under: those in its folder and in each above it, up to the module's.
func licencesOf(folder, module string) ([]string, error) {
	var all []string
	for at := folder; ; at = filepath.Dir(at) {
		entries, err := os.ReadDir(at)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") ||
				slices.Contains(notOfCode, e.Name()) {
				continue
			}
			ids, err := recognise(filepath.Join(at, e.Name()))
			if err != nil {
				return nil, err
			}
			all = append(all, ids...)
		}
		if at == module {
			break
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no licence", module)
	}
	return all, nil
}

func recognise(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	coverage := licensecheck.Scan(text)
	if len(coverage.Match) == 0 && publicDomain.Match(text) {
		return []string{"public domain"}, nil
	}
	if coverage.Percent < enough && !collection.MatchString(filepath.Base(name)) {
		return nil, fmt.Errorf("%s: only %.0f %% of it is known to be a licence", name, coverage.Percent)
	}
	var ids []string
	for _, m := range coverage.Match {
		if !slices.Contains(licences, m.ID) {
			return nil, fmt.Errorf("%s: the licence %s is not on the list", name, m.ID)
		}
		ids = append(ids, m.ID)
	}
	return ids, nil
}

// TestLicencesRefuse is what would be refused.
func TestLicencesRefuse(t *testing.T) {
	const gpl = "This program is free software: you can redistribute it and/or modify it under the terms of the GNU " +
		"General Public License as " +
		"published by the Free Software Foundation, either version 3 of the License, or (at your option) any later " +
		"version.\n"
	ours := readFile(t, "LICENSE")
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"allowed": {map[string]string{"LICENSE": ours, "p/a.go": ""}, ""},
		"none":    {map[string]string{"README": ours, "p/a.go": ""}, "has no licence"},
		"GPL": {map[string]string{"COPYING": gpl, "p/a.go": ""},
			"GPL-3.0-or-later is not on the list"},
		"GPL in a package": {map[string]string{"LICENSE": ours, "p/LICENSE.txt": gpl},
			"GPL-3.0-or-later is not on the list"},
		"GPL beside": {map[string]string{"LICENSE": ours, "LICENSE-GPL": gpl, "p/a.go": ""},
			"GPL-3.0-or-later is not on the list"},
		"the public domain": {map[string]string{"LICENSE": "All of it has been dedicated to the public domain " +
			"by its authors.", "p/a.go": ""}, ""},
		"unknown words": {map[string]string{"LICENSE": "You may use this on Sundays.", "p/a.go": ""},
			"only 0 % of it"},
	} {
		t.Run(name, func(t *testing.T) {
			module := t.TempDir()
			for file, text := range tt.files {
				file = filepath.Join(module, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := licencesOf(filepath.Join(module, "p"), module)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
