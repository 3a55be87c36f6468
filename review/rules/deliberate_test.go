package rules_test

import (
	"regexp"
	"slices"
	"strings"
)

// difference is a way in which dfbot differs from hadolint on purpose. It holds for every Dockerfile
// of the kind, not for single cases; docs/hadolint.md tells users of it.
type difference struct {
	codes string
	fires bool // what dfbot does there, while hadolint does the opposite
	where func(dockerfile string) bool
	why   string // for users: one sentence, without full stop
}

// deliberate lists the differences by hadolint's codes.
var deliberate = []difference{
	{"DL1001", true, looks(`# hadolint (global|stage) +ignore`),
		"a comment that silences a rule in a whole stage or file is an exception as well"},
	{"DL3002", false, looks(`(?s)\nUSER (root|0)\b.*\nFROM `),
		"a build stage may end as root; what counts is the user with whom the image starts"},
	{"DL3003", false, looks(`\bcd [^\n&;|)]+(&&|;|\||\)|\\\n)|\$\(cd |; *then cd`),
		"cd in front of further commands of the same RUN, or in a subshell, does what it is there for; only a cd with which the RUN ends is lost"},
	{"DL3006", false, looks(`(?m)^FROM (--\S+ )?[^\s/:@]+( AS \S+)?$`),
		"a bare word that names no official image may be a build context that the builder is given, or one's own image"},
	{"DL3006 DL3007", true, looks(`(?s)ARG .*FROM \S*\$`),
		"the value that the ARG has by default is put in: `ARG TAG=latest` with `FROM node:$TAG` is latest"},
	{"DL3006 DL3007 DL3029", false, looks(`(?m)^FROM [^\n]*\$`),
		"a variable that the build is given is not known"},
	{"DL3008 DL3013 DL3016 DL3018 DL3028 DL3033 DL3037 DL3041 DL3062", false, looks(`\$`),
		"what a variable holds that is set nowhere in the file is not known: it may well name versions"},
	{"DL3008 DL3014 DL3015", true, looks(`\bapt (-\S+ )*install|\baptitude (-\S+ )*install`),
		"apt and aptitude install as apt-get does"},
	{"DL3009", false, looks(`(?s)FROM \S+ as \S+\nONBUILD.*\nFROM `),
		"a stage that no image is built from leaves nothing in one, with ONBUILD or without"},
	{"DL3009", false, looks(`target=/var/lib/apt\b`),
		"lists in a mount of /var/lib/apt are not in the image; whether /var/cache/apt is a mount as well makes no difference to them"},
	{"DL3009 DL3032 DL3040", true, looks(`rm -rf`),
		"an rm of other folders does not clean up"},
	{"DL3009", false, looks(`rm -(fr|r) /var/lib/apt/lists`),
		"any rm of the lists cleans them up, however its flags are written"},
	{"DL3013", true, looks(`\buv pip install|install [^\n'"]*[<>]`),
		"uv installs packages as pip does, and > without quotes is no version but a redirection"},
	{"DL3014", false, looks(`--assume-no`),
		"who lets apt-get answer no has thought of it"},
	{"DL3014", true, looks(`\bapt(-get)? (-\S+ )*(remove|purge|upgrade|dist-upgrade|autoremove)`),
		"removing and upgrading packages asks as installing them does"},
	{"DL3015", false, looks(`--install-recommends|Install-Recommends=(true|1)`),
		"who writes that recommended packages are wanted has thought of it"},
	{"DL3016", true, looks(`@latest|npm (i|add) `),
		"latest is no version, and npm i and npm add are npm install"},
	{"DL3019", true, looks(`apk (update|upgrade)`),
		"apk update and apk upgrade leave the same files behind"},
	{"DL3020", false, looks(`ADD (\$|\S+\$|git@|ftp:)`),
		"a Git repository needs ADD, and so may a source that only a variable names"},
	{"DL3021", false, looks(` \.["']?\s*$`),
		"BuildKit takes . for a folder, with a slash behind it or not"},
	{"DL3022", false, looks(`--from=["']?[A-Za-z][\w./-]*`),
		"COPY --from takes images and named build contexts too; dfbot reports names that are near to a stage's, and numbers and variables that cannot work"},
	{"DL3025", false, looks(`HEALTHCHECK`),
		"a health check gets no signals and often ends in `|| exit 1`, which needs the shell"},
	{"DL3025", false, looks(`(CMD|ENTRYPOINT) .*\bexec `),
		"exec makes the program process 1"},
	{"DL3026", false, looks(`from=[a-z0-9_-]+[, ]`),
		"a bare word behind from= may be a build context that the builder is given"},
	{"DL3026", false, looks(`docker\.io/`),
		"hub.docker.com and docker.io are one registry"},
	{"DL3028", true, looks(`gem i(nstall)? .*(--no-document|--no-doc|-N|--pre|--user-install|--force|-f) `),
		"the word behind a gem flag that takes none is a gem"},
	{"DL3030 DL3038", true, looks(`(yum|dnf) (-\S+ )*(update|upgrade|remove|erase|reinstall|group|module)`),
		"upgrading and removing ask as installing does"},
	{"DL3032 DL3040", true, looks(`(yum|dnf) (-\S+ )*(update|upgrade|groupinstall|localinstall|group|makecache)`),
		"every subcommand that fetches metadata leaves them behind"},
	{"DL3032 DL3036 DL3040", false, looks(`(?s)(clean|cc).*(install|in) .*(clean|cc)\b`),
		"what was cleaned before does not matter: it is clean at the end"},
	{"DL3034", true, looks(`zypper (-\S+ )*(update|up|dup|dist-upgrade)`),
		"upgrading asks as installing does"},
	{"DL3036", true, looks(`zypper (-\S+ )*(ref|refresh|update|up|dup|patch)`),
		"every subcommand that fetches metadata leaves them behind"},
	{"DL3038", false, looks(`microdnf`),
		"microdnf says yes to itself"},
	{"DL3041", true, looks(`install (-\S+ )*group `),
		"a package named group is a package"},
	{"DL3042", false, looks(`pip install (-\S+ )*(pip|setuptools|wheel)\b`),
		"pip's own tools leave next to nothing in the cache"},
	{"DL3042", false, looks(`rm -[rf]+ [^\n]*cache`),
		"the RUN removes the cache itself"},
	{"DL3044", false, usesBefore,
		"a variable that the ENV sets only behind its use, as in `OLD_PATH=$PATH PATH=/opt/bin:$PATH`, is one that was there before"},
	{"DL3044", true, looks(`:-|ARG [^\n]+\nFROM|\nFROM`),
		"an ARG or ENV of another stage defines nothing here, and a default in the braces does not mend the mistake"},
	{"DL3054", false, looks(` (AND|OR|WITH) `),
		"an SPDX expression is what the OCI annotation asks for"},
	{"DL3057", false, looks(`(?s)FROM .*\nFROM `),
		"only the final image runs, so only that needs a health check"},
	{"DL3060", true, looks(`\byarn( |$)|\bnpm `),
		"yarn without a subcommand installs, and yarn add and npm leave a cache as well"},
	{"DL3062", false, looks(`go run [\w./-]+(\s|$)`),
		"go run of a file or of a package of one's own module fetches nothing"},
	{"DL3064", false, looks(`(?im)^(ARG|ENV) (\S*(user|username|email|orgurl|_id|groupid|clientid|device_name|os_name|sudo|env_vars)|GO\w*|\S*_FILE|\S*_PATH|\w*(token|private|secret)_\w+|OKTA\w+)\b`),
		"names of users, addresses, ids and files are no secrets, and neither is GOPRIVATE"},
	{"DL3066", false, looks(`(?s)USER (root|\$)|\nFROM .*\nFROM `),
		"what counts is the user with whom the image starts; root is the business of root-user, and a variable may hold a number"},
	{"DL4006", false, looks(`"/bin/sh", "-o", "pipefail"`),
		"a sh that does not know -o pipefail ends every RUN with an error; one that does has it"},
	{"DL4006", false, looks(`\| *(tar|gunzip|xz|bzip2|gpg|apt-key|sha256sum|grep)\b`),
		"tar and its like fail by themselves where only half of their input comes"},
	{"DL4006", false, func(d string) bool { return !fetchesIntoPipe(d) },
		"the part in front of the pipe neither fetches nor builds anything, so that its failure is unlikely or means nothing"},
	{"SC*", false, looks(`(?s)^(ARG [^\n]*\n)*ENV .*\nFROM `),
		"BuildKit refuses an ENV before the first FROM, and nothing else is said of such a file"},
}

// looks returns a test on the text of Dockerfiles.
func looks(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

var fetchesIntoPipe = looks(`(curl|wget|git|make|pytest|npm|yarn|mvn|gradle|pip3?|go|cargo|apt-get|apt|apk|dnf|yum) [^|&;]*\|`)

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
