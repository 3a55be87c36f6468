package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	secret       = "It's a Secret to Everybody"
	installation = 77
	repositoryID = 186853002
	head         = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
)

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// object is a JSON object; fields of later ones win.
type object = map[string]any

func merge(objects ...object) object {
	all := object{}
	for _, o := range objects {
		for k, v := range o {
			all[k] = v
		}
	}
	return all
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// repositoryObject is a repository with as many addresses as GitHub puts into one, about 5 KB.
func repositoryObject(id int) object {
	r := object{"id": id, "name": "Hello-World", "full_name": "Codertocat/Hello-World",
		"owner": object{"login": "Codertocat", "id": 21031067}}
	for i := range 45 {
		r[fmt.Sprintf("kind_%d_url",
			i)] = fmt.Sprintf("https://api.github.com/repos/Codertocat/Hello-World/kind_%d{/number}", i)
	}
	return r
}

// pullRequestPayload is a delivery of the event pull_request of about 25 KB, the size of GitHub's own.
func pullRequestPayload(action string, number int, more ...object) []byte {
	side := func(sha string) object {
		return object{"ref": "changes", "sha": sha, "repo": repositoryObject(repositoryID),
			"user": object{"login": "Codertocat"}}
	}
	return encode(merge(append([]object{{
		"action": action,
		"number": number,
		"pull_request": object{
			"number": number, "title": "Update the README", "body": strings.Repeat("A \"quoted\" line.\n", 650),
			"state": "open",
			"head":  side(head), "base": side(strings.Repeat("f", 40)),
		},
		"repository":   repositoryObject(repositoryID),
		"installation": object{"id": installation, "node_id": "x"},
		"sender":       object{"login": "Codertocat", "type": "User"},
	}}, more...)...))
}

// numbered returns copies of one body that differ in the number of the pull request.
func numbered(action string) func(number int) []byte {
	const mark = 1_000_000_007
	template := pullRequestPayload(action, mark)
	return func(number int) []byte {
		return bytes.ReplaceAll(template, []byte(fmt.Sprint(mark)), []byte(fmt.Sprintf("%d", 1_000_000_000+number)))
	}
}
