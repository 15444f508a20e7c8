package normalise

import (
	"bytes"
	"unicode/utf16"
)

const hexDigits = "0123456789abcdef"

// deep tells whether body has more than most objects and lists one within the other, counted over the brackets outside
// of texts: what nothing closes is deep too.
func deep(body []byte, most int) bool {
	depth, text := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			text = !text
		case text:
			if c == '\\' {
				i++
			}
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth = max(depth-1, 0)
		}
	}
	return false
}

// mend makes of a record that may be meant as JSON one in a line: control characters in texts are escaped, halves of
// surrogate pairs become U+FFFD, line ends between the tokens become blanks. What is no JSON stays so.
func mend(dst, body []byte) []byte {
	text := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			text = !text
			dst = append(dst, c)
		case !text:
			if c == '\n' || c == '\r' {
				c = ' '
			}
			dst = append(dst, c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		case c == '\\':
			escape := escapeOf(body[i:])
			i += len(escape) - 1
			if lone(escape) {
				escape = []byte(`\ufffd`)
			}
			dst = append(dst, escape...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// escapeOf returns the escape that text begins with: both halves of a surrogate pair. Of what is none it returns two bytes.
func escapeOf(text []byte) []byte {
	first, ok := unit(text)
	if !ok {
		return text[:min(2, len(text))]
	}
	if second, ok := unit(text[6:]); ok && utf16.DecodeRune(first, second) != '\ufffd' {
		return text[:12]
	}
	return text[:6]
}

// lone tells whether an escape is half of a surrogate pair.
func lone(escape []byte) bool {
	half, ok := unit(escape)
	return ok && len(escape) == 6 && utf16.IsSurrogate(half)
}

// unit returns the number of \uXXXX at the beginning of text.
func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var number rune
	for _, c := range text[2:6] {
		digit := bytes.IndexByte([]byte(hexDigits), c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		number = number<<4 | rune(digit)
	}
	return number, true
}
