package rules_test

// deliberate lists the cases of hadolint's on which dfbot differs on purpose, with the reason.
// docs/hadolint.md tells users the same, by code.
var deliberate = map[string]string{
	"hl-1059": "DL4006: a sh that does not know -o pipefail ends every RUN with an error; one that does has it",
	"hl-1101": "DL4006: Alpine's sh is busybox's, which knows -o pipefail; and echo cannot fail",
}
