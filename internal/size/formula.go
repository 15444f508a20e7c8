package size

import (
	"fmt"
	"math"
	"strings"

	"sluice/internal/figures"
)

// Step is one formula of a plan, with the numbers that were put in.
type Step struct {
	Name    string
	Formula string // in names
	Numbers string // the same in numbers
	Value   float64
	Unit    string
}

// factor is part of a product.
type factor struct {
	name  string
	value float64
	under bool // divides
}

func times(name string, value float64) factor { return factor{name, value, false} }

func over(name string, value float64) factor { return factor{name, value, true} }

// sheet is a calculation that remembers its steps.
type sheet struct {
	Input
	Coefficients
	steps []Step
}

func (s *sheet) times(coefficient string) factor { return times(coefficient, s.Value(coefficient)) }

func (s *sheet) over(coefficient string) factor { return over(coefficient, s.Value(coefficient)) }

// product calculates and notes down a product of factors.
func (s *sheet) product(name, unit string, factors ...factor) float64 {
	value := 1.0
	var names, numbers strings.Builder
	for i, f := range factors {
		sign := " × "
		if f.under {
			sign, value = " ÷ ", value/f.value
		} else {
			value *= f.value
		}
		if i > 0 {
			names.WriteString(sign)
			numbers.WriteString(sign)
		}
		names.WriteString(f.name)
		numbers.WriteString(number(f.value))
	}
	s.steps = append(s.steps, Step{name, names.String(), numbers.String(), value, unit})
	return value
}

// sum calculates and notes down a sum.
func (s *sheet) sum(name, unit string, parts ...factor) float64 {
	value := 0.0
	var names, numbers []string
	for _, part := range parts {
		value += part.value
		names, numbers = append(names, part.name), append(numbers, number(part.value))
	}
	s.steps = append(s.steps, Step{name, strings.Join(names, " + "), strings.Join(numbers, " + "), value, unit})
	return value
}

// number writes up to four digits after which nobody asks, and all digits of whole numbers.
func number(value float64) string {
	if value == math.Trunc(value) && math.Abs(value) < 1e15 {
		return figures.Thousands(int64(value))
	}
	if math.Abs(value) >= 1000 {
		return figures.Thousands(int64(math.Round(value)))
	}
	return fmt.Sprintf("%.4g", value)
}
