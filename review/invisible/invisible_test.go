package invisible_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/invisible"
)

func TestRune(t *testing.T) {
	for _, r := range []rune{
		0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180D, 0x180E, 0x200B, 0x200D, 0x200E, 0x2028,
		0x2029, 0x202E, 0x2060, 0x2065, 0x2066, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0x16FE4,
		0x1D159, 0x1D173, 0xE0001, 0xE0041, 0xE0080, 0xE0100, 0xE01EF, 0xE0FFF,
	} {
		if !invisible.Rune(r) {
			t.Errorf("U+%04X is seen", r)
		}
	}
	for _, r := range "a ~é\u0301ß漢가ｱ☠🐳\u2801\t\n\u00a0\u3000\u20ac" {
		if invisible.Rune(r) {
			t.Errorf("U+%04X is not seen", r)
		}
	}
}

// TestDefaultIgnorable holds Rune to Unicode's list of the property, of version 16
// (https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt, Default_Ignorable_Code_Point).
func TestDefaultIgnorable(t *testing.T) {
	for _, span := range [][2]rune{
		{0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},
		{0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
		{0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
	} {
		for r := span[0]; r <= span[1]; r++ {
			if !invisible.Rune(r) {
				t.Errorf("U+%04X is seen", r)
			}
		}
	}
}

func TestIn(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "RUN a\tb\n": false, "# ⚠️ look": false, "a\ufe0f": true, "⚠\ufe0f\ufe0f": true, "⚠\ufe0e": true,
		"\u2800\ufe0f": true, "\ufe0f": true, "b\u3164": true, "x\U000e0041": true,
	} {
		if invisible.In(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
