package attack_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/attack"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// TestShapes: the shapes have distinct names, keep to the size that they are asked for, and grow.
func TestShapes(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range attack.Shapes() {
		if seen[s.Name] {
			t.Errorf("two shapes are named %s", s.Name)
		}
		seen[s.Name] = true
		for _, size := range []int{1 << 10, 32 << 10, 1 << 20} {
			for path, text := range s.Make(size) {
				if len(text) > max(dockerfile.MaxSize, size+100) {
					t.Errorf("%s of %d: %.60s has %d bytes", s.Name, size, path, len(text))
				}
			}
		}
	}
}
