package queue

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets more tests wait side by side than the machine has processors: those that are parallel wait out
// deadlines.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
