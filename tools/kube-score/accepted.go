package main

import (
	"fmt"
	"os"
	"path"
	"strings"

	"sigs.k8s.io/yaml"
)

// acceptance is a check that need not hold, everywhere or for some objects.
type acceptance struct {
	Check   string
	Objects []string // Kind/name, in which * stands for any part of a name; all when empty
	Reason  string
}

// readAccepted refuses what would accept without a reason, or could never accept anything.
func readAccepted(file string) ([]acceptance, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var accepted []acceptance
	if err := yaml.UnmarshalStrict(content, &accepted); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, a := range accepted {
		if a.Check == "" || strings.TrimSpace(a.Reason) == "" {
			return nil, fmt.Errorf("%s: check %q: set both check and reason", file, a.Check)
		}
		for _, pattern := range a.Objects {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("%s: check %s: object %q: %w", file, a.Check, pattern, err)
			}
		}
	}
	return accepted, nil
}

// unused are the acceptances, and the objects of acceptances, that nothing was found for.
type unused map[string]bool

func allUnused(accepted []acceptance) unused {
	all := unused{}
	for _, a := range accepted {
		if len(a.Objects) == 0 {
			all[a.Check] = true
		}
		for _, pattern := range a.Objects {
			all[a.Check+" "+pattern] = true
		}
	}
	return all
}

// accepts finds out whether a finding is accepted, and strikes what accepts it off the unused.
func (u unused) accepts(accepted []acceptance, check, object string) bool {
	found := false
	for _, a := range accepted {
		if a.Check != check {
			continue
		}
		if len(a.Objects) == 0 {
			found = true
			delete(u, check)
		}
		for _, pattern := range a.Objects {
			if matches, _ := path.Match(pattern, object); matches {
				found = true
				delete(u, check+" "+pattern)
			}
		}
	}
	return found
}
