package webhook_test

import "testing"

// needsOpenFiles does nothing: there is no limit.
func needsOpenFiles(*testing.T, uint64) {}
