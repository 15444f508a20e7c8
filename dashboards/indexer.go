package dashboards

// indexed are lines of the time from an event's own timestamp until Elasticsearch has acknowledged it.
func indexed(selector string) []Query {
	return nativeQuantiles("indexer_delivery_seconds", selector)
}

func indexer() Dashboard {
	const job = "indexer"
	perSecond := func(metric string) string { return "sum(rate(" + metric + of(job, "") + "[$__rate_interval]))" }
	by := func(label, metric string) Query {
		return Query{"{{" + label + "}}", "sum by (" + label + ") (rate(" + metric + of(job, "") + "[$__rate_interval]))"}
	}
	// While a partition changes hands, two of them tell of it.
	lag := "max by (topic, partition) (indexer_lag_records" + of(job, "") + ")"
	return Dashboard{
		Name:        "indexer",
		Title:       "Indexer",
		Description: "The light engine between Kafka and Elasticsearch. Empty where Logstash does this work.",
		Variables:   []Variable{pods(job)},
		Rows: []Row{
			{"Now", []Panel{
				number("Indexers", short, "Pods that answer Prometheus. None is right where they scale to zero and there is nothing to read.", `sum(up{job="indexer"}) or vector(0)`),
				number("Read", events, "Records from Kafka.", perSecond("indexer_records_read_total")),
				number("Indexed", events, "Documents that Elasticsearch has acknowledged as new.", perSecond("indexer_documents_indexed_total")),
				number("p99", seconds, "99 of 100 events are that old, or younger, when Elasticsearch has acknowledged them.", indexed(of(job, ""))[2].Expr).worse(10, 60),
				number("Lag", short, "Records that they have not read yet, as they see it themselves.", "sum("+lag+")").worse(10_000, 100_000),
				number("Offset resets", short, "Times in this hour that Kafka had not the record at which they were.", "sum(increase(indexer_offset_resets_total"+of(job, "")+"[1h]))").bad(1),
			}},
			{"Flow", []Panel{
				graph("Records read", events, "By topic.", by("topic", "indexer_records_read_total")).stacked(),
				graph("What became of them", events, "New documents, those that were there already, and dead letters by their reason.",
					Query{"indexed", perSecond("indexer_documents_indexed_total")},
					Query{"duplicates", perSecond("indexer_documents_duplicate_total")},
					by("reason", "indexer_dead_letters_total")).stacked(),
				graph("Time to the acknowledgement", seconds, "From an event's own timestamp: half, 95 and 99 of 100 take this time or less.", indexed(of(job, ""))...),
				graph("Lag by partition", short, "Records that are not read yet.", Query{"{{topic}}/{{partition}}", lag}),
				graph("Bulk requests", reqs, "By the status of Elasticsearch's answer; error is none.", by("status", "indexer_bulk_requests_total")).stacked(),
				graph("Documents that were sent again", events, "By the status that Elasticsearch gave them. They are sent until it takes them.", by("status", "indexer_documents_retried_total")).bad(1),
				graph("Bytes to Elasticsearch", rate, "Bulk requests, before compression.", Query{"{{instance}}", "rate(indexer_bulk_bytes_total" + of(job, "") + "[$__rate_interval])"}),
				graph("In flight", bytes, "Read, and not acknowledged yet. At its bound reading waits: Kafka keeps the rest.", Query{"{{instance}}", "indexer_in_flight_bytes" + of(job, "")}),
				graph("Rebalances", ops, "Changes of the group: one for each pod that comes or goes.", Query{"{{instance}}", "rate(indexer_rebalances_total" + of(job, "") + "[$__rate_interval])"}),
			}},
			process(job),
		},
	}
}
