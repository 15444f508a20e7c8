package dashboards

// Indices by what they hold. Those of a day end in its date; of the pipeline's own none begins with a dot.
const (
	logIndices        = `index!~"[.].*|.+-dead-letter|.+-anomalies-.+"`
	anomalyIndices    = `index=~".+-anomalies-.+"`
	deadLetterIndices = `index=~".+-dead-letter"`
)

// newDocuments is not the rate of bulk requests: that counts copies, and replays, which change nothing.
func newDocuments(indices string) string {
	return "clamp_min(sum(deriv(elasticsearch_indices_docs_primary{" + indices + "}[5m])), 0)"
}

func pipeline() Dashboard {
	return Dashboard{
		Name:        "pipeline",
		Title:       "Pipeline overview",
		Description: "The way of a log event from the generator to Elasticsearch: how many are on it, how long they take, what goes wrong.",
		Rows: []Row{
			{"Now", []Panel{
				number("Targets down", short, "Pods that Prometheus knows and can't reach.",
					"count(up == 0) or vector(0)").bad(1).leadsTo("monitoring"),
				number("Events into Kafka", events, "Records that producers write, over all topics.",
					"sum(rate(kafka_server_brokertopicmetrics_messagesin_alltopics_total[$__rate_interval]))").leadsTo("kafka"),
				number("Documents into Elasticsearch", events, "New log documents. Over minutes it is as many as come into Kafka.",
					newDocuments(logIndices)).leadsTo("elasticsearch"),
				number("Consumer lag", short, "Records in Kafka that their consumers have not read yet.",
					"sum(kafka_consumergroup_lag_sum) or vector(0)").worse(10_000, 100_000).leadsTo("kafka"),
				number("Dead letters", short, "Records kept aside because they could not be indexed as documents.",
					"sum(elasticsearch_indices_docs_primary{"+deadLetterIndices+"}) or vector(0)").worse(1, 1000),
				number("Firing alerts", short, "Alerts of Prometheus that fire now.",
					`count(ALERTS{alertstate="firing"}) or vector(0)`).bad(1).leadsTo("monitoring"),
			}},
			{"Throughput", []Panel{
				graph("Events at each hop", events, "One line per hop. They lie on each other while the pipeline keeps up; the first that falls behind is where to look.",
					Query{"1 log-generator", "sum(rate(log_generator_events_acknowledged_total[$__rate_interval]))"},
					Query{"2 Kafka, in", `sum(rate(kafka_server_brokertopicmetrics_messagesin_total{topic!~"__.*"}[$__rate_interval]))`},
					Query{"3 indexer, read", "sum(rate(indexer_records_read_total[$__rate_interval]))"},
					Query{"3 Logstash, read", logstashEvents("in")},
					Query{"4 indexer, delivered", "sum(rate(indexer_documents_indexed_total[$__rate_interval]))"},
					Query{"4 Logstash, delivered", logstashEvents("out")},
					Query{"5 Elasticsearch, new documents", newDocuments(logIndices)}),
				graph("Records by topic", events, "Records written to each topic of Kafka.",
					Query{"{{topic}}", `sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesin_total{topic!~"__.*"}[$__rate_interval]))`}).stacked(),
			}},
			{"Delay", []Panel{
				graph("Lag by consumer", short, "Records that a consumer group has not read yet. It may rise during a restart, and must fall again after it.",
					Query{"{{consumergroup}} of {{topic}}", "sum by (consumergroup, topic) (kafka_consumergroup_lag_sum)"}),
				graph("End-to-end delay", seconds, "From an event's own timestamp until Elasticsearch has acknowledged it, as the indexer measures each: half, 95 and 99 of 100 take this time or less. Logstash does not measure it: see the estimate.",
					indexed("")...).worse(30, 300).leadsTo("indexer"),
				graph("Delay of the consumers, estimated", seconds, "Time of a record between Kafka and its consumer, by Little's law: records that wait, divided by records read a second.",
					Query{"{{consumergroup}} of {{topic}}", "sum by (consumergroup, topic) (kafka_consumergroup_lag_sum) / (sum by (consumergroup, topic) (rate(kafka_consumergroup_current_offset[5m])) > 0)"}).worse(30, 300),
				graph("Delay of the hops, p99", seconds, "What the single steps take: the acknowledgement of a batch by Kafka as the generator sees it, and the indexing of one document.",
					Query{"acknowledged by Kafka", "histogram_quantile(0.99, sum by (le) (rate(log_generator_delivery_latency_seconds_bucket[$__rate_interval])))"},
					Query{"indexed (mean)", "sum(rate(elasticsearch_indices_indexing_index_time_seconds_total[$__rate_interval])) / (sum(rate(elasticsearch_indices_indexing_index_total[$__rate_interval])) > 0)"}),
			}},
			{"What goes wrong", []Panel{
				graph("Errors", ops, "Failures of each hop. They are retried: a single one is no loss, a steady line is a fault. To Elasticsearch a document that it has already is one, so a topic that is read once more is a line too.",
					Query{"log-generator, given up", "sum(rate(log_generator_events_failed_total[$__rate_interval]))"},
					Query{"Kafka, failed writes", "sum(rate(kafka_server_brokertopicmetrics_failedproducerequests_alltopics_total[$__rate_interval]))"},
					Query{"indexer, documents sent again", "sum(rate(indexer_documents_retried_total[$__rate_interval]))"},
					Query{"Elasticsearch, refused or there already", "sum(rate(elasticsearch_index_stats_indexing_index_failed_total[$__rate_interval]))"}).bad(1),
				counted("Dead letters by error", "Records that could not be indexed as documents, by the reason.", DeadLetters, "*", "error.message"),
				anomalies().leadsTo("spark"),
				counted("Log events by level", "The events themselves, as they are in Elasticsearch.", Logs, "*", "log.level"),
				documents("Newest errors", "Log events of the levels error and fatal.", Logs, "log.level:(error OR fatal)"),
				documents("Newest dead letters", "The records themselves, in event.original and, byte by byte, in bytes.", DeadLetters, "*"),
			}},
		},
	}
}
