package baseimage

import "strings"

// User returns the user as whom the image starts, and as whom RUN works in a stage that is built
// from it; false where that is not known. It is "root" for root, whether the image names it or not.
func (r Ref) User() (name string, known bool) {
	place, lib := r.place(), r.Library()
	switch {
	case r.Family() == Windows:
		return "", false
	case r.Registry == "gcr.io" && strings.HasPrefix(r.Name, "distroless/"):
		if strings.Contains(r.Tag, "nonroot") {
			return "nonroot", true
		}
		return "root", true
	case r.Registry == "cgr.dev" && !strings.HasSuffix(r.Name, "/wolfi-base"):
		return "nonroot", true // https://edu.chainguard.dev/chainguard/chainguard-images/
	case strings.HasPrefix(place, "mcr.microsoft.com/dotnet/"):
		if r.Family() == Distroless || strings.Contains(r.Tag, "distroless") {
			return "$APP_UID", true
		}
		return "root", true
	}
	if name, known = unprivileged.user(place); known {
		return name, true
	}
	if name, known = libraryUsers[lib]; known {
		return name, name != ""
	}
	if lib != "" {
		return "root", true
	}
	return rootPlaces.user(place)
}

// libraryUsers are the official images that do not start as root; "" marks those whose user
// changed from one version to another.
var libraryUsers = map[string]string{
	"solr": "solr", "elasticsearch": "", "kibana": "", "logstash": "", "sonarqube": "sonarqube", "jetty": "jetty",
	"geonetwork": "", "groovy": "groovy", "gradle": "", "haproxy": "", "memcached": "memcache", "jenkins": "jenkins",
	"varnish": "", "storm": "", "irssi": "user", "percona": "", "bonita": "", "emqx": "", "odoo": "odoo",
	"teamspeak": "", "spark": "", "lightstreamer": "", "krakend": "", "api-firewall": "", "satosa": "",
	"open-liberty": "1001", "websphere-liberty": "1001", "convertigo": "", "notary": "", "fluentd": "fluent",
	"kong": "", "aerospike": "", "liquibase": "", "nuxeo": "", "rocket.chat": "", "ros": "", "silverpeas": "",
	"xwiki": "", "plone": "", "scratch": "root",
}

// places are images by the beginning of their name.
type places map[string]string

// user returns the value of the longest beginning that fits.
func (p places) user(place string) (string, bool) {
	best, user := -1, ""
	for prefix, u := range p {
		if len(prefix) > best && begins(place, prefix) {
			best, user = len(prefix), u
		}
	}
	return user, user != ""
}

func (p places) match(place string) bool { _, ok := p.user(place); return ok }

// begins reports whether the image is the one named, or is below it where that ends in a slash
// or a dash.
func begins(place, prefix string) bool {
	rest, ok := strings.CutPrefix(place, prefix)
	return ok && (rest == "" || strings.HasSuffix(prefix, "/") || strings.HasSuffix(prefix, "-"))
}

// unprivileged are images that do not start as root, each with its user, as their own Dockerfiles
// say (2026).
var unprivileged = places{
	"jenkins/jenkins": "jenkins", "jenkins/agent": "jenkins", "jenkins/inbound-agent": "jenkins",
	"jenkins/jnlp-slave": "jenkins", "nginxinc/nginx-unprivileged": "nginx", "grafana/grafana": "grafana",
	"grafana/grafana-oss": "grafana", "grafana/loki": "loki", "prom/prometheus": "nobody",
	"prom/alertmanager": "nobody", "prom/node-exporter": "nobody", "selenium/": "seluser", "jupyter/": "jovyan",
	"quay.io/jupyter/": "jovyan", "codercom/code-server": "coder", "circleci/": "circleci", "cimg/": "circleci",
	"homebrew/brew": "linuxbrew", "linuxbrew/brew": "linuxbrew", "gitpod/workspace-": "gitpod",
	"ghcr.io/actions/actions-runner": "runner", "mambaorg/micromamba": "$MAMBA_USER", "apache/airflow": "airflow",
	"apache/superset": "superset", "apache/nifi": "nifi", "quay.io/keycloak/keycloak": "keycloak", "jboss/": "jboss",
	"quay.io/wildfly/": "jboss", "registry.access.redhat.com/ubi8/python-": "1001",
	"registry.access.redhat.com/ubi9/python-": "1001", "registry.access.redhat.com/ubi8/nodejs-": "1001",
	"registry.access.redhat.com/ubi9/nodejs-": "1001", "registry.access.redhat.com/ubi8/ruby-": "1001",
	"registry.access.redhat.com/ubi9/ruby-": "1001", "registry.access.redhat.com/ubi8/php-": "1001",
	"registry.access.redhat.com/ubi9/php-": "1001", "registry.access.redhat.com/ubi8/go-toolset": "1001",
	"registry.access.redhat.com/ubi9/go-toolset": "1001", "registry.access.redhat.com/ubi8/openjdk-": "185",
	"registry.access.redhat.com/ubi9/openjdk-": "185", "nodered/node-red": "node-red", "n8nio/n8n": "node",
	"sonatype/nexus3": "nexus", "sonarsource/sonar-scanner-cli": "scanner-cli", "curlimages/curl": "curl_user",
	"dpage/pgadmin4": "pgadmin", "mcr.microsoft.com/mssql/server": "mssql", "rasa/rasa": "1001",
	"lambci/lambda": "sbx_user1051",
}

// rootPlaces are images besides the official ones that start as root.
var rootPlaces = places{
	"cgr.dev/chainguard/wolfi-base": "root", "nvidia/cuda": "root", "nvcr.io/nvidia/cuda": "root",
	"continuumio/miniconda3": "root", "continuumio/anaconda3": "root", "tensorflow/tensorflow": "root",
	"pytorch/pytorch": "root", "oven/bun": "root", "denoland/deno": "root", "registry.access.redhat.com/ubi8": "root",
	"registry.access.redhat.com/ubi9": "root", "registry.access.redhat.com/ubi8/ubi": "root",
	"registry.access.redhat.com/ubi8/ubi-minimal": "root", "registry.access.redhat.com/ubi8-minimal": "root",
	"registry.access.redhat.com/ubi9/ubi": "root", "registry.access.redhat.com/ubi9/ubi-minimal": "root",
	"registry.access.redhat.com/ubi9-minimal": "root", "redhat/ubi8": "root", "redhat/ubi9": "root",
	"redhat/ubi8-minimal": "root", "redhat/ubi9-minimal": "root", "opensuse/leap": "root",
	"opensuse/tumbleweed": "root", "quay.io/centos/": "root", "rockylinux/rockylinux": "root",
	"public.ecr.aws/amazonlinux/amazonlinux": "root", "mcr.microsoft.com/playwright": "root",
	"mcr.microsoft.com/playwright/": "root", "ghcr.io/astral-sh/uv": "root",
	"mcr.microsoft.com/devcontainers/": "root", "bitnami/minideb": "root",
}

// Account returns a user without privileges that the image has although it starts as root; ""
// where none is known.
func (r Ref) Account() string {
	switch lib := r.Library(); {
	case lib == "node":
		return "node"
	case lib == "gradle":
		return "gradle"
	case strings.Contains("/"+r.Name, "/distroless/") && r.Registry == "gcr.io":
		return "nonroot"
	case r.place() == "oven/bun":
		return "bun"
	case r.place() == "denoland/deno":
		return "deno"
	case strings.HasPrefix(r.place(), "mcr.microsoft.com/dotnet/") && r.Family() != Windows:
		if major := leading(r.Tag); strings.HasPrefix(major, "8") || strings.HasPrefix(major, "9") ||
			strings.HasPrefix(major, "10") {
			return "$APP_UID" // https://github.com/dotnet/dotnet-docker/discussions/4764
		}
	}
	return ""
}

// MakesUsers reports whether useradd can be counted on in an image of the RedHat family: Red Hat's
// own images, those of Amazon and Microsoft, and the small ones are made to run as a number.
func (r Ref) MakesUsers() bool {
	for _, word := range []string{"ubi", "minimal", "micro"} {
		if strings.Contains(r.Name, word) || strings.Contains(r.Tag, word) {
			return false
		}
	}
	switch lib := r.Library(); {
	case strings.HasPrefix(lib, "amazon"), lib == "mysql", strings.Contains(r.Tag, "al2"),
		strings.Contains(r.Tag, "amazonlinux"):
		return false
	case lib != "":
		return true
	}
	return strings.HasPrefix(r.place(), "quay.io/") || strings.HasPrefix(r.place(), "registry.fedoraproject.org/") ||
		strings.HasPrefix(r.place(), "rockylinux/") || strings.HasPrefix(r.place(), "almalinux/") ||
		strings.HasPrefix(r.Name, "nvidia/")
}

// DropsPrivileges reports whether what the image starts by default needs root at first and takes
// another user itself, or for its workers: USER would break it.
func (r Ref) DropsPrivileges() bool {
	lib := r.Library()
	switch {
	case lib == "php":
		return strings.Contains(r.Tag, "fpm") || strings.Contains(r.Tag, "apache")
	case lib == "docker":
		return true // the daemon is root's
	case lib != "":
		return dropping[lib]
	}
	return droppingPlaces.match(r.place())
}

// dropping are official images whose entrypoint, or whose server, changes the user itself.
var dropping = setOf(`
	postgres mysql mariadb percona mongo redis valkey rabbitmq cassandra couchdb couchbase ghost influxdb zookeeper
	flink nginx httpd wordpress drupal joomla nextcloud mediawiki phpmyadmin matomo haproxy redmine vault
	eclipse-mosquitto neo4j clickhouse unit arangodb crate orientdb rethinkdb znc backdrop monica friendica
	postfixadmin yourls tomee storm telegraf chronograf kapacitor`)

// droppingPlaces are further images of that kind: mostly those with the s6 or runit supervisor.
var droppingPlaces = places{
	"linuxserver/": "s6", "lscr.io/linuxserver/": "s6", "ghcr.io/linuxserver/": "s6", "phusion/": "runit",
	"jlesage/": "s6", "crazymax/alpine-s6": "s6", "crazymax/": "s6", "webdevops/": "supervisor",
	"openresty/openresty": "nginx", "hotio/": "s6", "ghcr.io/hotio/": "s6", "ghcr.io/hassio-addons/": "s6",
	"hassioaddons/": "s6", "ghcr.io/home-assistant/": "s6", "homeassistant/": "s6", "timescale/timescaledb": "gosu",
	"postgis/postgis": "gosu", "pgvector/pgvector": "gosu", "rocker/": "s6", "hashicorp/vault": "su-exec",
	"hashicorp/consul": "su-exec", "consul": "su-exec", "gitlab/": "runit", "kasmweb/": "s6", "tianon/": "gosu",
	"serversideup/php": "s6",
}
