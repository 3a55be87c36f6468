// Command imposter is started in ShellCheck's place by the tests, and does what the last script says. It is a
// program of its own, since one built for the race detector wants more memory than it would get.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	last := os.Args[len(os.Args)-1]
	f, err := os.Open(last)
	if err != nil {
		panic(err)
	}
	code, _ := io.ReadAll(f)
	for _, word := range strings.Fields(string(code)) {
		if pipe, ok := strings.CutPrefix(word, "forks:"); ok {
			if err := exec.Command("/bin/cat", pipe).Start(); err != nil {
				panic(err)
			}
		}
		switch word {
		case "sleeps":
			time.Sleep(time.Hour)
		case "spins":
			for time.Now().Year() > 0 {
			}
		case "dies":
			fmt.Fprintln(os.Stderr, "oh no\nreally")
			os.Exit(7)
		case "babbles":
			for {
				fmt.Println(strings.Repeat("x", 1000))
			}
		case "mumbles":
			fmt.Println("x")
			os.Exit(0)
		case "hoards":
			fmt.Fprintln(os.Stderr, "shellcheck: out of memory (requested 1048576 bytes)")
			os.Exit(251)
		case "lies":
			fmt.Println(`{"comments":[{"file":"/etc/passwd","line":3,"column":1,"code":2086,"message":"x"}]}`)
			os.Exit(1)
		case "surrounded":
			dir, _ := os.Getwd()
			say(last, fmt.Sprint(os.Environ(), " ", dir, " ", strangeFiles()))
		}
	}
}

// say ends the program with one remark on the file.
func say(file, message string) {
	remark := map[string]any{"file": file, "line": 3, "column": 1, "endLine": 3, "endColumn": 2, "code": 2086, "message": message}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"comments": []any{remark}})
	os.Exit(1)
}

// strangeFiles lists what the process has open besides pipes and what the Go runtime opens itself.
func strangeFiles() []string {
	strange := []string{}
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		to, err := os.Readlink("/proc/self/fd/" + f.Name())
		harmless := func(s string) bool { return strings.HasPrefix(to, s) }
		if err == nil && !slices.ContainsFunc([]string{"pipe:", "anon_inode:", "/sys/fs/cgroup/", "/dev/null", "/proc/"}, harmless) {
			strange = append(strange, to)
		}
	}
	return strange
}
