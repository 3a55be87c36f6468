package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
)

// vocabulary is what fixes may write and take away in the instructions that are named.
func vocabulary(in, adds, drops string) []analysis.Vocabulary {
	return []analysis.Vocabulary{{In: strings.Fields(in), Adds: whole(adds), Drops: whole(drops)}}
}

// andKnown lets the fixes add words that the file has, and paths that the context has.
func andKnown(v []analysis.Vocabulary) []analysis.Vocabulary {
	v[0].Known = true
	return v
}

// moving lets the fixes move words to another instruction.
func moving(v []analysis.Vocabulary) []analysis.Vocabulary {
	v[0].Moves = true
	return v
}

// whole compiles a pattern that a word matches in full; nil for an empty one.
func whole(pattern string) *regexp.Regexp {
	if pattern == "" {
		return nil
	}
	return regexp.MustCompile(`^(?:` + pattern + `)$`)
}

// What several rules write.
const (
	allInstructions = "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL " +
		"STOPSIGNAL USER VOLUME WORKDIR"
	cleanUp  = `&&|;|sudo|rm|-rf|/var/lib/apt/lists/\*`
	anyCase  = `[Rr][Uu][Nn]`
	modeFlag = `--chmod=0?[0-7]{3}`
)

// Vocabulary is which words the fixes of each rule may change. A rule whose fixes write names and paths that they find
// in the repository or the file is not there: its edits are held to its effect, and the graph, alone.
var Vocabulary = map[*analysis.Rule][]analysis.Vocabulary{
	addLocalFile: vocabulary("ADD COPY", `(?i)copy`, `(?i)add`),
	apkCacheKept: vocabulary("RUN",
		`&&|--no-cache`,
		anyCase+`|--no-cache|&&|;|--update|-U|apk|update|rm|-rf|/var/cache/apk/\*`),
	aptAssumeYes: vocabulary("RUN", `-y`, ``),
	aptInsteadOfAptGet: vocabulary("RUN",
		`(?:/usr/bin/)?apt-get|dist-upgrade|--with-new-pkgs|upgrade`,
		`(?:/usr/bin/)?apt|full-upgrade|upgrade`),
	aptListsKept: vocabulary("RUN", cleanUp, anyCase),
	aptNoninteractiveEnv: vocabulary("ENV ARG",
		`(?i)arg|DEBIAN_FRONTEND=["']?noninteractive["']?|DEBIAN_FRONTEND=?|noninteractive`,
		`(?i)env|DEBIAN_FRONTEND=?|noninteractive`),
	aptRecommends: vocabulary("RUN",
		`--no-install-recommends|ca-certificates|gnupg|dirmngr|openssh-client|locales|xz-utils|unzip|git`,
		``),
	aptUpdateAlone: vocabulary("RUN", cleanUp, anyCase),
	argScope:       moving(vocabulary("ARG ENV", `(?i)arg|env|[A-Za-z_]\w*(?:=.*)?|a|b|\$\w+|[\w.-]+`, `(?i)arg`)),
	bashismUnderDash: vocabulary("RUN CMD ENTRYPOINT SHELL",
		`&&|\.|=|\[|\]|SHELL|/bin/bash|-c`,
		`==|source`),
	cdUnchecked: vocabulary("RUN", `\|\||&&|exit|1`, `;`),
	chmodLayer: vocabulary("COPY ADD RUN",
		modeFlag,
		anyCase+`|&&|;|chmod|-R|--recursive|0?[0-7]{3}|/.*`),
	chownLayer: vocabulary("COPY ADD RUN",
		`--chown=.+`,
		anyCase+`|&&|;|chown|-R|--recursive|[\w.-]+(?::[\w.-]*)?|/.*`),
	cleanupInLaterLayer: moving(vocabulary("RUN",
		cleanUp+`|dnf|microdnf|yum|zypper|clean|all|--all|apt-get`,
		anyCase)),
	consecutiveRuns:         vocabulary("RUN", `&&|;`, anyCase),
	copySeveralWithoutSlash: vocabulary("COPY ADD", `.+/`, `.*[^/]`),
	deprecatedProductionFlag: vocabulary("RUN",
		`--omit=dev`,
		`--only(?:=prod(?:uction)?)?|--production(?:=true)?|prod(?:uction)?`),
	dnfAssumeYes:            vocabulary("RUN", `-y`, ``),
	dnfCacheKept:            vocabulary("RUN", `&&|;|dnf|microdnf|tdnf|yum|clean|all`, ``),
	dynamicBinaryInScratch:  vocabulary("RUN ENV", `CGO_ENABLED=0`, ``),
	emptyContinuationLine:   vocabulary("RUN", ``, ``),
	entrypointNotExecutable: vocabulary("COPY ADD", modeFlag, ``),
	envRefersToItself:       vocabulary("ENV", `(?i)env`, ``),
	externallyManagedPython: vocabulary("RUN", `--break-system-packages`, ``),
	fileUnreadableForUser:   vocabulary("COPY ADD RUN", modeFlag+`|0?[0-7]{3}`, modeFlag+`|0?[0-7]{3}`),
	mkdirWorkdir:            vocabulary("RUN", ``, anyCase+`|&&|;|mkdir|-pv?|/.*|[\w./-]+/?`),
	npmInstallUnlocked:      vocabulary("RUN", `&&|ci`, `i|install`),
	packageCacheKept:        vocabulary("RUN", `&&|;|npm|yarn|composer|cache|clean|clear-cache|--force`, ``),
	pathOverwritten:         vocabulary("ENV", `.*\$\{?PATH\}?`, `.*`),
	pipCacheKept:            vocabulary("RUN", `--no-cache-dir`, ``),
	pipefailMissing: vocabulary("RUN SHELL",
		`&&|set|-o|-[eux]*o|pipefail|SHELL|shell|/bin/[a-z]+|-c`,
		`-[eux]+`),
	redundantTargetPlatform:  vocabulary("FROM", ``, `--platform=.*|\$\{?TARGETPLATFORM\}?`),
	relativeWorkdir:          vocabulary("WORKDIR", `/.*`, `\.?/?[^/].*`),
	remoteArchiveNotUnpacked: vocabulary("ADD", `--unpack`, ``),
	runNotExecutable:         vocabulary("COPY ADD", modeFlag, ``),
	sudoInRun:                vocabulary("RUN", ``, `&&|;|sudo|-[A-Za-z]+`),
	useraddWithoutNoLogInit:  vocabulary("RUN", `--no-log-init`, ``),
	wgetProgress:             vocabulary("RUN", `--progress=dot:giga`, ``),
	missingSyntaxDirective:   vocabulary("", ``, ``),
	changingArgBeforeInstall: vocabulary("", ``, ``),
	buildOutputMissing:       vocabulary("COPY", `/.*python3\.\d+/.*`, `/.*python3\.\d+/.*`),
	cacheMountDefeated: vocabulary("RUN",
		`&&|--mount=type=cache|(?:id|target|uid|gid|sharing)=.*|rm|-f|/etc/apt/apt\.conf\.d/docker-clean`,
		`&&|;|--mount=type=cache|(?:target|id)=/?.*|--no-cache(?:-dir)?|-rf|rm|apt-get|clean|`+
			`/var/(?:lib|cache)/.*`),
	cacheMountNotWritable: vocabulary("RUN", `(?:uid|gid|target|id)=.*`, `(?:target|id)=.*`),
	cdInRun: andKnown(vocabulary("RUN WORKDIR",
		`(?i)workdir`,
		anyCase+`|&&|;|cd|mkdir|-p|[\w./${}-]+`)),
	copiedFileMissing: andKnown(vocabulary("COPY ADD", ``, `(?:\./|/)?[\w.-]+(?:/[\w.-]*)*`)),
	copyBeforeInstall: slices.Concat(
		andKnown(vocabulary("COPY ADD WORKDIR", `(?i)copy|add|--parents|\.+/?`, `/[\w./-]+|\$\w+`)),
		vocabulary("RUN", `.+`, `&&|;`)),
	copyFromUnknown: vocabulary("COPY RUN", `--from=.*|(?i:from)=.*`, `--from=.*|(?i:from)=.*`),
	devDependenciesInFinalStage: vocabulary("RUN",
		`--omit=dev|--no-dev|--only(?:=production|=main)?|--production|main`,
		``),
	effectEndsWithRun: vocabulary("RUN ENV",
		`ENV|PATH=.*\$PATH`,
		anyCase+`|&&|;|export|\.|source|/.*/activate`),
	installMissesFile: andKnown(vocabulary("COPY", `(?i)copy|\.+/`, ``)),
	installAtStart:    vocabulary("CMD ENTRYPOINT", `--no-sync`, ``),
	instructionCasing: vocabulary(allInstructions, `(?i)[a-z]+`, `(?i)[a-z]+`),
	labelKey: vocabulary("LABEL",
		`org\.opencontainers\.image\.[a-z.]+=?.*`,
		`(?i)org\.opencontainers?\.[a-z.]+=?.*`),
	latestTag:         vocabulary("FROM", `[^ ]+:[\w.-]+`, `[^ ]+:latest`),
	commandNotInBase:  moving(vocabulary("RUN HEALTHCHECK CMD", `.*`, `.*`)),
	execFormNotRead:   vocabulary("CMD ENTRYPOINT RUN HEALTHCHECK", `.*`, `.*`),
	legacyKeyValue:    vocabulary("ENV LABEL", `.*`, `.*`),
	trailingComment:   vocabulary(allInstructions, ``, `.*`),
	untaggedImage:     vocabulary("FROM", `[^ ]+:[\w.-]+`, `[^ :]+`),
	libraryMismatch:   vocabulary("FROM RUN ENV", `CGO_ENABLED=0|[^ ]+:[\w.-]+`, `[^ ]+:[\w.-]+`),
	missingRuntimeEnv: vocabulary("ENV", `ENV|NODE_ENV=production|PYTHONUNBUFFERED=1`, ``),
	pipefailUnderDash: vocabulary("SHELL RUN", `(?i)shell|/bin/(?:ba)?sh|-o|-[eux]*o?|pipefail|-c`, ``),
	platformMismatch: vocabulary("ARG RUN FROM",
		`(?i)arg|GOARCH=\$TARGETARCH|GOOS=\$TARGETOS|(?:TARGET|BUILD)\w+`,
		`(?:TARGET|BUILD)\w+=.*|amd64|arm64`),
	rootUser: vocabulary("USER", `USER|[\w:${}-]+`, ``),
	secretInArg: vocabulary("ARG RUN",
		`&&|--mount=type=secret|(?:id|env)=\w+|cat|export|/run/secrets/\w+|\w+=|\$`,
		`(?i)arg|\w+=?`),
	severalCmd:         vocabulary("CMD", ``, `.*`),
	severalEntrypoint:  vocabulary("ENTRYPOINT", ``, `.*`),
	severalHealthcheck: vocabulary("HEALTHCHECK", ``, `.*`),
	shellFormCommand:   vocabulary("CMD ENTRYPOINT", `&&|exec|-c|sh|bash|bun|node|run|start|[^ ]*`, `.*`),
	stageReferenceLost: vocabulary("FROM COPY RUN", `--from=.*|[\w-]+`, `--from=.*|[\w-]+`),
	startedFileMissing: vocabulary("CMD ENTRYPOINT RUN", `\.?/.+`, `\.?/.+`),
	tlsVerificationOff: vocabulary("RUN ENV ARG", `-[A-Za-z]+|https://mirror\.example\.com/simple`, `.*`),
	unsignedPackages:   vocabulary("RUN", `-y`, `&&|;|--?[\w=.:-]+|APT::Get::AllowUnauthenticated=true`),
	userBeforeInstall:  andKnown(vocabulary("USER", `USER|[\w:${}-]+`, ``)),
	userNotCreated: vocabulary("USER RUN COPY",
		`&&|RUN|addgroup|adduser|useradd|groupadd|--?[\w-]+|[\w:-]+`,
		`[\w:-]+`),
	workdirNotWritable: andKnown(vocabulary("WORKDIR RUN USER COPY",
		`(?i)run|chown|mkdir|-p|USER|root|&&|/.*|[\w:-]+`,
		``)),
	worldWritable: vocabulary("RUN COPY ADD",
		`(?:-m|--mode=)?(?:[0-7]{3,4}|[augo]*[-+=][rwxXst]+)|`+modeFlag,
		`(?:-m|--mode=)?(?:[0-7]{3,4}|[augo]*[-+=][rwxXst]+)|`+modeFlag),
	writeAfterVolume:     vocabulary("VOLUME", `.*`, `.*`),
	yumAssumeYes:         vocabulary("RUN", `-y`, ``),
	yumCacheKept:         vocabulary("RUN", `&&|;|yum|clean|all`, ``),
	zypperCacheKept:      vocabulary("RUN", `&&|;|zypper|clean|--all`, ``),
	zypperNonInteractive: vocabulary("RUN", `--non-interactive|-n`, ``),
	invalidExpose:        vocabulary("EXPOSE", `\d+(?:-\d+)?(?:/(?:tcp|udp|sctp))?`, `.*`),
	maintainerDeprecated: vocabulary("MAINTAINER LABEL", `.*`, `.*`),
	failureSwallowed:     vocabulary("RUN", `&&|set|-e`, `;`),
}
