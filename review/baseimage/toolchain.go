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
	case begins(place, "messense/rust-musl-cross"), begins(place, "clux/muslrust"), begins(place, "ekidd/rust-musl-builder"),
		begins(place, "lukemathwalker/cargo-chef"), begins(place, "rustlang/rust"):
		return "Rust"
	}
	return ""
}

func libraryToolchain(lib, tag string) string {
	switch lib {
	case "golang":
		return "Go"
	case "rust":
		return "Rust"
	case "maven", "gradle":
		return "Java"
	case "openjdk", "eclipse-temurin", "amazoncorretto", "sapmachine", "ibm-semeru-runtimes", "java":
		if strings.Contains(tag, "jre") || strings.Contains(tag, "headless") {
			return ""
		}
		return "Java"
	case "gcc", "buildpack-deps":
		return "C"
	case "haskell":
		return "Haskell"
	case "swift":
		if strings.Contains(tag, "slim") {
			return ""
		}
		return "Swift"
	case "node":
		return "Node"
	}
	return ""
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
	version, code, _ := strings.Cut(r.Tag, "-")
	if code == "" && debianCodes[version] != "" {
		version, code = "", version
	}
	switch {
	case code == "" && leading(version) != "", debianCodes[code] != "" && lib == "node":
		return r.Tag + "-slim", true
	case debianCodes[code] == "":
		return "", false
	case version == "":
		return "slim-" + code, true
	}
	return version + "-slim-" + code, true // all but node say it in this order
}

// slimmable are the official images with a -slim variant that keeps what programs need at run time.
var slimmable = setOf("node python ruby rust perl")
