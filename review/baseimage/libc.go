package baseimage

import (
	"slices"
	"strconv"
	"strings"
)

// Libc is the C library of an image.
type Libc struct {
	Musl   bool
	Glibc  int    // N of glibc 2.N; 0 where it is not known, and for musl
	System string // what has it, with the name that Debian's tags give a release: Debian 13 (trixie)
	Code   string // that name, trixie; "" for other systems than Debian
}

// Libc returns the C library that the image is known to have.
func (r Ref) Libc() (Libc, bool) {
	switch r.Family() {
	case Alpine:
		return Libc{Musl: true, System: "Alpine"}, true
	case Debian, Ubuntu, RedHat, SUSE, Arch, Wolfi:
		return r.glibc(), true
	case Distroless:
		if v := r.distrolessDebian(); v != "" && !strings.HasPrefix(r.Name, "distroless/static") {
			return debianLibc(v), true
		}
	}
	return Libc{}, false
}

// glibc is the C library of a system that has glibc.
func (r Ref) glibc() Libc {
	for _, release := range r.Releases() {
		switch release.Product {
		case "Debian":
			return debianLibc(release.Version)
		case "Ubuntu":
			return Libc{Glibc: ubuntuGlibc[release.Version], System: "Ubuntu " + release.Version}
		}
	}
	if v := r.defaultDebian(); v != "" {
		return debianLibc(v)
	}
	return Libc{System: "a system with glibc"}
}

// debianLibc is the C library of a release of Debian.
func debianLibc(version string) Libc {
	l := Libc{Glibc: debianGlibc[version], System: "Debian " + version}
	for code, v := range debianCodes {
		if v == version {
			l.Code, l.System = code, "Debian "+version+" ("+code+")"
		}
	}
	return l
}

// N of glibc 2.N, from https://packages.debian.org/libc6 and https://packages.ubuntu.com/libc6 (2026).
var (
	debianGlibc = map[string]int{"9": 24, "10": 28, "11": 31, "12": 36, "13": 41}
	ubuntuGlibc = map[string]int{"18.04": 27, "20.04": 31, "22.04": 35, "24.04": 39, "25.04": 41, "25.10": 42}
)

// defaultDebian returns the release of Debian that official images have whose tags name none, where that did not change
// while the version was maintained.
func (r Ref) defaultDebian() string {
	major, minor, ok := twoNumbers(r.Tag)
	for _, d := range defaultDebians {
		if ok && d.image == r.Library() && d.major == major && d.from <= minor && minor <= d.to {
			return d.debian
		}
	}
	return ""
}

// defaultDebians are read off the tags of https://github.com/docker-library/official-images/tree/master/library.
var defaultDebians = []struct {
	image           string
	major, from, to int
	debian          string
}{
	{"rust", 1, 72, 88, "12"}, {"rust", 1, 90, 200, "13"},
	{"golang", 1, 21, 23, "12"}, {"golang", 1, 25, 200, "13"},
	{"python", 3, 10, 30, "13"},
}

// twoNumbers returns the first two numbers of the tag's version.
func twoNumbers(tag string) (major, minor int, ok bool) {
	numbers := strings.Split(leading(tag), ".")
	if len(numbers) < 2 {
		return 0, 0, false
	}
	major, err := strconv.Atoi(numbers[0])
	if err != nil {
		return 0, 0, false
	}
	minor, err = strconv.Atoi(numbers[1])
	return major, minor, err == nil
}

// distrolessDebian is the release of Debian in the name of a distroless image.
func (r Ref) distrolessDebian() string {
	if r.Registry != "gcr.io" {
		return ""
	}
	_, version, _ := strings.Cut(r.Name, "-debian")
	return version
}

// Language returns the release of the language that the image holds, such as 3.13 of Python; "" where it is not known.
func (r Ref) Language(product string) string {
	if product == "Python" && strings.HasPrefix(r.Name, "distroless/python3-") {
		return distrolessPython[r.distrolessDebian()]
	}
	i := slices.IndexFunc(r.Releases(), func(release Release) bool { return release.Product == product })
	if i < 0 {
		return ""
	}
	return r.Releases()[i].Version
}

// distrolessPython is Python's release in a release of Debian.
var distrolessPython = map[string]string{"11": "3.9", "12": "3.11", "13": "3.13"}
