package ecosystem

import (
	"path"
	"strings"
)

// credentialFiles are the names of the files in which programs look for passwords, tokens and keys.
var credentialFiles = map[string]bool{
	"id_rsa": true, "id_dsa": true, "id_ecdsa": true, "id_ed25519": true, ".npmrc": true, ".yarnrc.yml": true,
	".pypirc": true, ".netrc": true, "_netrc": true, ".git-credentials": true, "auth.json": true, ".dockercfg": true,
	"kubeconfig": true, "credentials.json": true, "terraform.tfstate": true,
}

// credentialFolders are such names that mean it in one folder only.
var credentialFolders = map[string]string{"master.key": "config", "credentials": ".aws", "config.json": ".docker",
	"config": ".kube"}

// samples end the names of files that only show what a credential file looks like.
var samples = []string{".example", ".sample", ".template", ".dist", ".tmpl", ".tpl", ".defaults", ".test", ".ci"}

// Credentials reports whether programs look for credentials in a file of that path. Whether it holds
// any is another question.
func Credentials(p string) bool {
	base := path.Base(p)
	switch {
	case credentialFiles[base], strings.HasSuffix(base, ".pem"):
		return true
	case strings.HasPrefix(base, ".env."), strings.HasSuffix(base, ".env"):
		for _, s := range samples {
			if strings.Contains(base, s) {
				return false
			}
		}
		return true
	case strings.HasSuffix(base, ".key"):
		return base != "master.key" || path.Base(path.Dir(p)) == "config"
	case strings.HasSuffix(base, ".json") && strings.Contains(base, "service") && strings.Contains(base, "account"):
		return true
	}
	folder := credentialFolders[base]
	return folder != "" && path.Base(path.Dir(p)) == folder
}
