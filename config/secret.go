package config

import (
	"fmt"
	"log/slog"
)

// Secret is text that must stay hidden. Printed, logged or encoded, it shows as "REDACTED"; only string(s) has its
// content.
type Secret string

const redacted = "REDACTED"

func (s Secret) shown() string {
	if s == "" {
		return ""
	}
	return redacted
}

// String hides the secret.
func (s Secret) String() string { return s.shown() }

// Format hides the secret from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.shown()) }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }

// MarshalText hides the secret from encoders such as JSON's.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }
