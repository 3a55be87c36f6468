package baseimage

import (
	"slices"
	"strings"
)

// Family is the kind of system that an image holds: which package manager, which tools for users
// and groups, which C library.
type Family uint8

const (
	Unknown    Family = iota
	Scratch           // nothing at all
	Distroless        // a C library or less, no shell, no package manager
	BusyBox           // busybox and no package manager
	Debian            // apt, useradd; Debian's own releases
	Ubuntu            // apt, useradd; Ubuntu's releases
	Alpine            // apk, busybox, musl
	RedHat            // dnf, yum or microdnf: RHEL and its likes, Fedora, Amazon Linux, Azure Linux
	SUSE              // zypper
	Arch              // pacman
	Wolfi             // apk and busybox, glibc
	Windows
)

// Apt reports whether the family installs packages with apt-get.
func (f Family) Apt() bool { return f == Debian || f == Ubuntu }

// Library returns the name of the Docker official image that r is: directly, through a mirror of
// the registry, or for one architecture; "" where it is not one.
func (r Ref) Library() string {
	name := r.Name
	switch r.Registry {
	case "docker.io":
		if arch, rest, ok := strings.Cut(name, "/"); ok && slices.Contains(architectures, arch) {
			name = rest
		}
	case "public.ecr.aws":
		name = strings.TrimPrefix(name, "docker/library/")
	case "mcr.microsoft.com":
		rest, mirrored := strings.CutPrefix(name, "mirror/docker/library/")
		if !mirrored {
			return ""
		}
		name = rest
	case "mirror.gcr.io":
		name = strings.TrimPrefix(name, "library/")
	default:
		return ""
	}
	if !official[name] {
		return ""
	}
	return name
}

// architectures prefix the official images of one architecture
// (https://github.com/docker-library/official-images#architectures-other-than-amd64).
var architectures = []string{"amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "mips64le", "ppc64le",
	"riscv64", "s390x"}

// Family returns the kind of system that the image holds, as its name and tag tell.
func (r Ref) Family() Family {
	if r == (Ref{Registry: "docker.io", Name: "scratch"}) {
		return Scratch
	}
	tag, byTag := r.tagFamily()
	switch {
	case r.framework():
		return Windows
	case r.Name == "wolfi-base" || r.Registry == "cgr.dev" && strings.HasSuffix(r.Name, "/wolfi-base"):
		return Wolfi
	case r.Registry == "cgr.dev" && strings.HasSuffix(r.Tag, "-dev"):
		return Wolfi
	case r.Registry == "cgr.dev", strings.Contains("/"+r.Name, "/distroless/"):
		return Distroless
	case strings.HasPrefix(r.Name, "dotnet/") && r.Registry == "mcr.microsoft.com":
		return r.dotnetFamily(tag)
	case byTag:
		return tag
	}
	if name := r.Library(); name != "" {
		return libraryFamily(name, r.Tag)
	}
	for prefix, f := range families {
		if strings.HasPrefix(r.place(), prefix) {
			return f
		}
	}
	return Unknown
}

// place is the image's name with its registry, in which docker.io goes without saying.
func (r Ref) place() string {
	if r.Registry == "docker.io" {
		return r.Name
	}
	return r.Registry + "/" + r.Name
}

// framework reports whether the image is one of the .NET Framework, which is for Windows alone
// (https://github.com/microsoft/dotnet-framework-docker).
func (r Ref) framework() bool {
	return r.Registry == "mcr.microsoft.com" && strings.HasPrefix(r.Name, "dotnet/framework/") ||
		r.Registry == "docker.io" && (r.Name == "microsoft/dotnet-framework" || r.Name == "microsoft/iis")
}

// dotnetFamily follows https://github.com/dotnet/dotnet-docker/blob/main/documentation/image-variants.md:
// Debian is the default up to .NET 9, Ubuntu from .NET 10 on.
func (r Ref) dotnetFamily(tag Family) Family {
	switch {
	case tag != Unknown:
		return tag
	case leading(r.Tag) == "" || r.Tag == "latest":
		return Unknown
	case strings.HasPrefix(r.Tag, "1") && !strings.HasPrefix(r.Tag, "1."):
		return Ubuntu
	}
	return Debian
}

// tagFamily reads the family out of the words of the tag.
func (r Ref) tagFamily() (Family, bool) {
	found := Unknown
	for _, word := range strings.Split(r.Tag, "-") {
		if f := wordFamily(word); found == Unknown || f == Distroless {
			found = f
		}
	}
	return found, found != Unknown
}

func wordFamily(word string) Family {
	if strings.HasPrefix(word, "chiseled") || word == "distroless" {
		return Distroless
	}
	if debianCodes[word] != "" {
		return Debian
	}
	if ubuntuCodes[word] != "" && !rosCodes[word] {
		return Ubuntu
	}
	name := strings.TrimRight(word, "0123456789.")
	return wordFamilies[name]
}

// wordFamilies are the words of tags that name a system, their version taken off.
var wordFamilies = map[string]Family{
	"alpine": Alpine, "debian": Debian, "ubuntu": Ubuntu, "ubi": RedHat, "rockylinux": RedHat, "centos": RedHat,
	"almalinux": RedHat, "fedora": RedHat, "oraclelinux": RedHat, "oracle": RedHat, "amazonlinux": RedHat, "al": RedHat,
	"azurelinux": RedHat, "mariner": RedHat, "windowsservercore": Windows, "nanoserver": Windows, "wolfi": Wolfi,
}

// libraryFamily is the family of an official image whose tag names none.
func libraryFamily(name, tag string) Family {
	if name == "openjdk" && leading(tag) != "8" && leading(tag) != "11" {
		return Unknown // changed from Debian to Oracle Linux on the way
	}
	if name == "buildpack-deps" && leading(tag) != "" {
		return Ubuntu
	}
	return libraryFamilies[name]
}

// libraryFamilies is what the official images are built on by default
// (https://github.com/docker-library/official-images/tree/master/library, 2026).
var libraryFamilies = familiesOf(map[Family]string{
	BusyBox: "busybox",
	Debian: `
		debian buildpack-deps node python ruby golang rust php perl gcc haskell erlang elixir nginx httpd redis valkey
		postgres memcached haproxy wordpress drupal joomla ghost openjdk pypy julia r-base mono influxdb telegraf
		neo4j couchdb redmine nextcloud phpmyadmin mediawiki clojure dart hylang`,
	Ubuntu: "ubuntu mongo mariadb rabbitmq tomcat jetty maven gradle eclipse-temurin ibm-semeru-runtimes sapmachine " +
		"swift zookeeper solr cassandra ros gazebo",
	Alpine: "alpine docker caddy traefik composer registry eclipse-mosquitto adminer",
	RedHat: "centos fedora amazonlinux rockylinux almalinux oraclelinux mysql amazoncorretto",
	Arch:   "archlinux",
})

func familiesOf(rows map[Family]string) map[string]Family {
	all := map[string]Family{}
	for f, names := range rows {
		for _, name := range strings.Fields(names) {
			all[name] = f
		}
	}
	return all
}

// families are the systems of images that are not Docker's own, by the beginning of their name.
var families = map[string]Family{
	"registry.access.redhat.com/": RedHat, "registry.redhat.io/": RedHat, "quay.io/centos/": RedHat,
	"quay.io/fedora/": RedHat, "registry.fedoraproject.org/": RedHat, "redhat/ubi": RedHat, "rockylinux/": RedHat,
	"almalinux/": RedHat, "public.ecr.aws/amazonlinux/": RedHat, "public.ecr.aws/lambda/": RedHat,
	"mcr.microsoft.com/azurelinux/": RedHat, "mcr.microsoft.com/cbl-mariner/": RedHat, "opensuse/": SUSE,
	"registry.suse.com/": SUSE, "registry.opensuse.org/": SUSE, "phusion/": Ubuntu, "osrf/ros": Ubuntu,
	"bitnami/": Debian, "jenkins/jenkins": Debian, "continuumio/": Debian, "cypress/": Debian, "oven/bun": Debian,
	"denoland/deno": Debian, "tensorflow/tensorflow": Ubuntu, "pytorch/pytorch": Ubuntu, "jupyter/": Ubuntu,
	"quay.io/jupyter/": Ubuntu, "selenium/": Ubuntu, "cimg/": Ubuntu, "mcr.microsoft.com/playwright": Ubuntu,
	"mcr.microsoft.com/windows": Windows, "microsoft/windowsservercore": Windows, "microsoft/nanoserver": Windows,
	"nginxinc/nginx-unprivileged": Debian, "golangci/golangci-lint": Debian, "curlimages/curl": Alpine,
	"grafana/grafana": Alpine, "nodered/node-red": Alpine, "n8nio/n8n": Alpine,
}

// official are the Docker official images, deprecated ones among them
// (https://github.com/docker-library/official-images/tree/master/library, 2026).
var official = setOf(`
	adminer adoptopenjdk aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux
	backdrop bash bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux clefos clickhouse
	clojure composer convertigo couchbase couchdb crate crux dart debian docker drupal eclipse-mosquitto
	eclipse-temurin eggdrop elasticsearch elixir emqx erlang fedora flink fluentd friendica gazebo gcc geonetwork
	ghost golang gradle groovy haproxy haskell haxe hello-world hitch httpd hylang ibmjava ibm-semeru-runtimes
	influxdb iojs irssi java jenkins jetty joomla jruby julia kapacitor kibana kong krakend lightstreamer liquibase
	logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mono mysql nats nats-streaming
	neo4j neurodebian nextcloud nginx node notary nuxeo odoo open-liberty openjdk opensuse oraclelinux orientdb
	percona perl photon php php-zendserver phpmyadmin piwik plone postfixadmin postgres pypy python r-base rabbitmq
	rakudo-star redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch sl
	solr sonarqube sourcemage spark spiped storm swarm swift swipl teamspeak telegraf thrift tomcat tomee traefik
	ubuntu unit valkey varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper`)

func setOf(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}
