package review

import (
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestHiddenIsNotFixed: an edit after which dfbot cannot judge the file, an image or an instruction any more fixes
// nothing that was found in it; one that can be judged does.
func TestHiddenIsNotFixed(t *testing.T) {
	const install = "RUN apt-get update && apt-get install -y curl\n"
	for _, c := range []struct{ name, base, head, want string }{
		{"the escape character", "FROM debian:13\n" + install, "# escape=`\nFROM debian:13\n" + install, ""},
		{"a frontend", "FROM debian:13\n" + install,
			"# syntax=example.org/other:1\nFROM debian:13\n" + install, ""},
		{"a template", "FROM debian:13\n" + install,
			"FROM debian:13\n{% if x %}\n" + install + "{% endif %}\n", ""},
		{"a parse error", "FROM debian:13\n" + install, "FROM debian:13\nRUUN x\n" + install, ""},
		{"a shell", "FROM debian:13\n" + install,
			"FROM debian:13\nSHELL [\"/usr/bin/python3\", \"-c\"]\n" + install, ""},
		{"a quote without an end", "FROM debian:13\n" + install,
			"FROM debian:13\nRUN apt-get update && apt-get install -y curl'\n", ""},
		{"another language", "FROM debian:13\n" + install,
			"FROM debian:13\nRUN <<EOF\n#!/usr/bin/env python3\nos.system('apt-get install -y curl')\nEOF\n", ""},
		{"a base image by an ARG", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"ARG BASE\nFROM $BASE\nEXPOSE 80\nCMD [\"serve\"]\n", ""},
		{"a base image that is not known", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"FROM registry.example/base:4\nEXPOSE 80\nCMD [\"serve\"]\n", ""},
		{"the image of another stage", "FROM debian:13 AS a\nFROM a\nEXPOSE 80\nCMD [\"serve\"]\n",
			"FROM registry.example/base:4 AS a\nFROM a\nEXPOSE 80\nCMD [\"serve\"]\n", ""},
		{"a user without a value", "FROM debian:13\nUSER root\nCMD [\"serve\"]\n",
			"FROM debian:13\nARG U\nUSER $U\nCMD [\"serve\"]\n", ""},
		{"an end of life without a value", "FROM node:12\n", "ARG V\nFROM node:$V\n", ""},
		{"latest without a value", "FROM alpine:latest\n", "ARG TAG\nFROM alpine:${TAG}\n", ""},
		{"a port without a value", "FROM debian:13\nEXPOSE 22\n", "FROM debian:13\nARG P\nEXPOSE $P\n", ""},
		{"a source without a value", "FROM debian:13\nADD http://example.com/a /a\n",
			"FROM debian:13\nARG S\nADD $S /a\n", ""},

		{"a USER", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"FROM registry.example/base:4\nEXPOSE 80\nUSER 1\nCMD [\"serve\"]\n", "root-user"},
		{"a known image that does not start as root", "FROM debian:13\nEXPOSE 80\nCMD [\"serve\"]\n",
			"FROM cgr.dev/chainguard/static:1\nEXPOSE 80\nCMD [\"serve\"]\n", "root-user"},
		{"a RUN that is gone", "FROM debian:13\n" + install,
			"FROM registry.example/base:4\n", "apt-lists-kept apt-recommends"},
		{"a RUN that is fixed on another image", "FROM debian:13\nRUN apt-get install -y curl wget\n",
			"FROM registry.example/base:4\nRUN apt-get install -y --no-install-recommends curl wget\n",
			"apt-recommends"},
		{"a tag", "FROM registry.example/base:latest\n", "FROM registry.example/base:4\n", "latest-tag"},
		{"a tag by an ARG", "FROM alpine:latest\n", "ARG T=3.22\nFROM alpine:$T\n", "latest-tag"},
		{"another port", "FROM debian:13\nEXPOSE 22\n", "FROM debian:13\nEXPOSE 80\n", "ssh-exposed"},
		{"a stage that is gone", "FROM debian:13 AS a\n" + install + "FROM debian:13\n", "FROM $X\n",
			"apt-recommends"},
	} {
		m := mutated{path: "Dockerfile"}
		base, head := m.judge("Dockerfile", c.base), m.judge("Dockerfile", c.head)
		var got []string
		for _, d := range Compare(&head, &base).Fixed {
			if c.want == "" || strings.Contains(c.want, d.Rule.Name) {
				got = append(got, d.Rule.Name)
			}
		}
		if all := strings.Join(got, " "); all != c.want {
			t.Errorf("%s: fixed: %q, want %q", c.name, all, c.want)
		}
		if len(base.Diagnostics) == 0 {
			t.Errorf("%s: nothing is found on the base", c.name)
		}
	}
}

// TestUnknownImageFixesNothing: where all that changes is that the base images are not known any more, nothing of what
// was found is fixed.
func TestUnknownImageFixesNothing(t *testing.T) {
	found := 0
	for _, m := range mutatedFiles(t) {
		f, err := dockerfile.Parse(m.path, []byte(m.src))
		if err != nil || attached.MatchString(m.src) {
			continue
		}
		src := m.src
		for i := len(f.Stages()) - 1; i >= 0; i-- {
			s := f.Stages()[i]
			if w := s.From.Words[0]; s.Parent == nil {
				src = src[:w.Span.Start] + "${DFBOT_IMAGE}" + src[w.Span.End:]
			}
		}
		src = insert(src, f.Stages()[0].From.Span.Start, "ARG DFBOT_IMAGE\n")
		base, head := m.judge(m.path, m.src), m.judge(m.path, src)
		for _, d := range Compare(&head, &base).Fixed {
			t.Errorf("%s: line %d: %s is fixed: %s\n%s", m.name, d.Place.Line, d.Rule.Name, d.Message, src)
		}
		found += len(base.Diagnostics)
	}
	if found == 0 {
		t.Error("nothing was found")
	}
}
