package promql

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Files with what the components expose, relative to the repository.
const (
	RecordedFile    = "test/testdata/metrics.txt"              // by the e2e tier, from a live Prometheus
	NotRecordedFile = "test/testdata/metrics-not-recorded.txt" // by hand, where nothing could be recorded
)

// Known are the label names of each metric of each job, without job and instance, which all have.
type Known map[string]map[string][]string

// Read reads a file of lines: job, metric, and its labels with commas between.
func Read(root, name string) (Known, error) {
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return nil, err
	}
	known := Known{}
	for i, line := range strings.Split(string(content), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) > 3 || len(fields) < 2 {
			return nil, fmt.Errorf("%s:%d: %q is not a job, a metric, and labels with commas between", name, i+1, line)
		}
		var labels []string
		if len(fields) == 3 {
			labels = strings.Split(fields[2], ",")
		}
		known.Add(fields[0], fields[1], labels...)
	}
	return known, nil
}

// Add adds labels to a metric of a job.
func (k Known) Add(job, metric string, labels ...string) {
	if k[job] == nil {
		k[job] = map[string][]string{}
	}
	all := append(k[job][metric], labels...)
	slices.Sort(all)
	k[job][metric] = slices.Compact(all)
}

// Merge adds what others know.
func (k Known) Merge(other Known) {
	for job, metrics := range other {
		for metric, labels := range metrics {
			k.Add(job, metric, labels...)
		}
	}
}

// String is the content of a file.
func (k Known) String() string {
	var text strings.Builder
	for _, job := range slices.Sorted(maps.Keys(k)) {
		for _, metric := range slices.Sorted(maps.Keys(k[job])) {
			text.WriteString(strings.TrimRight(job+" "+metric+" "+strings.Join(k[job][metric], ","), " ") + "\n")
		}
	}
	return text.String()
}

// Match are the jobs and names that a selector finds.
func (k Known) Match(m Metric) (jobs, names []string) {
	inJob := regexp.MustCompile("^(?:" + m.Job + ")$")
	isName := func(name string) bool { return name == m.Name }
	if m.Regexp {
		isName = regexp.MustCompile("^(?:" + m.Name + ")$").MatchString
	}
	for _, job := range slices.Sorted(maps.Keys(k)) {
		if m.Job != "" && !inJob.MatchString(job) {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(k[job])) {
			if isName(name) {
				jobs, names = append(jobs, job), append(names, name)
			}
		}
	}
	return slices.Compact(jobs), names
}

// Every series of a scrape has these labels.
var always = []string{"job", "instance"}

// Check says what an expression asks for that nothing exposes. Recorded are the names that rules make, with labels of
// their own.
func (k Known) Check(e Expression, explained Explained, recorded []string) []string {
	if explained.Error != "" {
		return []string{explained.Error}
	}
	var wrong, unknown []string
	labels := map[string][]string{} // of each name in the expression; none for what a rule records
	for _, m := range explained.Metrics {
		if slices.Contains(recorded, m.Name) {
			continue
		}
		jobs, names := k.Match(m)
		if len(names) == 0 {
			unknown = append(unknown, m.Name)
			at := ""
			if m.Job != "" {
				at = " of the job " + m.Job
			}
			wrong = append(wrong, fmt.Sprintf("nothing exposes %s%s", m.Name, at))
			continue
		}
		for _, job := range jobs {
			for _, name := range names {
				labels[m.Name] = append(labels[m.Name], k[job][name]...)
			}
		}
		wanted := m.Labels
		if e.Label != "" {
			wanted = append(wanted, e.Label)
		}
		for _, label := range wanted {
			if !slices.Contains(always, label) && !slices.Contains(labels[m.Name], label) {
				wrong = append(wrong, fmt.Sprintf("%s has no label %s", m.Name, label))
			}
		}
	}
	for _, group := range explained.Groups {
		for _, label := range group.Labels {
			if !slices.Contains(always, label) && !slices.ContainsFunc(group.Metrics, func(metric string) bool {
				return slices.Contains(recorded, metric) || slices.Contains(unknown, metric) || slices.Contains(labels[metric], label)
			}) {
				wrong = append(wrong, fmt.Sprintf("nothing in %s has the label %s", strings.Join(group.Metrics, ", "), label))
			}
		}
	}
	return wrong
}
