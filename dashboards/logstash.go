package dashboards

// logstashEvents counts the events that the main pipeline has taken in, or given out.
func logstashEvents(way string) string {
	return "sum(rate(logstash_stats_pipeline_events_" + way + `{pipeline="main"}[$__rate_interval]))`
}

func logstash() Dashboard {
	const job = "logstash"
	perSecond := func(metric, more string) string {
		return "rate(logstash_stats_" + metric + of(job, more) + "[$__rate_interval])"
	}
	byPipeline := func(expr string) Query { return Query{"{{pipeline}}", "sum by (pipeline) (" + expr + ")"} }
	fill := func(used, most, more string) string {
		return "logstash_stats_" + used + of(job, more) + " / (logstash_stats_" + most + of(job, more) + " > 0)"
	}
	documents := func(outcome string) Query {
		return Query{outcome, "sum(" + perSecond("pipeline_plugin_documents_"+outcome, "") + ")"}
	}
	return Dashboard{
		Name:        "logstash",
		Title:       "Logstash",
		Description: "The engine between Kafka and Elasticsearch. Empty where the indexer does this work.",
		Variables:   []Variable{pods(job)},
		Rows: []Row{
			{"Now", []Panel{
				running("Logstashes", job),
				number("Read", events, "Events that the main pipeline takes from Kafka and Beats.", "sum("+perSecond("pipeline_events_in", `pipeline="main"`)+")"),
				number("Delivered", events, "Events that have left it.", "sum("+perSecond("pipeline_events_out", `pipeline="main"`)+")"),
				number("Queue", ratio, "Fill of the persistent queue. Full, it stops reading: Kafka keeps the rest.",
					"max("+fill("pipeline_queue_events_queue_size", "pipeline_queue_max_size_in_bytes", `pipeline="main"`)+")").worse(.8, .95),
				number("Dead letter queue", ratio, "Fill of the queue of documents that Elasticsearch refused. Full, it drops more of them.",
					"max("+fill("pipeline_dead_letter_queue_size_in_bytes", "pipeline_dead_letter_queue_max_size_in_bytes", "")+")").worse(.5, .8),
				number("Dropped", short, "Refused documents that are lost, since the start.", "sum(logstash_stats_pipeline_dead_letter_queue_dropped_events"+of(job, "")+")").bad(1),
			}},
			{"Flow", []Panel{
				graph("Events in", events, "By pipeline.", byPipeline(perSecond("pipeline_events_in", ""))),
				graph("Events out", events, "By pipeline.", byPipeline(perSecond("pipeline_events_out", ""))),
				graph("Documents", events, "What Elasticsearch does with them. Refused ones go to the dead letter queue.",
					documents("successes"), documents("dlq_routed"), documents("non_retryable_failures")),
				graph("Time of an event", seconds, "Mean, in filters and outputs.", Query{"{{pipeline}}",
					"sum by (pipeline) (" + perSecond("pipeline_events_duration", "") + ") / (sum by (pipeline) (" + perSecond("pipeline_events_out", "") + ") > 0) / 1000"}),
				graph("Waiting inputs", ratio, "Share of the time that inputs wait for the queue to take an event: the way out is the bottleneck.", byPipeline(perSecond("pipeline_events_queue_push_duration", "")+" / 1000")),
				graph("Events in the queue", short, "By pod and pipeline.", Query{"{{instance}} {{pipeline}}", "logstash_stats_pipeline_queue_events_count" + of(job, "")}),
			}},
			{"Resources", []Panel{
				graph("CPU", "percent", "In percent of all cores that the pod sees.", Query{"{{instance}}", "logstash_stats_process_cpu_percent" + of(job, "")}),
				graph("Heap", ratio, "Heap in use, of what the JVM may take.", Query{"{{instance}}", fill("jvm_mem_heap_used_bytes", "jvm_mem_heap_max_bytes", "")}).worse(.85, .95),
				graph("Open files", ratio, "Of those that the process may have.", Query{"{{instance}}", fill("process_open_file_descriptors", "process_max_file_descriptors", "")}).worse(.7, .9),
			}},
		},
	}
}
