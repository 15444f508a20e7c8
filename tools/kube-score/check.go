package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/zegl/kube-score/config"
	"github.com/zegl/kube-score/domain"
	"github.com/zegl/kube-score/parser"
	"github.com/zegl/kube-score/score"
	"github.com/zegl/kube-score/score/checks"
	"github.com/zegl/kube-score/scorecard"
)

// check scores a file of manifests, prints what is below OK, and returns the number of findings that are CRITICAL and not
// accepted, and of acceptances that accept nothing any more. A file without manifests is an error: nothing is found there.
func check(out io.Writer, acceptedFile, manifests string) (int, error) {
	accepted, err := readAccepted(acceptedFile)
	if err != nil {
		return 0, err
	}
	card, err := scores(manifests)
	if err != nil {
		return 0, err
	}
	held, explained, warnings, unexplained := 0, 0, 0, 0
	left := allUnused(accepted)
	for _, key := range slices.Sorted(maps.Keys(card)) {
		scored := card[key]
		object := scored.TypeMeta.Kind + "/" + scored.ObjectMeta.Name
		for _, result := range scored.Checks {
			switch {
			case result.Skipped:
			case result.Grade > scorecard.GradeWarning:
				held++
			case result.Grade > scorecard.GradeCritical:
				warnings++
				list(out, "warning", object, result)
			case left.accepts(accepted, result.Check.ID, object):
				explained++
				list(out, "accepted", object, result)
			default:
				unexplained++
				list(out, "CRITICAL", object, result)
			}
		}
	}
	if held == 0 {
		return 0, errors.New("no check holds: name a file of manifests")
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(out, "unused   %s: nothing is found any more that it accepts: remove it from %s\n", name, acceptedFile)
	}
	fmt.Fprintf(out, "%s: %d checks hold, %d CRITICAL ones accepted with a reason, %d warnings, %d CRITICAL ones not explained, %d acceptances unused\n",
		manifests, held, explained, warnings, unexplained, len(left))
	return unexplained + len(left), nil
}

// scores are those of the checks that kube-score has on by default. Its annotations are not followed: they have no reason.
func scores(manifests string) (scorecard.Scorecard, error) {
	file, err := os.Open(manifests)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, err := parser.New(nil)
	if err != nil {
		return nil, err
	}
	objects, err := reader.ParseFiles([]domain.NamedReader{file})
	if err != nil {
		return nil, err
	}
	// With the present version of Kubernetes an API that is on its way out is a finding. The minima are kube-score's defaults.
	run := &config.RunConfiguration{
		KubernetesVersion:     config.Semver{Major: 1, Minor: 35},
		MinReplicasDeployment: 2,
		MinReplicasHPA:        2,
	}
	card, err := score.Score(objects, score.RegisterAllChecks(objects, &checks.Config{}, run), run)
	if err != nil {
		return nil, err
	}
	return *card, nil
}

func list(out io.Writer, what, object string, result scorecard.TestScore) {
	for _, comment := range result.Comments {
		where := object
		if comment.Path != "" {
			where += " " + comment.Path
		}
		fmt.Fprintf(out, "%-8s %s %s: %s\n", what, result.Check.ID, where, comment.Summary)
	}
}
