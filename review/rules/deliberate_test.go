package rules_test

import (
	"regexp"
	"slices"
	"strings"
)

// difference is a way in which dfbot differs from hadolint on purpose. It holds for every Dockerfile
// of the kind, not for single cases; docs/hadolint.md lists it.
type difference struct {
	codes string
	fires bool // what dfbot does there, while hadolint does the opposite
	where func(dockerfile string) bool
	why   string // for users: one sentence, without full stop
}

// deliberate lists the differences by hadolint's codes.
var deliberate = []difference{
	{"DL1001", true, looks(`# hadolint (global|stage) +ignore`),
		"a comment that silences a rule for a whole stage or file is an exception too"},
	{"DL3002", false, looks(`(?s)\nUSER (root|0)\b.*\nFROM `),
		"a build stage may end as root; only the user that the image starts with counts"},
	{"DL3003", false, looks(`\bcd [^\n&;|)]+(&&|;|\||\)|\\\n)|\$\(cd |; *then cd`),
		"cd before other commands of the same RUN, or in a subshell, works; only a cd at the end of a RUN " +
			"has no effect"},
	{"DL3006", false, looks(`(?m)^FROM (--\S+ )?[^\s/:@]+( AS \S+)?$`),
		"a bare word that is not an official image may be a named build context or an image of your own"},
	{"DL3006 DL3007", true, looks(`(?s)ARG .*FROM \S*\$`),
		"dfbot uses the default of an ARG: `ARG TAG=latest` with `FROM node:$TAG` is latest"},
	{"DL3006 DL3007 DL3029", false, looks(`(?m)^FROM [^\n]*\$`),
		"dfbot does not know a value that is passed to the build"},
	{"DL3008 DL3013 DL3016 DL3018 DL3028 DL3033 DL3037 DL3041 DL3062", false, looks(`\$`),
		"dfbot does not know a variable that the file never sets; it may name versions"},
	{"DL3008 DL3014 DL3015", true, looks(`\bapt (-\S+ )*install|\baptitude (-\S+ )*install`),
		"apt and aptitude install packages as apt-get does"},
	{"DL3009", false, looks(`(?s)FROM \S+ as \S+\nONBUILD.*\nFROM `),
		"a stage that no image is based on leaves nothing in an image, with or without ONBUILD"},
	{"DL3009", false, looks(`target=/var/lib/apt\b`),
		"lists in a mount of /var/lib/apt are not in the image, whether or not /var/cache/apt is a mount too"},
	{"DL3009 DL3032 DL3040", true, looks(`rm -rf`),
		"an rm of other folders does not remove the cache"},
	{"DL3009", false, looks(`rm -(fr|r) /var/lib/apt/lists`),
		"every rm of the lists removes them, however its flags are written"},
	{"DL3013", true, looks(`\buv pip install|install [^\n'"]*[<>]`),
		"uv installs packages as pip does, and an unquoted > is a redirection, not a version"},
	{"DL3014", false, looks(`--assume-no`),
		"--assume-no is a deliberate answer"},
	{"DL3014", true, looks(`\bapt(-get)? (-\S+ )*(remove|purge|upgrade|dist-upgrade|autoremove)`),
		"removing and upgrading packages prompt too"},
	{"DL3015", false, looks(`--install-recommends|Install-Recommends=(true|1)`),
		"--install-recommends is a deliberate choice"},
	{"DL3016", true, looks(`@latest|npm (i|add) `),
		"latest is not a version, and npm i and npm add are npm install"},
	{"DL3019", true, looks(`apk (update|upgrade)`),
		"apk update and apk upgrade leave the same files behind"},
	{"DL3020", false, looks(`ADD (\$|\S+\$|git@|ftp:)`),
		"a Git repository needs ADD, and so may a source that only a variable names"},
	{"DL3021", false, looks(` \.["']?\s*$`),
		"BuildKit takes . for a folder, with or without a slash after it"},
	{"DL3022", false, looks(`--from=["']?[A-Za-z][\w./-]*`),
		"COPY --from also takes images and named build contexts; dfbot reports names close to that of a " +
			"stage, and numbers and variables that cannot work"},
	{"DL3025", false, looks(`HEALTHCHECK`),
		"a health check gets no signals and often ends in `|| exit 1`, which needs the shell"},
	{"DL3025", false, looks(`(CMD|ENTRYPOINT) .*\bexec `),
		"exec makes the program process 1"},
	{"DL3026", false, looks(`from=[a-z0-9_-]+[, ]`),
		"a bare word after from= may be a named build context"},
	{"DL3026", false, looks(`docker\.io/`),
		"hub.docker.com and docker.io are one registry"},
	{"DL3028", true, looks(`gem i(nstall)? .*(--no-document|--no-doc|-N|--pre|--user-install|--force|-f) `),
		"the word after a gem flag without a value is a gem"},
	{"DL3030 DL3038", true, looks(`(yum|dnf) (-\S+ )*(update|upgrade|remove|erase|reinstall|group|module)`),
		"upgrading and removing prompt too"},
	{"DL3032 DL3040", true, looks(`(yum|dnf) (-\S+ )*(update|upgrade|groupinstall|localinstall|group|makecache)`),
		"every subcommand that fetches metadata leaves it in the image"},
	{"DL3032 DL3036 DL3040", false, looks(`(?s)(clean|cc).*(install|in) .*(clean|cc)\b`),
		"only the end of the RUN counts, and it is clean there"},
	{"DL3034", true, looks(`zypper (-\S+ )*(update|up|dup|dist-upgrade)`),
		"upgrading prompts too"},
	{"DL3036", true, looks(`zypper (-\S+ )*(ref|refresh|update|up|dup|patch)`),
		"every subcommand that fetches metadata leaves it in the image"},
	{"DL3038", false, looks(`microdnf`),
		"microdnf never prompts"},
	{"DL3041", true, looks(`install (-\S+ )*group `),
		"a package named group is a package"},
	{"DL3042", false, looks(`pip install (-\S+ )*(pip|setuptools|wheel)\b`),
		"pip's own tools leave almost nothing in the cache"},
	{"DL3042", false, looks(`rm -[rf]+ [^\n]*cache`),
		"the RUN removes the cache itself"},
	{"DL3044", false, usesBefore,
		"a variable that the ENV uses before it sets it, as in `OLD_PATH=$PATH PATH=/opt/bin:$PATH`, has its " +
			"earlier value"},
	{"DL3044", true, looks(`:-|ARG [^\n]+\nFROM|\nFROM`),
		"an ARG or ENV of another stage defines nothing here, and a default in braces does not fix the mistake"},
	{"DL3054", false, looks(` (AND|OR|WITH) `),
		"the OCI annotation asks for an SPDX expression"},
	{"DL3057", false, looks(`(?s)FROM .*\nFROM `),
		"only the final image runs, so only it needs a health check"},
	{"DL3060", true, looks(`\byarn( |$)|\bnpm `),
		"yarn without a subcommand installs, and yarn add and npm leave a cache too"},
	{"DL3062", false, looks(`go run [\w./-]+(\s|$)`),
		"go run of a file or of a package in the same module fetches nothing"},
	{"DL3064", false, looks(`(?im)^(ARG|ENV) ` +
		`(\S*(user|username|email|orgurl|_id|groupid|clientid|` +
		`device_name|os_name|sudo|env_vars)|GO\w*|\S*_FILE|\S*_PATH|\w*(token|private|secret)_\w+|OKTA\w+)\b`),
		"names of users, addresses, ids and files are not secrets, and neither is GOPRIVATE"},
	{"DL3066", false, looks(`(?s)USER (root|\$)|\nFROM .*\nFROM `),
		"only the user that the image starts with counts; root-user reports root, and a variable may hold a number"},
	{"DL4006", false, looks(`"/bin/sh", "-o", "pipefail"`),
		"a sh without -o pipefail fails at once; one that knows the option has it"},
	{"DL4006", false, looks(`\| *(tar|gunzip|xz|bzip2|gpg|apt-key|sha256sum|grep)\b`),
		"tar and similar programs fail on their own when their input is cut off"},
	{"DL4006", false, func(d string) bool { return !fetchesIntoPipe(d) },
		"the part before the pipe neither fetches nor builds anything, so it is unlikely to fail"},
	{"SC*", false, looks(`(?s)^(ARG [^\n]*\n)*ENV .*\nFROM `),
		"BuildKit refuses an ENV before the first FROM, so dfbot reports only that"},
}

// looks returns a test on the text of Dockerfiles.
func looks(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

var fetchesIntoPipe = looks(`(curl|wget|git|make|pytest|npm|yarn|mvn|gradle|pip3?|go|cargo|` +
	`apt-get|apt|apk|dnf|yum) [^|&;]*\|`)

var (
	envReference = regexp.MustCompile(`\$\{?(\w+)`)
	envKey       = regexp.MustCompile(`\s(\w+)=`)
)

// usesBefore reports whether the text uses a variable only in front of the place that sets it.
func usesBefore(dockerfile string) bool {
	set := map[string]int{}
	for _, m := range envKey.FindAllStringSubmatchIndex(dockerfile, -1) {
		name := dockerfile[m[2]:m[3]]
		if _, ok := set[name]; !ok {
			set[name] = m[2]
		}
	}
	found := false
	for _, m := range envReference.FindAllStringSubmatchIndex(dockerfile, -1) {
		at, ok := set[dockerfile[m[2]:m[3]]]
		if ok && at < m[0] {
			return false
		}
		found = found || ok
	}
	return found
}

// deliberately returns the index in deliberate of the difference that the case is an example of, -1
// where there is none.
func (c conformanceCase) deliberately(fires bool) int {
	return slices.IndexFunc(deliberate, func(d difference) bool {
		return slices.Contains(strings.Fields(d.codes), c.Rule) && d.fires == fires && d.where(c.Dockerfile)
	})
}
