// Package figures writes numbers for people.
package figures

import "strconv"

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string { return Group(strconv.FormatInt(n, 10)) }

// Group puts commas into the digits of a whole number.
func Group(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
