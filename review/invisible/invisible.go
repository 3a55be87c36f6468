// Package invisible lists the characters that cannot be seen. A name or a line that holds one reads like another: dfbot
// shows such characters by their number, and suggests no text that holds one. It must never decide what is done with
// them.
package invisible

import "unicode"

// blanks are symbols and marks that Unicode gives no ink: the empty Braille pattern, the filler of Khitan script, the
// null notehead.
var blanks = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x16FE4, Hi: 0x16FE4, Stride: 1}, {Lo: 0x1D159, Hi: 0x1D159, Stride: 1}},
}

// Rune reports whether a character is not seen, or is seen only by how it orders and breaks what is beside it: format
// characters, line and paragraph separators, what Unicode says to ignore by default (Default_Ignorable_Code_Point),
// variation selectors, and blanks that are no spaces. Control characters and spaces are not for it to tell.
func Rune(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector, blanks)
}

// emoji is the variation selector that asks for a symbol in colour.
const emoji = 0xFE0F

// In reports whether a text holds a character that is not seen. It lets pass the selector that directly follows a
// symbol and makes an emoji of it, since people write these and one of them hides nothing.
func In(text string) bool {
	var before rune
	for _, r := range text {
		if Rune(r) && !(r == emoji && unicode.Is(unicode.So, before) && !Rune(before)) {
			return true
		}
		before = r
	}
	return false
}
