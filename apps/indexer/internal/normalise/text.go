package normalise

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// appendText appends bytes as a JSON string. What is not UTF-8 becomes U+FFFD, one for each beginning of a character that
// does not go on, as the Unicode Standard recommends and as Ruby has it.
func appendText(dst, text []byte) []byte {
	if !utf8.Valid(text) {
		text = scrub(text)
	}
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

func scrub(text []byte) []byte {
	clean := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			size = begun(text)
		}
		clean = utf8.AppendRune(clean, r)
		text = text[size:]
	}
	return clean
}

// begun returns how many bytes text begins with that could be a character with other bytes behind them.
func begun(text []byte) int {
	for size := min(3, len(text)); size > 1; size-- {
		if utf8.RuneStart(text[0]) && !utf8.FullRune(text[:size]) {
			return size
		}
	}
	return 1
}
