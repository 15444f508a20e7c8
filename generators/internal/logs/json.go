package logs

import (
	"encoding/binary"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// hex is four bytes in lower-case hexadecimal: eight digits, the first one in the lowest byte.
func hex(four []byte) uint64 {
	const ones = 0x0101010101010101
	x := uint64(binary.LittleEndian.Uint32(four))
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = x>>4&0x000f000f000f000f | x&0x000f000f000f000f<<8 // a half of a byte in each byte
	letters := (x + 6*ones) >> 4 & ones                   // 1 where it is 10 or more
	return x + '0'*ones + letters*('a'-'0'-10)
}

// appendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD, as encoding/json reads it.
func appendString[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	clean := 0 // s[clean:i] needs no escape and is copied in one piece
	for i := 0; i < len(s); {
		for i+8 <= len(s) && plain(eight(s, i)) {
			i += 8
		}
		// Of what is left at the end the last eight bytes are looked at once more, rather than each by itself.
		if i == len(s) || len(s) >= 8 && i+8 > len(s) && plain(eight(s, len(s)-8)) {
			break
		}
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[clean:i]...)
			dst = appendEscaped(dst, c)
			i++
			clean = i
			continue
		}
		// A conversion of at most four bytes stays on the stack.
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[clean:i]...)
			dst = append(dst, `\ufffd`...)
			clean = i + 1
		}
		i += size
	}
	dst = append(dst, s[clean:]...)
	return append(dst, '"')
}

// quoted remembers a text's JSON string, with what is around it.
type quoted struct {
	text string
	json []byte
}

// append appends s as a JSON string between before and after, which are the same in each call.
func (q *quoted) append(dst []byte, before, s, after string) []byte {
	if s != q.text || q.json == nil {
		q.text = s
		q.json = append(appendString(append(q.json[:0], before...), s), after...)
	}
	return append(dst, q.json...)
}

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

func eight[S ~string | ~[]byte](s S, i int) uint64 {
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// plain tells whether none of eight bytes needs a look of its own: no control character, quote, backslash, or byte of a
// longer character. It looks at all of them at once; a byte is less than n if subtracting n borrows its highest bit.
func plain(eight uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := eight^ones*'"', eight^ones*'\\'
	return (eight|(eight-ones*' ')|(quote-ones)|(backslash-ones))&high == 0
}
