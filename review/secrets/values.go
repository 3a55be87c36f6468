package secrets

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// stopgaps are parts of values that are not secret.
var stopgaps = []string{
	"example", "changeme", "change-me", "change_me", "changethis", "placeholder", "your", "dummy", "fake", "todo",
	"replace", "insert", "redacted", "sample", "notused", "not-used", "not_used", "unused", "undefined", "override",
	"xxx", "***", "...",
	"<", "0000000", "1234567890abcdef", "abcdefghijkl-",
}

// Placeholder reports whether a value only holds the place of a secret.
func Placeholder(value string) bool {
	v := strings.ToLower(strings.Trim(value, `"'`))
	for _, s := range stopgaps {
		if strings.Contains(v, s) {
			return true
		}
	}
	if filledIn.MatchString(v) {
		return true
	}
	switch v {
	case "none", "null", "nil", "default", "empty", "test", "testing", "build", "buildtime", "build-time", "temp",
		"tmp", "unset", "n/a", "na", "mock", "local", "foo", "bar":
		return true
	}
	return len(v) < 3 || strings.Trim(v, v[:1]) == ""
}

// filledIn is a value that a template language, or a program at the start, puts another one in for.
var filledIn = regexp.MustCompile(
	`\{\{|\{%|\$\{\{|^(?:%%?[\w.-]+%%?|@@?[\w.-]+@@?|__\w+__|#?\{[\w.-]+\}|\[\[?[\w .-]+\]\]?|\$\(\w+\))$`)

// climbs reports whether eight letters follow each other as in the alphabet: made up to fill a form
// that asks for many, in a sample of settings or of a token.
func climbs(s string) bool {
	run := 1
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1]+1 || s[i] < 'b' || s[i] > 'z' {
			run = 1
			continue
		}
		if run++; run == 8 {
			return true
		}
	}
	return false
}

// Random reports whether a value looks as if a machine had made it, rather than someone who needed to put something
// there: long, without a word, with digits among the letters.
func Random(value string) bool {
	digits, small, capital := 0, 0, 0
	for _, r := range value {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLower(r):
			small++
		case unicode.IsUpper(r):
			capital++
		case !strings.ContainsRune("+/=", r):
			return false
		}
	}
	return len(value) >= 20 && small+capital >= 3 && (digits >= 3 || digits > 0 && small > 0 && capital > 0)
}

// Harmless reports whether the value of a variable cannot be secret: it is empty, a switch, a number, a file or an
// address.
func Harmless(value string) bool {
	v := strings.TrimSpace(value)
	switch strings.ToLower(v) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "enabled", "disabled", "optional", "required", "auto":
		return true
	}
	if strings.Trim(v, "0123456789.,_") == "" {
		return true
	}
	if slices.ContainsFunc(harmlessStarts, func(p string) bool { return strings.HasPrefix(v, p) }) {
		return true
	}
	return len(v) > 3 && v[1] == ':' && v[2] == '\\' || Placeholder(v)
}

// harmlessStarts begin the values of files, addresses and public keys.
var harmlessStarts = []string{
	"/", "./", "../", "~/", "file:", "http://", "https://", "pk_", "pk.", "ssh-", "-----BEGIN PUBLIC",
}

// connection is a URL with a user and a password; its groups are these two and the host.
var connection = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://([^\s:/@]*):([^\s:/@]+)@([^\s:/@?,]+)`)

// ConnectionPassword reports whether the value is a URL with a password that someone chose, of a host by whatever name.
// Where it is the user's name, a word or a placeholder, it is that of a database that only tests have.
func ConnectionPassword(value string) bool {
	m := connection.FindStringSubmatch(value)
	if m == nil {
		return false
	}
	password, digits, letters := m[2], 0, 0
	for _, r := range password {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return len(password) >= 8 && digits > 0 && letters > 0 && !strings.Contains(password, "$") &&
		!strings.EqualFold(password, m[1]) && !Placeholder(password) && !climbs(strings.ToLower(password)) &&
		!strings.Contains(strings.ToLower(password), "pass") && !exampleHost("@"+m[3]) &&
		!strings.HasPrefix(m[3], "127.")
}
