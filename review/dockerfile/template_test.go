package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestTemplates: a file that has still to be filled in is said to be a template, at the first place that shows it.
func TestTemplates(t *testing.T) {
	for src, line := range map[string]int{
		"FROM %%BASE%%\n":                                                            1,
		"FROM debian:%%SUITE%%-slim\n":                                               1,
		"FROM debian:13\nENV VERSION %%VERSION%%\n":                                  2,
		"FROM debian:13\nENV URL=\"%%URL%%\"\n":                                      2,
		"FROM debian:13\nRUN true\n%%INSTALL%%\n":                                    3,
		"FROM debian:13\nRUN apt-get install -y x=%%VERSION%%\n":                     2,
		"FROM @BASE_IMAGE@\n":                                                        1,
		"FROM debian:@TAG@\n":                                                        1,
		"FROM debian:13\nCOPY @SRC@ /app\n":                                          2,
		"FROM debian:13\nEXPOSE 80\nUSER @UID@\n":                                    3,
		"FROM debian:13\n@INSTALL@\n":                                                2,
		"FROM __BASE__\n":                                                            1,
		"FROM alpine:__version__\n":                                                  1,
		"FROM acme.dev/__name__/x\n":                                                 1,
		"FROM alpine:3.22\nEXPOSE __PORT__\n":                                        2,
		"FROM alpine:3.22\nCOPY [\"__BIN__\", \"/x\"]\n":                             2,
		"FROM DIST:SUITE\n":                                                          1,
		"FROM debian:SUITE\n":                                                        1,
		"FROM debian:OS_VERSION\nRUN true\n":                                         1,
		"FROM BASEIMAGE\n":                                                           1,
		"FROM acme.dev/MY_IMAGE:1\n":                                                 1,
		"FROM alpine:<%= version %>\n":                                               1,
		"FROM alpine\nENV V=<%= version %>\n":                                        2,
		"FROM alpine\nEXPOSE <%=port%>\n":                                            2,
		"FROM alpine\n<% if x %>\nRUN y\n<% end %>\n":                                2,
		"FROM alpine\nRUN apk add \\\n <%= packages %> \\\n curl\n":                  2,
		"FROM {{ base }}\n":                                                          1,
		"FROM python:{{version}}-slim\n":                                             1,
		"FROM python:3\nUSER {{ user }}\n":                                           2,
		"FROM python:3\nENV A={{ b }}\n":                                             2,
		"FROM python:3\nENV A={{b}} C=d\n":                                           2,
		"FROM python:3\nRUN pip install {{ packages|join(' ') }}\n":                  2,
		"FROM python:3\nRUN a \\\n {% for p in x %} \\\n b \\\n {% endfor %} && c\n": 2,
		"{% if x %}\nFROM python:3\n{% endif %}\n":                                   1,
		"FROM <image>\n":                                                             1,
		"FROM #{base}\nRUN true\n":                                                   1,
		"FROM debian:13\nRUN true\ninclude(`common.m4')\n":                           3,
		"FROM $$BASE$$\n":                                                            1,
	} {
		_, err := dockerfile.Parse("Dockerfile", []byte(src))
		e, ok := err.(*dockerfile.Error)
		if !ok || !e.Foreign || e.Line != line || !strings.Contains(e.Message, "template") {
			t.Errorf("%q: %+v, want a template, by line %d", src, err, line)
		}
	}
}

// TestNoTemplates: marks that programs of the image read, and names that are mistakes, make no template.
func TestNoTemplates(t *testing.T) {
	for _, src := range []string{
		"FROM DEBIAN\nRUN true\n",
		"FROM Debian:13\n",
		"FROM acme.dev/App:RELEASE\n",
		"FROM ACME.DEV/app:SNAPSHOT\n",
		"FROM alpine AS BASE\nFROM BASE\n",
		"FROM alpine AS base\nFROM BASE AS NAME\nCOPY --from=NAME a b\n",
		"ARG V=1-2\nFROM debian:${V%%-*}-slim\n",
		"FROM foo__bar__baz:1\n",
		"FROM a@sha256:" + strings.Repeat("a1", 32) + "\n",
		"FROM alpine\nRUN docker inspect --format '{{ .State.Health }}' x && echo \"{% if %}\"\n",
		"FROM alpine\nRUN docker inspect -f {{.Id}} x\n",
		"FROM alpine\nHEALTHCHECK CMD docker inspect -f '{{ .Id }}'\n",
		"FROM alpine\nRUN sed -i s/@PORT@/80/ /x && sed -i -e s/%%A%%/b/ -e \"s/__B__/c/\" /y\n",
		"FROM alpine\nRUN printf '%s%%\\n' 1 && date +%F%%\n",
		"FROM node\nENV NEXT_PUBLIC_URL=__NEXT_PUBLIC_URL__ FMT={{.Name}} B=\"{{ x }}\"\n",
		"FROM node\nCOPY __tests__ ./__mocks__/ /app/\nCOPY node_modules/@types /t/\n",
		"FROM node\nLABEL a=\"{{ b }}\" rule=\"Host(`@A@`)\"\nCMD [\"x\", \"{{ .Y }}\"]\n",
		"FROM alpine\nRUN <<EOF\n{% if x %}\n%%A%%\nEOF\n",
		"FROM alpine\nRUN [[ -n $A ]] && a={b,{c,d}} || true\n",
	} {
		if _, err := dockerfile.Parse("Dockerfile", []byte(src)); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
	for _, src := range []string{
		"MAINTAINER x\nFROM DEBIAN\n", "MAINTAINER Joe\nFROM debian:13\nRUN true\n", "USER x\nFROM IMAGES\n",
	} {
		if e, ok := errorOf(src); !ok || e.Foreign || e.Limit {
			t.Errorf("%q: %+v, want what BuildKit says", src, e)
		}
	}
}

func errorOf(src string) (*dockerfile.Error, bool) {
	_, err := dockerfile.Parse("Dockerfile", []byte(src))
	e, ok := err.(*dockerfile.Error)
	return e, ok
}

// TestStandIn: a default that only shows what a build gives is no image that anyone knows.
func TestStandIn(t *testing.T) {
	for src, known := range map[string]bool{
		"ARG BASE=@BASE@\nFROM ${BASE}\n":                 false,
		"ARG BASE=<base>\nFROM $BASE\n":                   false,
		"ARG BASE=BASE_IMAGE\nFROM $BASE\n":               false,
		"ARG TAG=__TAG__\nFROM debian:$TAG\n":             false,
		"ARG TAG=VERSION\nFROM debian:${TAG:-13}\n":       false,
		"ARG TAG=13\nFROM debian:${TAG}-slim\n":           true,
		"ARG TAG=13-slim\nFROM debian:${TAG%%-*}\n":       true,
		"ARG NAME=RELEASE\nFROM acme.dev/app:${NAME}-1\n": true,
	} {
		f, err := dockerfile.Parse("Dockerfile", []byte(src))
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got := f.Final().Image.Known; got != known {
			t.Errorf("%q: known %v, want %v", src, got, known)
		}
	}
}
