package dashboards

func collector() Dashboard {
	const job = "otel-collector"
	perSecond := func(metric, more string) string { return "rate(" + metric + of(job, more) + "[$__rate_interval])" }
	return Dashboard{
		Name:        "collector",
		Title:       "OpenTelemetry Collector",
		Description: "The light engine between Kafka and Elasticsearch. Empty where Logstash does this work.",
		Variables:   []Variable{pods(job)},
		Rows: []Row{
			{"Now", []Panel{
				running("Collectors", job),
				number("Read", events, "Records from Kafka.", "sum("+perSecond("otelcol_kafka_receiver_messages_total", "")+")"),
				number("Delivered", events, "Documents that Elasticsearch has acknowledged.", "sum("+perSecond("otelcol_exporter_sent_log_records_total", `exporter="elasticsearch"`)+")"),
				number("Lag", short, "Records that it has not read yet, as it sees them itself.", "sum(otelcol_kafka_receiver_offset_lag"+of(job, "")+")").worse(10_000, 100_000),
				number("Queue", ratio, "Fill of the queue on the volume. Full, it stops reading: Kafka keeps the rest.",
					"max(otelcol_exporter_queue_size"+of(job, "")+" / (otelcol_exporter_queue_capacity"+of(job, "")+" > 0))").worse(.8, .95),
			}},
			{"Flow", []Panel{
				graph("Records read", events, "By partition.", Query{"{{topic}}/{{partition}}", "sum by (topic, partition) (" + perSecond("otelcol_kafka_receiver_messages_total", "") + ")"}).stacked(),
				graph("Records sent", events, "By exporter: first into the queue, then to Elasticsearch.", Query{"{{exporter}}", "sum by (exporter) (" + perSecond("otelcol_exporter_sent_log_records_total", "") + ")"}),
				graph("Lag by partition", short, "Records that are not read yet.", Query{"{{topic}}/{{partition}}", "sum by (topic, partition) (otelcol_kafka_receiver_offset_lag" + of(job, "") + ")"}),
				graph("Failed deliveries", events, "They are retried until they succeed.", Query{"{{exporter}}", "sum by (exporter) (" + perSecond("otelcol_exporter_send_failed_log_records_total", "") + ")"}).bad(1),
				graph("Refused records", events, "Records that a receiver turned away because the queue was full. Kafka keeps them.", Query{"{{receiver}}", "sum by (receiver) (" + perSecond("otelcol_receiver_refused_log_records_total", "") + ")"}).bad(1),
				graph("Queue", bytes, "What is on its way to Elasticsearch.", Query{"{{instance}} {{exporter}}", "otelcol_exporter_queue_size" + of(job, "")}),
			}},
			{"Resources", []Panel{
				graph("CPU", short, "Cores in use.", Query{"{{instance}}", perSecond("otelcol_process_cpu_seconds_total", "")}),
				graph("Memory", bytes, "Resident memory of the process. At the pod's limit it is killed.", Query{"{{instance}}", "otelcol_process_memory_rss" + of(job, "")}),
				graph("Uptime", seconds, "Since its last start; a saw is a pod that keeps dying.", Query{"{{instance}}", "otelcol_process_uptime_total" + of(job, "")}),
			}},
		},
	}
}
