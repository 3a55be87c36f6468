package demo

import (
	"os"
	"testing"

	"github.com/dfbot/dfbot/review/buildkit"
)

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}
