package contract_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/contract"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestCompare lists what two versions of a Dockerfile differ in, and nothing where their images start the same.
func TestCompare(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", "FROM node:22\nCMD [\"node\",\"a.js\"]\n", "FROM node:24\n# new\nCMD [ \"node\", \"a.js\" ]\n", ""},
		{"all", "FROM debian:12\nUSER app\nWORKDIR /app\nWORKDIR src\nENV PORT=80 A=1\nEXPOSE 80\nVOLUME /data\n" +
			"HEALTHCHECK CMD curl localhost\nSTOPSIGNAL SIGINT\nLABEL a=b\nENTRYPOINT [\"a\"]\nCMD [\"b\"]\n",
			"FROM alpine:3.22\nWORKDIR /app\nENV PORT=8080 B=\nEXPOSE 8080 80\nVOLUME /data /cache\n" +
				"HEALTHCHECK NONE\nSTOPSIGNAL SIGTERM\nLABEL a=c\nENTRYPOINT a  b\n",
			"FROM: Debian -> Alpine|USER: app -> root|WORKDIR: /app/src -> /app|ENTRYPOINT: [\"a\"] -> a b|" +
				"CMD: [\"b\"] -> |" +
				"HEALTHCHECK: CMD curl localhost -> NONE|STOPSIGNAL: SIGINT -> SIGTERM|EXPOSE: 80 -> 80 8080|" +
				"VOLUME: /data -> /cache /data|ENV A: 1 -> |ENV B:  -> \"\"|ENV PORT: 80 -> 8080|LABEL a: b -> c"},
		{"through variables and stages", "ARG U=app\nFROM a AS base\nARG U\nUSER $U\nFROM base\n",
			"ARG U=root\nFROM a AS base\nARG U\nUSER $U\nFROM base\n", "USER: app -> root"},
		{"an unknown base", "FROM $X\n", "FROM alpine\n", ""},
		{"a CMD that an ENTRYPOINT takes away", "FROM a AS base\nCMD [\"b\"]\nFROM base\n",
			"FROM a AS base\nCMD [\"b\"]\nFROM base\nENTRYPOINT [\"c\"]\n",
			"ENTRYPOINT: base -> [\"c\"]|CMD: [\"b\"] -> "},
		{"another target", "FROM a AS dev\nUSER x\nFROM a AS lib\nUSER x\nFROM a\nCOPY --from=lib /a /\n",
			"FROM a AS Dev\nUSER y\nFROM a AS lib\nUSER y\nFROM a\nCOPY --from=lib /a /\n", "Dev USER: x -> y"},
		{"from scratch", "FROM scratch\nWORKDIR /a\nEXPOSE 80\nENV A=1\nUSER 5\n", "FROM scratch\n",
			"USER: 5 -> root|WORKDIR: /a -> |EXPOSE: 80 -> |ENV A: 1 -> "},
		{"what the base image has", "FROM node:24\nUSER app\nENV A=1 NODE_VERSION=1\nENTRYPOINT [\"a\"]\nWORKDIR /a\n",
			"FROM node:24\n", "USER: app -> root|WORKDIR: /a -> base|ENTRYPOINT: [\"a\"] -> base|ENV A: 1 -> base|" +
				"ENV NODE_VERSION: 1 -> base"},
		{"the user that the base image has", "FROM solr\n", "FROM solr\nUSER solr\n", ""},
		{"another user than that of the base image", "FROM base/known AS a\nFROM node:24\n",
			"FROM node:24\nUSER node\n", "USER: root -> node"},
		{"a bare system", "FROM alpine:3.22\nEXPOSE 80\nWORKDIR /a\nCMD [\"a\"]\nLABEL a=b\n", "FROM alpine:3.22\n",
			"WORKDIR: /a -> |CMD: [\"a\"] -> base|EXPOSE: 80 -> |LABEL a: b -> base"},
		{"a base image that is not known", "FROM x.example/a\nUSER app\nVOLUME /data\n", "FROM x.example/a\n",
			"USER: app -> base|VOLUME: /data -> base"},
		{"a base image without a value", "ARG B\nFROM $B\nUSER app\nHEALTHCHECK NONE\n", "ARG B\nFROM $B\n",
			"USER: app -> base|HEALTHCHECK: NONE -> base"},
		{"a CMD instead of that of the base image", "FROM nginx\n", "FROM nginx\nCMD [\"a\"]\n",
			"CMD: base -> [\"a\"]"},
		{"a secret", "FROM a\n", "FROM a\nENV API_TOKEN=s3cr3tt0ken\n", "ENV API_TOKEN: base -> (not shown)"},
		{"a long value", "FROM a\n", "FROM a\nLABEL a=" + strings.Repeat("b", 999) + "\n",
			"LABEL a: base -> " + strings.Repeat("b", 200) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parse := func(src string) *dockerfile.File {
				f, err := dockerfile.Parse("Dockerfile", []byte(src))
				if err != nil {
					t.Fatal(err)
				}
				return f
			}
			got := ""
			for _, d := range contract.Compare(parse(c.before), parse(c.after)) {
				got += "|" + strings.TrimPrefix(d.Stage+" ", " ") + d.Setting + ": " + said(d.Before) + " -> " +
					said(d.After)
			}
			if got = strings.TrimPrefix(got, "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func said(v contract.Value) string {
	if v.Base {
		return "base"
	}
	return v.Text
}
