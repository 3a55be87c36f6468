package rules_test

// deliberate lists the cases of hadolint's on which dfbot differs on purpose, with the reason.
// docs/hadolint.md tells users the same, by code.
var deliberate = map[string]string{}
