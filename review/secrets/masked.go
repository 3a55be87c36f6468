package secrets

import "strings"

// masked takes the place of a credential.
const masked = "…"

// Masked is the text, its words joined by single blanks, without the credentials in it: those that are known by their
// form, what follows the name of a secret, and what looks as if a machine had made it. What is left may be hashed and
// published; the hash of a weak password tells it to everyone who can guess.
func Masked(text string) string {
	all := Tokens(text)
	for i := len(all) - 1; i >= 0; i-- {
		text = text[:all[i].Start] + masked + text[all[i].End:]
	}
	words := strings.Fields(text)
	quote := byte(0) // that the value of a secret began with, and that has not ended yet
	for i := range words {
		word := words[i]
		switch {
		case quote != 0:
			quote, words[i] = stillOpen(word, quote), masked
		case i > 0 && names(words[i-1]):
			quote, words[i] = opened(word), masked
		default:
			words[i], quote = maskedPair(word)
		}
	}
	return strings.Join(words, " ")
}

// maskedPair masks the value of a NAME=value or "name:value", and a value without a name; quote is the one that the
// value begins with and does not end with.
func maskedPair(word string) (_ string, quote byte) {
	at := strings.IndexAny(word, "=:")
	if at < 0 || at == len(word)-1 || !names(word[:at]) {
		if Random(word[at+1:]) && !strings.HasSuffix(word[:at+1], "sha256:") {
			return word[:at+1] + masked, 0
		}
		return word, 0
	}
	return word[:at+1] + masked, opened(word[at+1:])
}

// names reports whether a word, perhaps a flag or the begin of a header, is the name of a secret.
func names(word string) bool { return Name(strings.Trim(word, `-"'=:{,`)) }

// opened is the quote that the word begins with and does not end with; 0 where there is none.
func opened(word string) byte {
	if word == "" || word[0] != '"' && word[0] != '\'' {
		return 0
	}
	return stillOpen(word[1:], word[0])
}

// stillOpen is the quote, or 0 where the word ends with it.
func stillOpen(word string, quote byte) byte {
	if strings.HasSuffix(word, string(quote)) {
		return 0
	}
	return quote
}
