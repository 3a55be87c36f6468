package baseimage

import (
	"slices"
	"strings"
)

// Sets answers whether the image sets the environment variable; known is false where it may or may
// not. No is certain for the bare systems only, whose ENV holds nothing but PATH.
func (r Ref) Sets(name string) (yes, known bool) {
	lib := r.Library()
	switch {
	case r.Family() == Scratch:
		return false, true
	case name == "PATH":
		return true, true
	case r.Bare():
		return false, true
	}
	if vars, ok := variables[lib]; ok {
		sets := slices.Contains(strings.Fields(vars), name)
		return sets, sets
	}
	return false, false
}

// Bare reports whether the image is an official one of a system and no more: it sets PATH, a CMD and perhaps labels.
func (r Ref) Bare() bool { return bare[r.Library()] }

// bare are the official images whose ENV is PATH and no more.
var bare = setOf("debian ubuntu alpine busybox buildpack-deps rockylinux almalinux amazonlinux oraclelinux centos")

// variables are what the official images set, as their Dockerfiles say (2026).
var variables = map[string]string{
	"node": "NODE_VERSION YARN_VERSION",
	"python": "LANG GPG_KEY PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION PYTHON_SETUPTOOLS_VERSION " +
		"PYTHON_GET_PIP_URL PYTHON_GET_PIP_SHA256",
	"golang": "GOLANG_VERSION GOTOOLCHAIN GOPATH",
	"ruby": "LANG RUBY_VERSION RUBY_MAJOR RUBY_DOWNLOAD_URL RUBY_DOWNLOAD_SHA256 GEM_HOME " +
		"BUNDLE_SILENCE_ROOT_WARNING BUNDLE_APP_CONFIG",
	"php": "PHPIZE_DEPS PHP_INI_DIR PHP_CFLAGS PHP_CPPFLAGS PHP_LDFLAGS GPG_KEYS PHP_VERSION PHP_URL " +
		"PHP_ASC_URL PHP_SHA256 APACHE_CONFDIR APACHE_ENVVARS",
	"rust":            "RUSTUP_HOME CARGO_HOME RUST_VERSION",
	"eclipse-temurin": "JAVA_HOME LANG LANGUAGE LC_ALL JAVA_VERSION",
	"openjdk":         "JAVA_HOME LANG JAVA_VERSION",
	"amazoncorretto":  "JAVA_HOME LANG",
	"maven":           "JAVA_HOME LANG LANGUAGE LC_ALL JAVA_VERSION MAVEN_HOME MAVEN_CONFIG MAVEN_VERSION",
	"gradle":          "JAVA_HOME LANG LANGUAGE LC_ALL JAVA_VERSION GRADLE_HOME GRADLE_VERSION GRADLE_USER_HOME",
	"tomcat": "JAVA_HOME LANG CATALINA_HOME TOMCAT_NATIVE_LIBDIR LD_LIBRARY_PATH GPG_KEYS TOMCAT_MAJOR " +
		"TOMCAT_VERSION TOMCAT_SHA512",
	"nginx":    "NGINX_VERSION NJS_VERSION NJS_RELEASE ACME_VERSION PKG_RELEASE DYNPKG_RELEASE",
	"httpd":    "HTTPD_PREFIX HTTPD_VERSION HTTPD_SHA256 HTTPD_PATCHES",
	"postgres": "GOSU_VERSION LANG PG_MAJOR PG_VERSION PGDATA PG_SHA256 DOCKER_PG_LLVM_DEPS",
	"mysql":    "GOSU_VERSION MYSQL_MAJOR MYSQL_VERSION MYSQL_SHELL_VERSION",
	"mariadb":  "GOSU_VERSION LANG MARIADB_VERSION",
	"redis":    "GOSU_VERSION REDIS_VERSION REDIS_DOWNLOAD_URL REDIS_DOWNLOAD_SHA",
	"mongo": "GOSU_VERSION JSYAML_VERSION JSYAML_CHECKSUM MONGO_PACKAGE MONGO_REPO MONGO_MAJOR " +
		"MONGO_VERSION HOME GLIBC_TUNABLES",
	"elixir":    "ELIXIR_VERSION LANG OTP_VERSION REBAR_VERSION REBAR3_VERSION",
	"erlang":    "OTP_VERSION REBAR_VERSION REBAR3_VERSION LANG",
	"perl":      "PERL_CPANM_OPT",
	"archlinux": "LANG",
}

// VariablesListed reports whether the table lists the variables that the image sets, as far as those of one
// version are those of another.
func (r Ref) VariablesListed() bool {
	lib := r.Library()
	return bare[lib] || variables[lib] != "" || r.Family() == Scratch
}

// BringsNoSettings reports whether the image is one that is known to set no variable because of which a package manager
// reads a file of a project, to hold no settings that do, and to run nothing in the images that are built on it. Old
// variants for the latter have onbuild in their tags (https://docs.docker.com/reference/dockerfile/#onbuild).
func (r Ref) BringsNoSettings() bool {
	if strings.Contains(r.Tag, "onbuild") {
		return false
	}
	place := r.place()
	return r.VariablesListed() || r.Library() == "composer" || place == "ghcr.io/astral-sh/uv" ||
		place == "oven/bun" ||
		strings.HasPrefix(place, "mcr.microsoft.com/dotnet/")
}
