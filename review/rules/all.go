// Package rules holds every rule: one .go and one .txtar file each. The .txtar opens with the rule's page and goes on
// with its examples, which are its tests. What several rules of a kind share is in family_*.go. A rule never reads
// anything but its Pass, never depends on another rule's findings, and never decides whether its own are shown.
package rules

import (
	"embed"

	"github.com/dfbot/dfbot/review/analysis"
)

// Release is the release that is made next, which brings the rules that are new today. See [analysis.Rule].Since.
const Release = "0.1"

// All lists the rules by name.
var All = []*analysis.Rule{
	addLocalFile,
	addURLUnverified,
	apkCacheKept,
	aptAssumeYes,
	aptInsteadOfAptGet,
	aptListsKept,
	aptNoninteractiveEnv,
	aptRecommends,
	aptUpdateAlone,
	archiveCopiedThenUnpacked,
	argScope,
	bashismUnderDash,
	buildDefinitionBroken,
	buildOutputMissing,
	cacheMountDefeated,
	cacheMountNotWritable,
	cdInRun,
	cdUnchecked,
	changingArgBeforeInstall,
	chmodLayer,
	chownLayer,
	cleanupInLaterLayer,
	commandNotInBase,
	consecutiveRuns,
	copiedFileIgnored,
	copiedFileMissing,
	copyBeforeInstall,
	copyFlattens,
	copyFromItself,
	copyFromUnknown,
	copySeveralWithoutSlash,
	copyWholeFilesystem,
	deprecatedProductionFlag,
	devDependenciesInFinalStage,
	distUpgrade,
	dnfAssumeYes,
	dnfCacheKept,
	dockerignoreGap,
	doesNotBuild,
	duplicateStageName,
	dynamicBinaryInScratch,
	effectEndsWithRun,
	emptyContinuationLine,
	endOfLifeImage,
	entrypointCRLF,
	entrypointNotExecutable,
	envRefersToItself,
	execFormNotRead,
	externallyManagedPython,
	failureSwallowed,
	fileUnreadableForUser,
	ignoreComment,
	imageNeedsRoot,
	insecureSecurityMode,
	installAtStart,
	installMissesFile,
	instructionCasing,
	invalidDefaultArgInFrom,
	invalidDefinitionDescription,
	invalidExpose,
	labelKey,
	labelKeyForm,
	labelSchema,
	largeBaseImage,
	latestTag,
	legacyKeyValue,
	libraryMismatch,
	maintainerDeprecated,
	missingDockerignore,
	missingHealthcheck,
	missingLabel,
	missingRuntimeEnv,
	missingSyntaxDirective,
	mkdirWorkdir,
	movingBase,
	nonNumericUser,
	npmInstallUnlocked,
	packageCacheKept,
	packageManagerMissing,
	packageUpgrade,
	passwordInChpasswd,
	pathOverwritten,
	pipCacheKept,
	pipeToShell,
	pipefailMissing,
	pipefailUnderDash,
	platformInFrom,
	platformMismatch,
	redundantTargetPlatform,
	relativeCopyWithoutWorkdir,
	relativeWorkdir,
	remoteArchiveNotUnpacked,
	reservedStageName,
	rootUser,
	runNotExecutable,
	secretFileCopied,
	secretInArg,
	secretInEnv,
	secretInRun,
	setuidBit,
	severalCmd,
	severalEntrypoint,
	severalHealthcheck,
	shSymlink,
	shellFormCommand,
	shellMissing,
	shellSyntaxError,
	shellCheck,
	sshExposed,
	stageReferenceLost,
	startedFileMissing,
	sudoInRun,
	swallowedSetting,
	tlsVerificationOff,
	toolchainInFinalStage,
	trailingComment,
	undefinedArgInFrom,
	undefinedVar,
	undigestedImage,
	unpinnedLanguagePackage,
	unpinnedPackage,
	unsignedPackages,
	untaggedImage,
	untrustedRegistry,
	uselessCommand,
	userBeforeInstall,
	userNotCreated,
	useraddWithoutNoLogInit,
	wgetAndCurl,
	wgetProgress,
	workdirNotWritable,
	worldWritable,
	writeAfterVolume,
	yumAssumeYes,
	yumCacheKept,
	zypperCacheKept,
	zypperNonInteractive,
}

// Overlaps says which rule speaks where two would speak of the same instruction: the key is
// silent on an instruction that one of the values reports. Rules themselves do not know of each
// other.
var Overlaps = map[*analysis.Rule][]*analysis.Rule{
	aptListsKept:            {aptUpdateAlone},
	chmodLayer:              {chownLayer, worldWritable},
	copyFromUnknown:         {stageReferenceLost},
	copySeveralWithoutSlash: {trailingComment},
	doesNotBuild:            {copyFromItself, invalidExpose, trailingComment, undefinedArgInFrom},
	effectEndsWithRun:       {bashismUnderDash},
	invalidDefaultArgInFrom: {undefinedArgInFrom},
	invalidExpose:           {trailingComment},
	latestTag:               {endOfLifeImage},
	legacyKeyValue:          {swallowedSetting},
	shellFormCommand:        {shellMissing, trailingComment},
	untaggedImage:           {endOfLifeImage},
}

//go:embed *.txtar
var pages embed.FS

// Source returns the rule's .txtar: its page and its examples. It is nil for a rule without one.
func Source(r *analysis.Rule) []byte {
	data, err := pages.ReadFile(r.Name + ".txtar")
	if err != nil {
		return nil
	}
	return data
}

// ByName returns the rule that goes by the name or, with another tool's code, by the alias;
// nil where there is none.
func ByName(name string) *analysis.Rule {
	for _, r := range append([]*analysis.Rule{analysis.DoesNotParse}, All...) {
		if r.Goes(name) {
			return r
		}
	}
	return nil
}
