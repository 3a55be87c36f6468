package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// mountOf reads the value of a --mount flag; a key without a value has "true".
func mountOf(f dockerfile.Flag) map[string]string {
	m := map[string]string{}
	for _, kv := range strings.Split(f.Value, ",") {
		key, value, has := strings.Cut(strings.TrimSpace(kv), "=")
		if !has {
			value = "true"
		}
		switch key = strings.ToLower(key); key {
		case "src":
			key = "source"
		case "dst", "destination":
			key = "target"
		}
		m[key] = strings.Trim(value, `"`)
	}
	if m["type"] == "" {
		m["type"] = "bind" // the default
	}
	return m
}
