package analysis_test

import (
	"context"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
)

// TestRefusalIsOne: BuildKit names at random one of several words that a misspelled one may have been meant for; it is
// the same mistake all the same, so a comment about it is not posted again.
func TestRefusalIsOne(t *testing.T) {
	prints := map[string]bool{}
	for range 40 {
		res, err := analysis.Run(context.Background(),
			analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\nARD x\n")})
		if err != nil || len(res.Diagnostics) != 1 {
			t.Fatalf("%v, %+v", err, res.Diagnostics)
		}
		prints[res.Diagnostics[0].Fingerprint] = true
	}
	if len(prints) != 1 {
		t.Errorf("%d fingerprints of one mistake", len(prints))
	}
}
