package rules

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// tokenForm is a credential that is known by its form, whatever its name.
type tokenForm struct {
	what string // as a message calls it
	hint string // stands in every such token; looked for first, because it costs little; see worthALook
	show int    // bytes of the token that say its kind only and may be shown
	form *regexp.Regexp
}

// tokenForms lists what their issuers document or GitHub's secret scanning knows
// (https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
// No form takes a variable: `$`, `{` and `<` are in none of them.
var tokenForms = []tokenForm{
	{"an AWS access key", "AKIA", 4, regexp.MustCompile(`\bAKIA[A-Z2-7]{16}\b`)},
	{"a GitHub token", "gh?_", 4, regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36,}\b`)},
	{"a GitHub token", "github_pat_", 11, regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{60,}\b`)},
	{"a GitLab token", "glpat-", 6, regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", "xox", 5, regexp.MustCompile(`\bxox[abeoprs]-[A-Za-z0-9-]{20,}`)},
	{"a Slack webhook", "hooks.slack.com/services/T", 25, regexp.MustCompile(`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}`)},
	{"an npm token", "npm_", 4, regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`)},
	{"an npm token", "_auth", 0, regexp.MustCompile(`(?::_authToken|\b_auth)(?:\s*=\s*|\s+)["']?([A-Za-z0-9_/+=.-]{16,})`)},
	{"a PyPI token", "pypi-AgE", 5, regexp.MustCompile(`\bpypi-AgE[A-Za-z0-9_-]{50,}`)},
	{"a Google API key", "AIza", 4, regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}\b`)},
	{"a Stripe key", "k_live_", 8, regexp.MustCompile(`\b[rs]k_live_[A-Za-z0-9]{24,}\b`)},
	{"an OpenAI key", "sk-", 3, regexp.MustCompile(`\bsk-(?:proj-[A-Za-z0-9_-]{40,}|[A-Za-z0-9]{48}\b)`)},
	{"an Anthropic key", "sk-ant-", 7, regexp.MustCompile(`\bsk-ant-[A-Za-z0-9_-]{40,}`)},
	{"a Hugging Face token", "hf_", 3, regexp.MustCompile(`\bhf_[A-Za-z]{34}\b`)},
	{"a Docker Hub token", "dckr_pat_", 9, regexp.MustCompile(`\bdckr_pat_[A-Za-z0-9_-]{27}\b`)},
	{"a DigitalOcean token", "dop_v1_", 7, regexp.MustCompile(`\bdop_v1_[a-f0-9]{64}\b`)},
	{"a SendGrid key", "SG.", 3, regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b`)},
	{"a JSON web token", "eyJ", 3, regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}`)},
	{"a Slack token", "xapp-", 5, regexp.MustCompile(`\bxapp-1-[A-Z0-9]{9,}-[0-9]{9,}-[a-f0-9]{60,}`)},
	{"a GitLab token", "gldt-", 5, regexp.MustCompile(`\bgldt-[A-Za-z0-9_-]{20,}`)},
	{"a GitLab token", "glrt-", 5, regexp.MustCompile(`\bglrt-[A-Za-z0-9_-]{20,}`)},
	{"a GitLab token", "glptt-", 6, regexp.MustCompile(`\bglptt-[A-Za-z0-9_-]{20,}`)},
	{"a RubyGems key", "rubygems_", 9, regexp.MustCompile(`\brubygems_[a-f0-9]{48}\b`)},
	{"a Shopify token", "shpat_", 6, regexp.MustCompile(`\bshpat_[a-fA-F0-9]{32}\b`)},
	{"a Vault token", "hvs.", 4, regexp.MustCompile(`\bhvs\.[A-Za-z0-9_-]{24,}`)},
	{"an NVIDIA key", "nvapi-", 6, regexp.MustCompile(`\bnvapi-[A-Za-z0-9_-]{60,}`)},
	{"a Groq key", "gsk_", 4, regexp.MustCompile(`\bgsk_[A-Za-z0-9]{52}\b`)},
	{"an Atlassian token", "ATATT3", 6, regexp.MustCompile(`\bATATT3[A-Za-z0-9_=-]{100,}`)},
	{"a New Relic key", "NRAK-", 5, regexp.MustCompile(`\bNRAK-[A-Z0-9]{27}\b`)},
	{"a Tailscale key", "tskey-", 6, regexp.MustCompile(`\btskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}`)},
	{"a Sentry token", "sntrys_", 7, regexp.MustCompile(`\bsntrys_[A-Za-z0-9+/=_-]{60,}`)},
	{"a key of an Azure storage account", "AccountKey=", 0, regexp.MustCompile(`\bAccountKey=([A-Za-z0-9+/]{86}==)`)},
	{"a token in an Authorization header", "uthorization:", 0, regexp.MustCompile(`\b[Aa]uthorization:\s*(?:[Bb]earer|[Tt]oken|[Bb]asic)\s+([A-Za-z0-9_.=+/-]{20,})`)},
	{"a password for a netrc file", "machine ", 0, regexp.MustCompile(`\bmachine\s+\S+\s+login\s+\S+\s+password\s+([^\s"'$<>{}\\]{6,})`)},
	{"a password for a package registry", "http-basic.", 0, regexp.MustCompile(`\bhttp-basic\.\S+\s+[^\s$"'-][^\s$"']*\s+["']?([^\s"'$<>{}-][^\s"'$<>{}]{5,})`)},
	{"a private key", "PRIVATE KEY-----", 0, regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{40,}`)},
	{"a password in a URL", "://", 0, regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@'"$<>{}()%]*:([^\s:/@'"$<>{}()%]{3,})@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}`)},
}

// token is a credential found by its form.
type token struct {
	what       string
	shown      string // what of it may be shown
	start, end int    // bytes of the text
}

// tokens finds the credentials in a text.
func tokens(text string) []token {
	var all []token
	for _, f := range tokenForms {
		if !f.worthALook(text) {
			continue
		}
		for _, m := range f.form.FindAllStringSubmatchIndex(text, -1) {
			secret := text[m[0]:m[1]]
			if len(m) > 2 {
				secret = text[m[2]:m[3]]
			}
			if placeholder(secret) || climbs(strings.ToLower(secret)) || len(m) > 2 && exampleHost(text[m[0]:m[1]]) || overlapping(all, m[0], m[1]) {
				continue
			}
			all = append(all, token{f.what, mask(text[m[0]:m[1]], f.show), m[0], m[1]})
		}
	}
	return all
}

// worthALook reports whether the text may hold such a token, at the cost of a search for bytes.
func (f tokenForm) worthALook(text string) bool {
	switch f.hint {
	case "gh?_":
		for rest := text; ; {
			i := strings.Index(rest, "gh")
			if i < 0 {
				return false
			}
			if rest = rest[i+2:]; len(rest) > 1 && rest[1] == '_' {
				return true
			}
		}
	case "://":
		for rest := text; ; {
			i := strings.Index(rest, "://")
			if i < 0 {
				return false
			}
			rest = rest[i+3:]
			if end := strings.IndexAny(rest, "/@ \t\n\"'"); end > 0 && rest[end] == '@' {
				return true
			}
		}
	}
	return strings.Contains(text, f.hint)
}

func overlapping(all []token, start, end int) bool {
	for _, t := range all {
		if start < t.end && t.start < end {
			return true
		}
	}
	return false
}

// mask keeps the part of a token that only says which kind it is.
func mask(s string, n int) string {
	if n == 0 {
		return ""
	}
	return s[:min(n, len(s))] + "…"
}

// exampleHost reports whether a URL leads to a host that nobody runs (RFC 2606) or to this machine.
func exampleHost(url string) bool {
	host := url[strings.LastIndex(url, "@")+1:]
	return strings.HasSuffix(host, "example.com") || strings.HasSuffix(host, "example.org") || strings.HasSuffix(host, "example.net") ||
		strings.HasSuffix(host, ".example") || strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, "localhost") || strings.HasSuffix(host, ".internal")
}

// stopgaps stand in a value that nobody takes for a secret.
var stopgaps = []string{"example", "changeme", "change-me", "change_me", "changethis", "placeholder", "your", "dummy", "fake", "todo",
	"replace", "insert", "redacted", "sample", "notused", "not-used", "not_used", "unused", "undefined", "override", "xxx", "***", "...",
	"<", "0000000", "1234567890abcdef", "abcdefghijkl-"}

// placeholder reports whether a value only holds the place of a secret.
func placeholder(value string) bool {
	v := strings.ToLower(strings.Trim(value, `"'`))
	for _, s := range stopgaps {
		if strings.Contains(v, s) {
			return true
		}
	}
	switch v {
	case "none", "null", "nil", "default", "empty", "test", "testing", "build", "buildtime", "build-time", "temp", "tmp", "unset", "n/a", "na", "mock", "local", "foo", "bar":
		return true
	}
	return len(v) < 3 || strings.Trim(v, v[:1]) == ""
}

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

// random reports whether a value looks as if a machine had made it, so that nobody has put it there
// only to have something: long, without a word, with digits among the letters.
func random(value string) bool {
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

// harmless reports whether the value of a variable is none that could be secret: nothing, a
// switch, a number, a file, an address.
func harmless(value string) bool {
	v := strings.TrimSpace(value)
	switch strings.ToLower(v) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "enabled", "disabled", "optional", "required", "auto":
		return true
	}
	if strings.Trim(v, "0123456789.,_") == "" {
		return true
	}
	for _, p := range []string{"/", "./", "../", "~/", "file:", "http://", "https://", "pk_", "pk.", "ssh-", "-----BEGIN PUBLIC"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return len(v) > 3 && v[1] == ':' && v[2] == '\\' || placeholder(v)
}

// secretNames are names of secrets that do not say so by their last word.
var secretNames = map[string]bool{
	"AWS_ACCESS_KEY_ID": true, "SECRET_KEY_BASE": true, "PGPASSWORD": true, "MYSQL_PWD": true, "REDISCLI_AUTH": true, "SSHPASS": true,
	"NPM_AUTH": true, "NPM_CONFIG__AUTH": true, "COMPOSER_AUTH": true, "DOCKER_AUTH_CONFIG": true, "VAULT_CLIENT_KEY": true,
	"BUNDLE_RUBYGEMS__PKG__GITHUB__COM": true, "NUGET_AUTH": true,
}

// secretWords end the name of a secret.
var secretWords = map[string]bool{
	"password": true, "passwd": true, "passphrase": true, "pass": true, "pwd": true, "pword": true, "secret": true, "token": true,
	"apikey": true, "secretkey": true, "accesskey": true, "privatekey": true, "authtoken": true, "accesstoken": true,
	"credential": true, "credentials": true,
}

// secretKeys are the words before "key" that make the key a secret one.
var secretKeys = map[string]bool{
	"api": true, "secret": true, "private": true, "access": true, "encryption": true, "client": true, "auth": true, "deploy": true,
	"ssh": true, "license": true, "licence": true, "master": true, "account": true, "storage": true, "admin": true, "session": true, "jwt": true,
	"hmac": true, "app": true, "subscription": true, "application": true,
}

// questions begin names that ask about a secret rather than hold one.
var questions = map[string]bool{
	"allow": true, "enable": true, "disable": true, "use": true, "require": true, "no": true, "skip": true, "random": true,
	"generate": true, "show": true, "has": true, "is": true, "with": true, "without": true, "reset": true, "force": true, "check": true,
}

// publicWords stand in names whose value everybody may see: what front ends compile into their
// pages, and fingerprints of signing keys.
var publicWords = map[string]bool{"public": true, "pub": true, "publishable": true, "gpg": true, "pgp": true, "rpm": true, "signing": true}

var publicPrefixes = []string{"REACT_APP_", "VITE_", "GATSBY_", "VUE_APP_"}

// secretName reports whether a variable of that name holds a secret.
func secretName(name string) bool {
	upper := strings.ToUpper(name)
	for _, p := range publicPrefixes {
		if strings.HasPrefix(upper, p) {
			return false
		}
	}
	if secretNames[upper] {
		return true
	}
	words := nameWords(name)
	for _, w := range words {
		if publicWords[w] {
			return false
		}
	}
	if len(words) == 0 || questions[words[0]] {
		return false
	}
	last := strings.TrimRight(words[len(words)-1], "0123456789")
	switch {
	case last == "" || last == "pwd" && len(words) == 1 || upper == "OLDPWD":
		return false
	case last == "key":
		return len(words) > 1 && secretKeys[words[len(words)-2]]
	case secretWords[last]:
		return true
	}
	return strings.HasSuffix(last, "password") || strings.HasSuffix(last, "passwd")
}

// nameWords takes a name apart at its underscores, dashes, dots and humps, in small letters.
func nameWords(name string) []string {
	var words []string
	start := 0
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(name[start:end]))
		}
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '_' || c == '-' || c == '.':
			flush(i)
			start = i + 1
		case unicode.IsUpper(rune(c)) && i > 0 && unicode.IsLower(rune(name[i-1])):
			flush(i)
			start = i
		}
	}
	flush(len(name))
	return words
}

// ends says where what a stage knows comes to rest.
type ends uint8

const (
	inCache  ends = iota // of the builder: the stage is not part of the final image
	inImage              // in the final image's settings, history or files
	inOthers             // in what is built from this image: it stands behind ONBUILD
)

// endOf says where what the instruction sets ends up in a build without --target.
func endOf(in *dockerfile.Instruction) ends {
	if in.Trigger != nil {
		return inOthers
	}
	if in.Stage.Ships() {
		return inImage
	}
	return inCache
}

// references lists the variables that a word of the builder uses.
func references(word string) []string {
	var names []string
	for i := 0; i < len(word); i++ {
		if word[i] != '$' || i > 0 && word[i-1] == '\\' {
			continue
		}
		j := i + 1
		if j < len(word) && word[j] == '{' {
			j++
		}
		k := j
		for k < len(word) && nameByte(word[k]) {
			k++
		}
		if k > j {
			names = append(names, word[j:k])
		}
	}
	return names
}

// argOf returns the ARG that gives the variable its value where the instruction stands, nil where
// something else does.
func argOf(in *dockerfile.Instruction, name string) *dockerfile.Instruction {
	if in.Stage == nil {
		return nil
	}
	var arg *dockerfile.Instruction
	for _, x := range in.Stage.Before(in) {
		if x.Name != "ARG" && x.Name != "ENV" {
			continue
		}
		for _, p := range x.Pairs {
			if p.Key == name {
				arg = nil
				if x.Name == "ARG" {
					arg = x
				}
			}
		}
	}
	return arg
}

// tokenIn returns the first credential in a variable's value.
func tokenIn(value string) (token, bool) {
	if all := tokens(value); len(all) > 0 {
		return all[0], true
	}
	return token{}, false
}

// passesOn tells what to do with a secret that a build needs.
const passesOn = "Mount it in the step that needs it (`RUN --mount=type=secret`) and build with `docker build --secret`: it then stays out of every layer."

// described names the token, with the part of it that may be shown.
func (t token) described() (format string, args []any) {
	if t.shown == "" {
		return t.what, nil
	}
	return t.what + " (%s)", []any{t.shown}
}

// withdraw is what is to be done about a token that the repository holds.
const withdraw = "The repository keeps it as well, so take it back where it was issued. " + passesOn
