package secrets

import (
	"regexp"
	"slices"
	"strings"
)

// tokenForm is a credential that is known by its form, whatever its name.
type tokenForm struct {
	what string // as a message calls it
	hint string // part of every such token; looked for first, because it costs little; see worthALook
	show int    // bytes of the token that only say its kind and may be shown
	form *regexp.Regexp
}

// tokenForms lists what their issuers document or GitHub's secret scanning knows
// (https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
// No form takes a variable: `$`, `{` and `<` are in none of them.
var tokenForms = []tokenForm{
	{"an AWS access key", "AKIA", 4, form(`\bAKIA[A-Z2-7]{16}\b`)},
	{"a GitHub token", "gh?_", 4, form(`\bgh[pousr]_[A-Za-z0-9]{36,}\b`)},
	{"a GitHub token", "github_pat_", 11, form(`\bgithub_pat_[A-Za-z0-9_]{60,}\b`)},
	{"a GitLab token", "glpat-", 6, form(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", "xox", 5, form(`\bxox[abeoprs]-[A-Za-z0-9-]{20,}`)},
	{"a Slack webhook", "hooks.slack.com/services/T", 25,
		form(`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,}`)},
	{"an npm token", "npm_", 4, form(`\bnpm_[A-Za-z0-9]{36}\b`)},
	{"an npm token", "_auth", 0, form(`(?::_authToken|\b_auth)(?:\s*=\s*|\s+)["']?([A-Za-z0-9_/+=.-]{16,})`)},
	{"a PyPI token", "pypi-AgE", 5, form(`\bpypi-AgE[A-Za-z0-9_-]{50,}`)},
	{"a Google API key", "AIza", 4, form(`\bAIza[A-Za-z0-9_-]{35}\b`)},
	{"a Stripe key", "k_live_", 8, form(`\b[rs]k_live_[A-Za-z0-9]{24,}\b`)},
	{"an OpenAI key", "sk-", 3, form(`\bsk-(?:proj-[A-Za-z0-9_-]{40,}|[A-Za-z0-9]{48}\b)`)},
	{"an Anthropic key", "sk-ant-", 7, form(`\bsk-ant-[A-Za-z0-9_-]{40,}`)},
	{"a Hugging Face token", "hf_", 3, form(`\bhf_[A-Za-z]{34}\b`)},
	{"a Docker Hub token", "dckr_pat_", 9, form(`\bdckr_pat_[A-Za-z0-9_-]{27}\b`)},
	{"a DigitalOcean token", "dop_v1_", 7, form(`\bdop_v1_[a-f0-9]{64}\b`)},
	{"a SendGrid key", "SG.", 3, form(`\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b`)},
	{"a JSON web token", "eyJ", 3, form(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}`)},
	{"a Slack token", "xapp-", 5, form(`\bxapp-1-[A-Z0-9]{9,}-[0-9]{9,}-[a-f0-9]{60,}`)},
	{"a GitLab token", "gldt-", 5, form(`\bgldt-[A-Za-z0-9_-]{20,}`)},
	{"a GitLab token", "glrt-", 5, form(`\bglrt-[A-Za-z0-9_-]{20,}`)},
	{"a GitLab token", "glptt-", 6, form(`\bglptt-[A-Za-z0-9_-]{20,}`)},
	{"a RubyGems key", "rubygems_", 9, form(`\brubygems_[a-f0-9]{48}\b`)},
	{"a Shopify token", "shpat_", 6, form(`\bshpat_[a-fA-F0-9]{32}\b`)},
	{"a Vault token", "hvs.", 4, form(`\bhvs\.[A-Za-z0-9_-]{24,}`)},
	{"an NVIDIA key", "nvapi-", 6, form(`\bnvapi-[A-Za-z0-9_-]{60,}`)},
	{"a Groq key", "gsk_", 4, form(`\bgsk_[A-Za-z0-9]{52}\b`)},
	{"an Atlassian token", "ATATT3", 6, form(`\bATATT3[A-Za-z0-9_=-]{100,}`)},
	{"a New Relic key", "NRAK-", 5, form(`\bNRAK-[A-Z0-9]{27}\b`)},
	{"a Tailscale key", "tskey-", 6, form(`\btskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}`)},
	{"a Sentry token", "sntrys_", 7, form(`\bsntrys_[A-Za-z0-9+/=_-]{60,}`)},
	{"an Azure storage account key", "AccountKey=", 0, form(`\bAccountKey=([A-Za-z0-9+/]{86}==)`)},
	{"a token in an Authorization header", "uthorization:", 0,
		form(`\b[Aa]uthorization:\s*(?:[Bb]earer|[Tt]oken|[Bb]asic)\s+([A-Za-z0-9_.=+/-]{20,})`)},
	{"a password for a netrc file", "machine ", 0,
		form(`\bmachine\s+\S+\s+login\s+\S+\s+password\s+([^\s"'$<>{}\\]{6,})`)},
	{"a password for a package registry", "http-basic.", 0,
		form(`\bhttp-basic\.\S+\s+[^\s$"'-][^\s$"']*\s+["']?([^\s"'$<>{}-][^\s"'$<>{}]{5,})`)},
	{"a private key", "PRIVATE KEY-----", 0,
		form(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{40,}`)},
	{"a password in a URL", "://", 0,
		form(`\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@'"$<>{}()%]*:([^\s:/@'"$<>{}()%]{3,})` +
			`@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}`)},
}

// Token is a credential found by its form.
type Token struct {
	What       string // as a message calls it, such as "a GitHub token"
	Shown      string // the part that may be shown, since it only says the kind; may be empty
	Start, End int    // bytes of the text
}

// Tokens finds the credentials in a text.
func Tokens(text string) []Token {
	var all []Token
	for _, f := range tokenForms {
		if !f.worthALook(text) {
			continue
		}
		for _, m := range f.form.FindAllStringSubmatchIndex(text, -1) {
			secret := text[m[0]:m[1]]
			if len(m) > 2 {
				secret = text[m[2]:m[3]]
			}
			if Placeholder(secret) || climbs(strings.ToLower(secret)) || overlapping(all, m[0], m[1]) ||
				len(m) > 2 && exampleHost(text[m[0]:m[1]]) {
				continue
			}
			all = append(all, Token{f.what, mask(text[m[0]:m[1]], f.show), m[0], m[1]})
		}
	}
	return all
}

// worthALook reports whether the text may hold such a token, at the cost of a search for bytes.
func (f tokenForm) worthALook(text string) bool {
	switch f.hint {
	case "gh?_":
		return followed(text, "gh", func(rest string) bool { return len(rest) > 1 && rest[1] == '_' })
	case "://":
		return followed(text, "://", namesUser)
	}
	return strings.Contains(text, f.hint)
}

// followed reports whether the text has the word at a place after which comes what is asked for.
func followed(text, word string, by func(rest string) bool) bool {
	for _, rest, found := strings.Cut(text, word); found; _, rest, found = strings.Cut(rest, word) {
		if by(rest) {
			return true
		}
	}
	return false
}

// namesUser reports whether a URL, given without its scheme, has a user before its host.
func namesUser(url string) bool {
	end := strings.IndexAny(url, "/@ \t\n\"'")
	return end > 0 && url[end] == '@'
}

func overlapping(all []Token, start, end int) bool {
	for _, t := range all {
		if start < t.End && t.Start < end {
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

// exampleHosts end the names of hosts that no one runs (RFC 2606), of this machine, or of machines beside it.
var exampleHosts = []string{
	"example.com", "example.org", "example.net", ".example", ".test", ".local", "localhost", ".internal",
}

// exampleHost reports whether a URL leads to such a host.
func exampleHost(url string) bool {
	host := url[strings.LastIndex(url, "@")+1:]
	return slices.ContainsFunc(exampleHosts, func(end string) bool { return strings.HasSuffix(host, end) })
}

// form makes the table above fit its lines.
var form = regexp.MustCompile
