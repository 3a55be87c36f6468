package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/spelling"
)

var labelKey = &analysis.Rule{
	Name:       "label-key",
	Doc:        "Label key that tools do not look for, or that is reserved for Docker",
	Topic:      analysis.Labels,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for an unknown key in the namespace of the image specification",
	Aliases:    []string{"DL3048"},
	Run: func(p *analysis.Pass) {
		eachKey(p.File, func(in *dockerfile.Instruction, pair dockerfile.Pair, key string) {
			reportKey(p, in, pair, key)
		})
	},
}

const ociPrefix = "org.opencontainers.image."

// ociKeys are the keys that the image specification defines
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys).
var ociKeys = []string{"authors", "base.digest", "base.name", "created", "description", "documentation", "licenses",
	"ref.name",
	"revision", "source", "title", "url", "vendor", "version"}

// ociMeant are words that people write for one of them, too different to be a typing mistake.
var ociMeant = map[string]string{"maintainer": "authors", "maintainers": "authors", "docs": "documentation",
	"doc":    "documentation",
	"commit": "revision", "sha": "revision", "date": "created", "build-date": "created", "name": "title",
	"repository": "source", "vcs-url": "source",
	"vcs-ref": "revision", "homepage": "url"}

// reservedKeys are the prefixes that Docker reserves for itself
// (https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations).
var reservedKeys = []string{"com.docker.", "io.docker.", "org.dockerproject."}

func reportKey(p *analysis.Pass, in *dockerfile.Instruction, pair dockerfile.Pair, key string) {
	f := analysis.Finding{In: in, Span: keySpan(p.File, pair)}
	near, reserved := nearOCI(key)
	switch {
	case near != "":
		f.Message = analysis.Say("%s is not a key of the OCI image specification; %s is", key, near)
		f.Why = analysis.Say("Registries, scanners and update bots look for the exact key, so they do not find " +
			"this label.")
		f.Fix = renameKey(in, pair, key, near)
	case reserved:
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s is not a key of the OCI image specification, but uses its prefix", key)
		f.Why = analysis.Say("%s is reserved for the keys that the specification defines.", ociPrefix)
	case dockerOwn(key):
		f.Message = analysis.Say("The label %s is in a namespace that Docker reserves for itself", key)
		f.Why = analysis.Say("A key of Docker's own may get the same name.")
	default:
		return
	}
	p.Report(f)
}

func dockerOwn(key string) bool {
	for _, r := range reservedKeys {
		if strings.HasPrefix(key, r) {
			// Extensions of Docker Desktop must have these.
			return !strings.HasPrefix(key, "com.docker.extension.") &&
				!strings.HasPrefix(key, "com.docker.desktop.extension.")
		}
	}
	return false
}

// nearOCI returns the key of the image specification that was meant; reserved reports whether the key
// has the specification's prefix and is not one of its keys.
func nearOCI(key string) (near string, reserved bool) {
	low := strings.ToLower(key)
	if !strings.HasPrefix(low, "org.opencontainer") {
		return "", false
	}
	rest, ok := strings.CutPrefix(low, ociPrefix)
	if !ok {
		for _, wrong := range []string{"org.opencontainers.images.", "org.opencontainer.image.",
			"org.opencontainer.images.", "org.opencontainers.", "org.opencontainer."} {
			if rest, ok = strings.CutPrefix(low, wrong); ok {
				break
			}
		}
	}
	if slices.Contains(ociKeys, rest) {
		if ociPrefix+rest == key {
			return "", false
		}
		return ociPrefix + rest, true
	}
	if meant := ociMeant[rest]; meant != "" {
		return ociPrefix + meant, true
	}
	for _, k := range ociKeys {
		if len(rest) > 3 && spelling.Distance(rest, k) <= 2 {
			return ociPrefix + k, true
		}
	}
	return "", strings.HasPrefix(low, ociPrefix)
}

// renameKey writes the right key, unless the stage has it already.
func renameKey(in *dockerfile.Instruction, pair dockerfile.Pair, key, right string) *analysis.Fix {
	label := in.Inner()
	if label.File().Text(dockerfile.Span{Start: pair.Span.Start, End: pair.Span.Start + len(pair.Key)}) != pair.Key ||
		in.Stage == nil {
		return nil
	}
	for _, x := range in.Stage.Instructions() {
		for _, other := range x.Pairs {
			name := strings.Trim(other.Key, `"'`)
			if near, _ := nearOCI(name); x.Name == "LABEL" &&
				(name == right || other.Span != pair.Span && near == right) {
				return nil
			}
		}
	}
	if strings.Count(pair.Key, key) != 1 {
		return nil
	}
	return &analysis.Fix{
		Title:         "Use the key of the OCI specification",
		Applicability: analysis.Unsafe,
		Caveat:        analysis.Say("Programs that read %s today no longer find it.", key),
		Edits: []analysis.Edit{{
			Span: dockerfile.Span{Start: pair.Span.Start, End: pair.Span.Start + len(pair.Key)},
			New:  strings.Replace(pair.Key, key, right, 1),
		}},
	}
}
