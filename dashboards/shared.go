package dashboards

import (
	"fmt"
	"strings"
)

// All are the dashboards, the one to begin with first.
func All() []Dashboard {
	return []Dashboard{pipeline(), kafka(), zookeeper(), elasticsearch(), logstash(), indexer(), spark(), application(), monitoring()}
}

// pods lets one choose among the pods of a job.
func pods(job string) Variable {
	return Variable{Name: "instance", Label: "Pod", Metric: fmt.Sprintf("up{job=%q}", job), Of: "instance"}
}

// of selects the chosen pods of a job, and more.
func of(job, more string) string {
	if more != "" {
		more = ", " + more
	}
	return fmt.Sprintf(`{job=%q, instance=~"$instance"%s}`, job, more)
}

// running counts the pods of a job that answer.
func running(title, job string) Panel {
	return number(title, short, "Pods that answer Prometheus.", fmt.Sprintf("sum(up{job=%q}) or vector(0)", job)).atLeast(1)
}

// process is what the pods of a job take of their node, by the metrics that every client library has.
func process(jobs ...string) Row {
	job := jobs[0]
	selected := of(job, "")
	if len(jobs) > 1 {
		selected = fmt.Sprintf(`{job=~"%s", instance=~"$instance"}`, strings.Join(jobs, "|"))
	}
	return Row{"Resources", []Panel{
		graph("CPU", short, "Cores in use. A pod at its limit is throttled: everything it does gets slower.",
			Query{"{{instance}}", "rate(process_cpu_seconds_total" + selected + "[$__rate_interval])"}),
		graph("Memory", bytes, "Resident memory of the process. At the pod's limit it is killed.",
			Query{"{{instance}}", "process_resident_memory_bytes" + selected}),
		graph("Open files", ratio, "Open files and connections, of those that the process may have.",
			Query{"{{instance}}", "process_open_fds" + selected + " / process_max_fds" + selected}).worse(.7, .9),
	}}
}

// heap is the memory and the garbage collection of a JVM. The exporters name its memory differently.
func heap(job, used, most string) Row {
	return Row{"JVM", []Panel{
		graph("Heap", ratio, "Heap in use, of what the JVM may take. Near the top it does little but collect garbage.",
			Query{"{{instance}}", fmt.Sprintf("%s%s / %s%s", used, of(job, `area="heap"`), most, of(job, `area="heap"`))}).worse(.85, .95),
		graph("Garbage collection", ratio, "Share of the time that goes into collecting garbage; the program stands still for most of it.",
			Query{"{{instance}} {{gc}}", "rate(jvm_gc_collection_seconds_sum" + of(job, "") + "[$__rate_interval])"}).worse(.1, .3),
		graph("Threads", short, "Threads of the JVM. A number that only rises is a leak.",
			Query{"{{instance}}", "jvm_threads_current" + of(job, "")}),
	}}
}

// quantiles are lines of a Prometheus histogram: half of all, most, and nearly all.
func quantiles(histogram, selector string) []Query {
	return quantilesOf("sum by (le) (rate(" + histogram + "_bucket" + selector + "[$__rate_interval]))")
}

// nativeQuantiles are the same of a native histogram, which is one series.
func nativeQuantiles(histogram, selector string) []Query {
	return quantilesOf("sum(rate(" + histogram + selector + "[$__rate_interval]))")
}

func quantilesOf(buckets string) []Query {
	var all []Query
	for _, q := range []string{"0.5", "0.95", "0.99"} {
		all = append(all, Query{"p" + q[2:], fmt.Sprintf("histogram_quantile(%s, %s)", q, buckets)})
	}
	all[0].Legend = "p50"
	return all
}

func anomalies() Panel {
	return counted("Anomalies", "What the Spark job found, by kind.", Anomalies, "event.kind:alert", "anomaly.kind")
}
