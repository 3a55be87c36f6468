package secrets

import (
	"slices"
	"strings"
	"unicode"
)

// secretNames are names of secrets whose last word does not show it.
var secretNames = map[string]bool{
	"AWS_ACCESS_KEY_ID": true, "SECRET_KEY_BASE": true, "PGPASSWORD": true, "MYSQL_PWD": true, "REDISCLI_AUTH": true,
	"SSHPASS": true, "NPM_AUTH": true, "NPM_CONFIG__AUTH": true, "COMPOSER_AUTH": true, "DOCKER_AUTH_CONFIG": true,
	"VAULT_CLIENT_KEY": true, "BUNDLE_RUBYGEMS__PKG__GITHUB__COM": true, "NUGET_AUTH": true,
}

// secretWords end the name of a secret.
var secretWords = map[string]bool{
	"password": true, "passwd": true, "passphrase": true, "pass": true, "pwd": true, "pword": true, "secret": true,
	"token": true, "apikey": true, "secretkey": true, "accesskey": true, "privatekey": true, "authtoken": true,
	"accesstoken": true, "credential": true, "credentials": true,
}

// secretKeys are the words before "key" that make the key a secret one.
var secretKeys = map[string]bool{
	"api": true, "secret": true, "private": true, "access": true, "encryption": true, "client": true, "auth": true,
	"deploy": true, "ssh": true, "license": true, "licence": true, "master": true, "account": true, "storage": true,
	"admin": true, "session": true, "jwt": true, "hmac": true, "app": true, "subscription": true, "application": true,
	"secondary": true, "shared": true, "webhook": true,
}

// questions begin names that ask about a secret rather than hold one.
var questions = map[string]bool{
	"allow": true, "enable": true, "disable": true, "use": true, "require": true, "no": true, "skip": true,
	"random": true, "generate": true, "show": true, "has": true, "is": true, "with": true, "without": true,
	"reset": true, "force": true, "check": true,
}

// publicWords are parts of names whose value is public: front ends compile it into their pages, or it is the
// fingerprint of a signing key.
var publicWords = map[string]bool{
	"public": true, "pub": true, "publishable": true, "gpg": true, "pgp": true, "rpm": true, "signing": true,
}

var publicPrefixes = []string{"REACT_APP_", "VITE_", "GATSBY_", "VUE_APP_"}

// Name reports whether a variable of that name holds a secret.
func Name(name string) bool {
	upper, words := strings.ToUpper(name), Words(name)
	switch {
	case slices.ContainsFunc(publicPrefixes, func(p string) bool { return strings.HasPrefix(upper, p) }):
		return false
	case secretNames[upper]:
		return true
	case len(words) == 0 || questions[words[0]]:
		return false
	case slices.ContainsFunc(words, func(w string) bool { return publicWords[w] }):
		return false
	}
	last := strings.TrimRight(words[len(words)-1], "0123456789")
	switch last {
	case "key":
		return len(words) > 1 && secretKeys[words[len(words)-2]]
	case "pwd": // PWD and OLDPWD are folders
		return len(words) > 1 && upper != "OLDPWD"
	}
	return secretWords[last] || strings.HasSuffix(last, "password") || strings.HasSuffix(last, "passwd")
}

// Words takes a name apart at its underscores, dashes, dots and humps, in small letters.
func Words(name string) []string {
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
