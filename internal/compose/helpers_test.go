package compose

import (
	"cmp"
	"slices"
	"strings"
)

func split(text string) []string { return strings.Split(text, "\n---\n") }

func replace(text, part, by string) string { return strings.Replace(text, part, by, 1) }

func sortByProfile(variants []*variant) {
	slices.SortFunc(variants, func(a, b *variant) int { return cmp.Compare(a.profile, b.profile) })
}
