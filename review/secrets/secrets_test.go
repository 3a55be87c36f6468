package secrets

import (
	"strings"
	"testing"
)

// The tokens are put together here, so that no scanner takes this file for a leak.
func TestTokens(t *testing.T) {
	alnum := "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9nP2rS5uV8xA1cD4fG7iM0oQ3q"
	capitals := "QWERTZUIOPASDFGH"
	for _, c := range []struct{ what, text, shown string }{
		{"an AWS access key", "AKI" + "A" + capitals, "AKIA…"},
		{"a GitHub token", "gh" + "p_" + alnum[:36], "ghp_…"},
		{"a GitHub token", "github" + "_pat_" + alnum + "x", "github_pat_…"},
		{"a GitLab token", "gl" + "pat-" + alnum[:20], "glpat-…"},
		{"a Slack token", "xo" + "xb-" + alnum[:24], "xoxb-…"},
		{"an npm token", "np" + "m_" + alnum[:36], "npm_…"},
		{"an npm token", "//registry.npmjs.org/:_auth" + "Token=" + alnum[:36], ""},
		{"a Google API key", "AI" + "za" + alnum[:35], "AIza…"},
		{"a Stripe key", "sk" + "_live_" + alnum[:24], "sk_live_…"},
		{"an OpenAI key", "sk" + "-" + alnum[:48], "sk-…"},
		{"an Anthropic key", "sk" + "-ant-" + alnum[:40], "sk-ant-…"},
		{"a JSON web token", "ey" + "J" + alnum[:20] + ".eyJ" + alnum[:20] + "." + alnum[:20], "eyJ…"},
		{"a private key", "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + alnum[:48], ""},
		{"an npm token", "npm config set //npm.acme.dev/:_auth" + "Token " + alnum[:36], ""},
		{"a Slack token", "xa" + "pp-1-A0B1C2D3E4F-1234509876-" + strings.Repeat("0af", 22), "xapp-…"},
		{"a GitLab token", "gl" + "dt-" + alnum[:20], "gldt-…"},
		{"a RubyGems key", "ruby" + "gems_" + strings.Repeat("0af9", 12), "rubygems_…"},
		{"a Shopify token", "sh" + "pat_" + strings.Repeat("0af9", 8), "shpat_…"},
		{"a Vault token", "hv" + "s." + alnum[:40], "hvs.…"},
		{"a Groq key", "gs" + "k_" + alnum[:52], "gsk_…"},
		{"a Sentry token", "sn" + "trys_" + alnum, "sntrys_…"},
		{"an Azure storage account key", "Account" + "Key=" + (alnum + alnum)[:86] + "==", ""},
		{"a token in an Authorization header", "'Authorization: Bearer " + alnum[:40], ""},
		{"a password for a netrc file", "machine git.acme.dev login ci password " + alnum[:12], ""},
		{"a password for a package registry", "composer config http-basic.repo.acme.dev ci " + alnum[:12], ""},
		{"a password in a URL", "https://build:" + alnum[:12] + "@git.acme.dev/x.git", ""},
	} {
		got := Tokens("echo " + c.text + " | cat")
		if len(got) != 1 || got[0].What != c.what || got[0].Shown != c.shown {
			t.Errorf("%s: found %+v", c.what, got)
			continue
		}
		at := len("echo " + c.text)
		if got[0].End > at || got[0].End < at-6 || strings.Contains(got[0].Shown, alnum[:8]) {
			t.Errorf("%s: found %+v", c.what, got)
		}
	}
}

func TestLooksLikeToken(t *testing.T) {
	for _, text := range []string{
		"https://user:$TOKEN@git.acme.dev/x", "https://${USER}:${PASS}@git.acme.dev",
		"https://x-access-token:$(cat /run/secrets/t)@github.com/a/b",
		"https://user:password@example.com/x", "postgres://postgres:postgres@db:5432/app",
		"https://your-user:your-token@git.acme.dev/x",
		"//registry.npmjs.org/:_authToken=${NPM_TOKEN}", "npm_config_registry=https://registry.npmjs.org/",
		"AKIAIOSFODNN7EXAMPLE",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "git@github.com:acme/app.git",
		"risk-adjusted",
		"Authorization: Bearer $TOKEN", "Authorization: Bearer ${TOKEN:?}", "machine x login y password $TOKEN",
		"composer config http-basic.repo.acme.dev $USER $PASS",
		"npm config set _auth $AUTH", "npm config get _auth", "AccountKey=$KEY",
		"sntrys_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh", "-----BEGIN PRIVATE KEY-----",
		"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "http://[::1]:80/a@b", "s3://bucket:x/y@z",
	} {
		if got := Tokens(text); len(got) > 0 {
			t.Errorf("%s: taken for %+v", text, got)
		}
	}
}

func TestName(t *testing.T) {
	for _, name := range []string{
		"GITHUB_TOKEN", "NPM_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "openai_api_key", "my_password",
		"DB_PASS", "dbPassword",
		"PGPASSWORD", "MYSQL_ROOT_PASSWORD", "SECRET_KEY", "SECRET_KEY_BASE", "SSH_PRIVATE_KEY", "JWT_SECRET",
		"APP_KEY", "sa_password",
		"AZURE_STORAGE_KEY", "APIKEY", "TOKEN", "GITHUB_TOKEN2",
	} {
		if !Name(name) {
			t.Errorf("%s is not taken for a secret", name)
		}
	}
	for _, name := range []string{
		"GOPRIVATE", "AUTH_MODE", "KEY_ALIAS", "PUBLIC_KEY", "SSH_AUTH_SOCK", "TOKENIZERS_PARALLELISM", "TOKEN_FILE",
		"DB_PASSWORD_FILE",
		"SECRET_NAME", "GPG_KEY", "RABBITMQ_PGP_KEY_ID", "PASSWORD_LENGTH", "MAX_TOKENS", "PWD", "OLDPWD", "COMPASS",
		"BYPASS", "KEY",
		"NEXT_PUBLIC_API_KEY", "VITE_API_KEY", "ALLOW_EMPTY_PASSWORD", "PRIMARY_KEY", "DISABLE_TOKEN", "MONKEY",
		"SWIFT_SIGNING_KEY", "PRIVATE_REGISTRY", "SECRETS_DIR", "DOCKER_USERNAME", "CERT_KEY_PATH", "",
	} {
		if Name(name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

func TestHarmless(t *testing.T) {
	for _, v := range []string{"", "true", "no", "12", "/run/secrets/token", "./key.pem", "https://acme.dev/token",
		"changeme", "<your token>", "{{ secret(16) }}", "pre-{{key}}-x", "{% raw %}abc", "%%DB_PASSWORD%%", "%DB_PASS%",
		"@DB_PASSWORD@", "__DB_PASSWORD__", "<%= password %>", "#{password}", "{password}", "[[ password ]]",
		"${{ secrets.X }}", "$(DB_PASSWORD)", "xxxx", "_", `C:\keys\x`, "pk_test_1", "dummy"} {
		if !Harmless(v) {
			t.Errorf("%q is taken for a secret", v)
		}
	}
	for _, v := range []string{"s3cr3t", "password", "hunter2", "g0rd0n1!", "@hunter2", "{hunter2!", "__hunter2",
		"50%off!",
		"abcdefghijklmnopqrstuvwxyz"} {
		if Harmless(v) {
			t.Errorf("%q is taken for harmless", v)
		}
	}
}

// TestInFile finds one credential in a file, and says to what the file gives it.
func TestInFile(t *testing.T) {
	key := "gl" + "pat-aB3dE6gH9jK2mN5pQ8sT"
	for _, c := range []struct{ name, data, what, setting string }{
		{"id_ed25519", "-----BEGIN OPENSSH PRIV" + "ATE KEY-----\n", "a private key", ""},
		{"notes.txt", "use " + key + " for now\n", "a GitLab token", ""},
		{".npmrc", "//r.acme.dev/:_pass" + "word=aHVudGVyMg\n", "a registry token", ""},
		{".npmrc", "//r.acme.dev/:_pass" + "word=${NPM_PASSWORD}\n", "", ""},
		{".env", "A=1\nTOKEN=" + key + "\n", "a GitLab token", "TOKEN"},
		{"prod.env", "export DB_PASSWORD='hunter2hunter2'\n", "", "DB_PASSWORD"},
		{".env.local", "DB_PASSWORD=short\nDB_PASSWORD=changeme-please\n# DB_PASSWORD=hunter2hunter2\n", "", ""},
		{"mailu.env", "SECRET_KEY={{ secret(16) }}\nDB_PASSWORD=<%= db_password %>\nTOKEN=@DEPLOY_TOKEN@\n", "", ""},
		{"settings.txt", "DB_PASSWORD=hunter2hunter2\n", "", ""},
		{".env", "MONGO_URI=mongodb://u:h4nter2hunter@db/x\n", "", "MONGO_URI"},
		{".env", "A=redis://:password123@cache\nB=postgres://app1234x:app1234x@db/a\n", "", ""},
		{".env", "C=amqp://u:$PW1234567@mq\n", "", ""},
		{".env", "A=mysql://root:root@db/a\nB=http://u:h4nter2hunter@localhost/\n", "", ""},
	} {
		if what, setting := InFile(c.name, []byte(c.data)); what != c.what || setting != c.setting {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, what, setting, c.what, c.setting)
		}
	}
}
