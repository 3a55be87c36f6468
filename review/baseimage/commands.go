package baseimage

import (
	"slices"
	"strconv"
	"strings"
)

// Command reports whether the image holds a program of that name where PATH finds it; known is false where that is not
// certain. It knows the programs that Dockerfiles often call, in the official images and a few others.
func (r Ref) Command(name string) (has, known bool) {
	if f := r.Family(); f == Scratch || f == Distroless {
		nothing := f == Scratch || r.withoutPrograms() && !runtimePrograms[name]
		return false, nothing && (called[name] || shellTools[name])
	}
	row, ok := r.held()
	if !ok {
		return false, false
	}
	switch {
	case words(row.adds)[name]:
		return true, true
	case words(row.may)[name]:
		return false, false
	}
	return false, words(r.system())[name]
}

// BusyBoxTools reports whether the programs of the system are those of BusyBox: wget, adduser, addgroup and others.
func (f Family) BusyBoxTools() bool { return f == Alpine || f == BusyBox }

// withoutPrograms reports whether the image holds the files of one program and no other.
func (r Ref) withoutPrograms() bool {
	if r.Registry == "gcr.io" && strings.HasPrefix(r.Name, "distroless/") {
		return !strings.Contains(r.Tag, "debug")
	}
	return r.Registry == "mcr.microsoft.com" && strings.Contains(r.Tag, "chiseled")
}

// system lists the programs that the system of the image certainly does not hold on its own; "" where that is not
// known.
func (r Ref) system() string {
	switch r.Family() {
	case Debian:
		return r.debianLacks()
	case Ubuntu:
		if v := r.release("Ubuntu"); v == "" || v >= "18.04" {
			return ubuntuLacks
		}
	case Alpine:
		return r.alpineLacks()
	case BusyBox:
		return busyBoxLacks
	case RedHat:
		return r.redHatLacks()
	}
	return ""
}

// alpineLacks leaves out pip before 3.12, where it came with python3.
func (r Ref) alpineLacks() string {
	v := r.release("Alpine")
	major, minor, numbered := twoNumbers(v)
	switch {
	case v == "" || numbered && (major > 3 || major == 3 && minor >= 12):
		return alpineLacks + " pip pip3"
	case numbered && major == 3 && minor >= 8:
		return alpineLacks
	}
	return ""
}

func (r Ref) debianLacks() string {
	switch v := r.DebianRelease(); {
	case v == "":
		return debianLacks
	case len(v) == 1:
		return "" // older releases held more
	case v >= "13":
		return debianLacks + " adduser addgroup deluser delgroup apt-key"
	}
	return debianLacks
}

func (r Ref) redHatLacks() string {
	lacks := redHatLacks
	minimal := strings.Contains(r.Name, "minimal") || strings.Contains(r.Tag, "minimal")
	if ubi := strings.Contains(r.Name, "ubi"); r.Library() == "amazonlinux" || r.Name == "amazonlinux/amazonlinux" {
		lacks += " useradd groupadd usermod groupmod userdel groupdel adduser tar"
	} else if ubi && minimal {
		lacks += " useradd groupadd usermod groupmod userdel groupdel adduser"
	}
	return lacks
}

// DebianRelease is the release of Debian that the image is known to have, such as 13; "" where it is not known.
func (r Ref) DebianRelease() string {
	if v := r.release("Debian"); v != "" {
		return v
	}
	if numbers := strings.Count(leading(r.Tag), "."); numbers != 1 {
		if r.Library() == "debian" && slices.Contains([]string{"", "latest", "stable", "stable-slim"}, r.Tag) {
			return products["Debian"].latest
		}
		return "" // which a version with a patch level has got may have changed
	}
	return r.defaultDebian()
}

// release is the version of the product that the tag names.
func (r Ref) release(product string) string {
	for _, release := range r.Releases() {
		if release.Product == product {
			return release.Version
		}
	}
	return ""
}

// held returns the row of the image.
func (r Ref) held() (holding, bool) {
	variant := ""
	for _, word := range strings.Split(r.Tag, "-") {
		switch word {
		case "onbuild", "builder", "tip", "rc", "nightly", "sid", "unstable", "testing", "edge", "rawhide":
			return holding{}, false
		case "slim":
			variant = "slim"
		}
	}
	if r.Family() == Alpine {
		variant = "alpine"
	}
	name := r.Library()
	if name == "" {
		name = r.place()
	}
	major, numbered := r.major()
	for _, row := range holdings {
		if row.variant != variant && row.variant != "any" || !slices.Contains(strings.Fields(row.images), name) {
			continue
		}
		if row.from > 0 && numbered && major < row.from || row.to > 0 && (!numbered || major > row.to) {
			return holding{}, false
		}
		return row, true
	}
	return holding{}, false
}

// major is the first number of the tag's version.
func (r Ref) major() (n int, ok bool) {
	first, _, _ := strings.Cut(leading(r.Tag), ".")
	n, err := strconv.Atoi(first)
	return n, err == nil
}

// words splits a list of programs. The lists are few and short, so none is kept.
func words(list string) map[string]bool { return setOf(list) }
