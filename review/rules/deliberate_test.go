package rules_test

// deliberate lists the cases of hadolint's on which dfbot differs on purpose, with the reason.
// docs/hadolint.md tells users the same, by code.
var deliberate = map[string]string{
	"hl-0097": "DL3009: the lists are in a stage that no image is built from; hadolint's second pass over ONBUILD forgets the stages",
	"hl-0109": "DL3009: the lists lie in a cache mount of /var/lib/apt; whether /var/cache/apt is one as well is no matter for them",
	"hl-0492": "DL3033: the variable is not set in this stage, so that nobody knows what is installed; the base image may set it",
	"hl-1059": "DL4006: a sh that does not know -o pipefail ends every RUN with an error; one that does has it",
	"hl-1101": "DL4006: Alpine's sh is busybox's, which knows -o pipefail; and echo cannot fail",
}
