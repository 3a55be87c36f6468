package baseimage

import "strings"

// Toolchain returns the language whose compiler or build tool the image is there for: Go, Rust,
// Java, .NET, C, Haskell, Swift or Node; "" for any other image.
func (r Ref) Toolchain() string {
	place := r.place()
	switch lib := r.Library(); {
	case lib != "":
		return libraryToolchain(lib, r.Tag)
	case strings.HasPrefix(place, "mcr.microsoft.com/dotnet/") && strings.HasSuffix(r.Name, "/sdk"),
		place == "microsoft/dotnet" && strings.Contains(r.Tag, "sdk"), place == "microsoft/aspnetcore-build":
		return ".NET"
	case place == "mcr.microsoft.com/devcontainers/go", place == "mcr.microsoft.com/oss/go/microsoft/golang":
		return "Go"
	case begins(place, "messense/rust-musl-cross"), begins(place, "clux/muslrust"),
		begins(place, "ekidd/rust-musl-builder"),
		begins(place, "lukemathwalker/cargo-chef"), begins(place, "rustlang/rust"):
		return "Rust"
	}
	return ""
}

// libraryToolchain is Toolchain of an official image.
func libraryToolchain(lib, tag string) string {
	t := libraryToolchains[lib]
	for _, word := range strings.Fields(t.without) {
		if strings.Contains(tag, word) {
			return ""
		}
	}
	return t.language
}

// runtimes are words in the tags of images that run Java and do not compile it.
const runtimes = "jre headless"

// libraryToolchains are the official images that hold a compiler or a build tool.
var libraryToolchains = map[string]struct{ language, without string }{ // without: words of the tags that leave it out
	"golang": {"Go", ""}, "rust": {"Rust", ""}, "maven": {"Java", ""}, "gradle": {"Java", ""},
	"openjdk": {"Java", runtimes}, "eclipse-temurin": {"Java", runtimes}, "amazoncorretto": {"Java", runtimes},
	"sapmachine": {"Java", runtimes}, "ibm-semeru-runtimes": {"Java", runtimes}, "java": {"Java", runtimes},
	"gcc": {"C", ""}, "buildpack-deps": {"C", ""}, "haskell": {"Haskell", ""}, "swift": {"Swift", "slim"},
	"node": {"Node", ""},
}

// Bulky reports whether the image is the large variant of one that also comes as slim or on Alpine,
// and names the tag of the slim one.
func (r Ref) Bulky() (slim string, ok bool) {
	lib := r.Library()
	if !slimmable[lib] {
		return "", false
	}
	if r.Tag == "" || r.Tag == "latest" {
		return "slim", true
	}
	for _, word := range strings.Split(r.Tag, "-") {
		if word == "slim" || wordFamily(word) == Alpine || wordFamily(word) == Windows || word == "alpine" {
			return "", false
		}
	}
	return slimTag(lib, r.Tag)
}

// slimTag returns the tag of the slim variant that belongs to a tag of the large one.
func slimTag(lib, tag string) (slim string, ok bool) {
	version, code, _ := strings.Cut(tag, "-")
	if code == "" && debianCodes[version] != "" {
		version, code = "", version
	}
	switch {
	case code == "" && leading(version) != "", debianCodes[code] != "" && lib == "node":
		return tag + "-slim", true
	case debianCodes[code] == "":
		return "", false
	case version == "":
		return "slim-" + code, true
	}
	return version + "-slim-" + code, true // all but node say it in this order
}

// slimmable are the official images with a -slim variant that keeps what programs need at run time.
var slimmable = setOf("node python ruby rust perl")
