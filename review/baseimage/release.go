package baseimage

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// AsOf is the day on which the table of releases was read off https://endoflife.date.
const AsOf = "2026-08-22"

// Release is a release of a system or language that an image holds.
type Release struct {
	Product string // as its makers write it
	Version string // of the cycle: 3.9, not 3.9.18; "" where the image as a whole has come to its end
	// the first day without security fixes or the last with them, 2006-01-02; "" for one without a known end
	Ends string
	Next string // a release that was maintained on AsOf, for those who must move; may be ""
	Gone bool   // its packages have left the mirrors, so that an install fails
}

// Ended reports whether the release gets no more security fixes on that day. Nothing has ended on
// the zero day.
func (r Release) Ended(today time.Time) bool {
	return !today.IsZero() && r.Ends != "" && r.Ends < today.Format(time.DateOnly)
}

// EndedBefore reports whether the release ended that long before the day.
func (r Release) EndedBefore(today time.Time, ago time.Duration) bool {
	return !today.IsZero() && r.Ended(today.Add(-ago))
}

// Releases lists the releases that the image's name and tag tell of: the language or program
// first, then the system.
func (r Ref) Releases() []Release {
	var all []Release
	lib := r.Library()
	if end, ok := retired[lib]; ok && !r.earlyAccess() {
		all = append(all, end)
	} else if p := r.product(lib); p != nil {
		all = p.add(all, r.Tag)
	}
	for _, word := range strings.Split(r.Tag, "-") {
		switch {
		case debianCodes[word] != "":
			all = products["Debian"].add(all, debianCodes[word])
		case rosCodes[word]:
		case ubuntuCodes[word] != "":
			all = products["Ubuntu"].add(all, ubuntuCodes[word])
		default:
			name := strings.TrimRight(word, "0123456789.")
			if p := products[wordProducts[name]]; p != nil && name != word {
				all = p.add(all, word[len(name):])
			}
		}
	}
	return all
}

// Current returns the tag that named the same image as latest on AsOf; "" where that is not known, as
// with a mirror that holds only some of the tags.
func (r Ref) Current() string {
	if r.Registry == "mcr.microsoft.com" {
		return ""
	}
	if p := r.product(r.Library()); p != nil && r.Library() != "" {
		return p.latest
	}
	return ""
}

// retired are official images that as a whole get no updates any more
// (https://hub.docker.com/_/openjdk and so on say since when).
var retired = map[string]Release{
	"java":         {Product: "the image java", Ends: "2016-12-31", Next: "eclipse-temurin"},
	"openjdk":      {Product: "the image openjdk", Ends: "2022-07-31", Next: "eclipse-temurin"},
	"adoptopenjdk": {Product: "the image adoptopenjdk", Ends: "2021-08-01", Next: "eclipse-temurin"},
	"iojs":         {Product: "the image iojs", Ends: "2016-10-31", Next: "node"},
}

// earlyAccess reports whether the tag is one of openjdk's previews, which go on.
func (r Ref) earlyAccess() bool {
	return r.Name == "openjdk" && (strings.Contains(r.Tag, "ea") || len(leading(r.Tag)) >= 2 && leading(r.Tag) >= "19")
}

// product returns what the image is a release of, nil where the table has none.
func (r Ref) product(lib string) *product {
	switch {
	case lib == "buildpack-deps" && leading(r.Tag) != "": // Debian's releases have only names there
		return products["Ubuntu"]
	case lib != "":
		return products[libraryProducts[lib]]
	}
	switch place := r.place(); {
	case dotnetImage.MatchString(place):
		return products[".NET"]
	case place == "opensuse/leap":
		return products["openSUSE Leap"]
	case place == "quay.io/centos/centos":
		return products["CentOS Stream"]
	case place == "public.ecr.aws/amazonlinux/amazonlinux":
		return products["Amazon Linux"]
	}
	return nil
}

// dotnetImage are the images whose tags are versions of .NET. Those of other programs beside them,
// such as dotnet/aspire-dashboard, are not.
var dotnetImage = regexp.MustCompile(
	`^mcr\.microsoft\.com/dotnet/((core|core-nightly|nightly)/)?(sdk|aspnet|runtime|runtime-deps)$` +
		`|^microsoft/(dotnet|aspnetcore|aspnetcore-build)$`)

var libraryProducts = map[string]string{
	"debian": "Debian", "ubuntu": "Ubuntu", "alpine": "Alpine", "centos": "CentOS", "fedora": "Fedora",
	"amazonlinux": "Amazon Linux", "node": "Node.js", "python": "Python", "ruby": "Ruby", "golang": "Go", "php": "PHP",
	"eclipse-temurin": "Java", "amazoncorretto": "Java", "postgres": "PostgreSQL", "mysql": "MySQL",
	"mariadb": "MariaDB", "mongo": "MongoDB",
}

// wordProducts are the words, with a version after them, by which tags name what else is in the image.
var wordProducts = map[string]string{
	"alpine": "Alpine", "debian": "Debian", "ubuntu": "Ubuntu", "centos": "CentOS", "fedora": "Fedora",
	"python": "Python", "py": "Python", "node": "Node.js", "php": "PHP", "ruby": "Ruby",
}

// product is what has releases.
type product struct {
	name   string
	parts  int               // how many numbers name a release
	ends   map[string]string // the day by release
	floats map[string]string // the last release of a series that is closed, by the number that names the series
	next   string
	latest string // the release that the tag latest of the official image means
	gone   string // the releases whose packages are on no mirror any more

	codes  map[string]string // the releases by the names that tags have for them
	prefix string            // comes before the version in some tags
	closed string            // the last release of all, which an image without a tag, or the tag latest, is
	early  string            // releases whose first number is among these characters have one part more
}

// add appends the release that the tag names.
func (p *product) add(all []Release, tag string) []Release {
	version := p.release(tag)
	ends, ok := p.ends[version]
	if !ok {
		return all
	}
	r := Release{Product: p.name, Version: version, Ends: ends, Gone: slices.Contains(strings.Fields(p.gone), version)}
	if p.next != "" && p.next != version {
		r.Next = p.name + " " + p.next
	}
	if slices.Contains(all, r) {
		return all // a system's own image says it twice
	}
	return append(all, r)
}

// release returns the release that a tag names, "" where it names none.
func (p *product) release(tag string) string {
	if code, _, _ := strings.Cut(tag, "-"); p.codes[code] != "" {
		return p.codes[code]
	}
	if p.closed != "" && (tag == "" || tag == "latest") {
		return p.closed
	}
	version := leading(strings.TrimPrefix(tag, p.prefix))
	if f, ok := p.floats[version]; ok {
		return f
	}
	numbers := strings.Split(version, ".")
	n := p.parts
	if len(numbers[0]) == 1 && strings.Contains(p.early, numbers[0]) {
		n++
	}
	if len(numbers) < n {
		return ""
	}
	return strings.Join(numbers[:n], ".")
}

// leading returns the version with which the tag begins, without an end that is no number.
func leading(tag string) string {
	tag = strings.TrimPrefix(tag, "v")
	n := 0
	for n < len(tag) && (tag[n] >= '0' && tag[n] <= '9' || tag[n] == '.') {
		n++
	}
	return strings.TrimRight(tag[:n], ".")
}

var debianCodes = map[string]string{
	"squeeze": "6", "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12",
	"trixie": "13",
}

var ubuntuCodes = map[string]string{
	"lucid": "10.04", "precise": "12.04", "trusty": "14.04", "utopic": "14.10", "vivid": "15.04", "wily": "15.10",
	"xenial": "16.04", "yakkety": "16.10", "zesty": "17.04", "artful": "17.10", "bionic": "18.04", "cosmic": "18.10",
	"disco": "19.04", "eoan": "19.10", "focal": "20.04", "groovy": "20.10", "hirsute": "21.04", "impish": "21.10",
	"jammy": "22.04", "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10", "noble": "24.04", "oracular": "24.10",
	"plucky": "25.04", "questing": "25.10", "resolute": "26.04",
}

// rosCodes are the releases of ROS that are called like one of Ubuntu's, but are built on an older one
// (https://wiki.ros.org/Distributions). Only Ubuntu's own images mean Ubuntu's by them.
var rosCodes = map[string]bool{"kinetic": true, "lunar": true}

// nodeCodes are the names of Node's long-term releases (https://github.com/nodejs/Release).
var nodeCodes = map[string]string{
	"argon": "4", "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12", "fermium": "14", "gallium": "16",
	"hydrogen": "18", "iron": "20", "jod": "22", "krypton": "24",
}

// Rolling reports whether the image is published under no tag that names a version, so that only a
// digest can hold it fast.
func (r Ref) Rolling() bool {
	return r.Registry == "cgr.dev" || r.Registry == "gcr.io" &&
		(strings.HasPrefix(r.Name, "distroless/") || strings.HasPrefix(r.Name, "oss-fuzz-base/"))
}
