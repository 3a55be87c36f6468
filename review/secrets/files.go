package secrets

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// InFile finds a credential in the file of that name, without its folders. what is what it is, as a message calls it,
// and setting the name to which the file gives it, from the file itself. Of a value that only its name shows to be
// secret there is no what. Both are empty where there is none.
func InFile(name string, data []byte) (what, setting string) {
	if all := Tokens(string(data)); len(all) > 0 && name != ".env" {
		return all[0].What, ""
	}
	for _, known := range credentialForms {
		if ok, _ := path.Match(known.name, name); ok && known.in(data) {
			return known.what, ""
		}
	}
	if name == ".env" || strings.HasPrefix(name, ".env.") || strings.HasSuffix(name, ".env") {
		return inSettings(string(data))
	}
	return "", ""
}

// credentialForm is what a file of that name looks like when it holds a credential. A group in the form is the secret
// itself.
type credentialForm struct {
	name, what string
	form       *regexp.Regexp
}

func (c credentialForm) in(data []byte) bool {
	m := c.form.FindSubmatch(data)
	return m != nil && (len(m) == 1 || !Harmless(string(m[1])) && !bytes.Contains(m[1], []byte("$")))
}

var credentialForms = []credentialForm{
	{"id_*", "a private key", form(`PRIVATE KEY-----`)},
	{".npmrc", "a registry token", form(`(?m)(?:_authToken|_auth|_password)\s*=\s*(\S+)`)},
	{".yarnrc.yml", "a registry token", form(`(?m)^\s*npmAuth(?:Token|Ident):\s*"?([^"\s]+)`)},
	{".pypirc", "a registry password", form(`(?m)^\s*password\s*[=:]\s*(\S+)`)},
	{"*netrc", "a password", form(`(?m)\bpassword\s+(\S+)`)},
	{".git-credentials", "a Git server password", form(`://[^:@\s]*:([^@\s]+)@`)},
	{"auth.json", "a Composer token",
		form(`"(?:github-oauth|gitlab-token|http-basic|bearer)"\s*:\s*\{\s*"[^"]+"\s*:\s*(?:"([^"]+)"|\{)`)},
	{"credentials", "an AWS secret key", form(`(?m)^\s*aws_secret_access_key\s*=\s*(\S+)`)},
	{"config.json", "a registry login", form(`"(?:auth|identitytoken)"\s*:\s*"([^"]+)"`)},
	{".dockercfg", "a registry login", form(`"auth"\s*:\s*"([^"]+)"`)},
	{"*config", "a Kubernetes login", form(`(?m)^\s*(?:token|client-key-data|password):\s*(\S+)`)},
	{"*.json", "a service account's private key", form(`"private_key"\s*:\s*"(-----BEGIN[^"]+)`)},
	{"master.key", "the key to Rails credentials", form(`^[0-9a-f]{32}\s*$`)},
	{"terraform.tfstate", "secrets in Terraform state",
		form(`"(?:password|secret|private_key|token)[a-z_]*"\s*:\s*"([^"]+)"`)},
}

// inSettings reads a file of NAME=value lines.
func inSettings(text string) (what, setting string) {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		if !ok || strings.HasPrefix(name, "#") || strings.Contains(value, "$") {
			continue
		}
		name = strings.TrimSpace(name)
		if all := Tokens(value); len(all) > 0 {
			return all[0].What, name
		}
		if ConnectionPassword(value) {
			return "", name
		}
		if Name(name) && !Harmless(value) && !climbs(value) && len(value) >= 8 {
			return "", name
		}
	}
	return "", ""
}
