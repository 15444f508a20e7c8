package dashboards

func kafka() Dashboard {
	const job = "kafka"
	topics := of(job, `topic=~"$topic"`)
	groups := `{topic=~"$topic"}`
	sum := func(metric string) string { return "sum(" + metric + of(job, "") + ")" }
	perSecond := func(metric string) string { return "sum(rate(" + metric + of(job, "") + "[$__rate_interval]))" }
	byTopic := func(metric string) Query {
		return Query{"{{topic}}", "sum by (topic) (rate(" + metric + topics + "[$__rate_interval]))"}
	}
	took := func(request string) Query {
		return Query{"{{instance}} p{{quantile}}", "kafka_network_requestmetrics_totaltimems" + of(job, `request="`+request+`", quantile=~"0.50|0.99"`)}
	}
	return Dashboard{
		Name:        "kafka",
		Title:       "Kafka",
		Description: "Brokers, topics and the consumers that read them.",
		Variables:   []Variable{pods(job), {"topic", "Topic", "kafka_log_logendoffset", "topic"}},
		Rows: []Row{
			{"Health", []Panel{
				running("Brokers", job),
				number("Active controllers", short, "Exactly one at any time.", "sum(kafka_controller_kafkacontroller_activecontrollercount)").says(map[string]word{"1": {"1", green}}).bad(0),
				number("Offline partitions", short, "Partitions without a leader: nobody can read or write them.", "max(kafka_controller_kafkacontroller_offlinepartitionscount)").bad(1),
				number("Under-replicated", short, "Partitions of which a copy is missing or behind.", sum("kafka_server_replicamanager_underreplicatedpartitions")).bad(1),
				number("Below the minimum", short, "Partitions with fewer copies than min.insync.replicas: they refuse writes.", sum("kafka_server_replicamanager_underminisrpartitioncount")).bad(1),
				number("Partitions", short, "Copies of partitions that the chosen brokers hold.", sum("kafka_server_replicamanager_partitioncount")),
			}},
			{"Topics", []Panel{
				graph("Records in", events, "Records that producers write.", byTopic("kafka_server_brokertopicmetrics_messagesin_total")).stacked(),
				graph("Bytes in", rate, "What producers write, as it comes over the network (compressed).", byTopic("kafka_server_brokertopicmetrics_bytesin_total")).stacked(),
				graph("Bytes out", rate, "What consumers read; without the copies between brokers.", byTopic("kafka_server_brokertopicmetrics_bytesout_total")).stacked(),
				graph("Size", bytes, "What the topics take on the brokers' volumes, all copies.", Query{"{{topic}}", "sum by (topic) (kafka_log_size" + topics + ")"}).stacked(),
				graph("Failed requests", reqs, "Requests that the brokers answered with an error.",
					Query{"writes", perSecond("kafka_server_brokertopicmetrics_failedproducerequests_alltopics_total")},
					Query{"reads", perSecond("kafka_server_brokertopicmetrics_failedfetchrequests_alltopics_total")}).bad(1),
			}},
			{"Consumers", []Panel{
				graph("Lag", short, "Records that a consumer group has not read yet.", Query{"{{consumergroup}} of {{topic}}", "sum by (consumergroup, topic) (kafka_consumergroup_lag_sum" + groups + ")"}),
				graph("Lag by partition", short, "One partition far above the others: its consumer hangs, or most records have one key.", Query{"{{consumergroup}} {{topic}}/{{partition}}", "sum by (consumergroup, topic, partition) (kafka_consumergroup_lag" + groups + ")"}),
				graph("Records read", events, "How fast each group's offsets move.", Query{"{{consumergroup}} of {{topic}}", "sum by (consumergroup, topic) (rate(kafka_consumergroup_current_offset" + groups + "[$__rate_interval]))"}),
			}},
			{"Brokers", []Panel{
				graph("Time of a write", millis, "From the arrival of a producer's request to its answer, all copies included.", took("Produce")),
				graph("Time of a read", millis, "From the arrival of a consumer's request to its answer. Consumers wait for new records, so up to 500 ms mean that there were none.", took("FetchConsumer")),
				graph("Idle", ratio, "Share of the time that the threads wait for work. Near 0 the broker is the bottleneck.",
					Query{"{{instance}} requests", "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_ratio" + of(job, "")},
					Query{"{{instance}} network", "kafka_network_socketserver_networkprocessoravgidlepercent" + of(job, "")}),
				graph("Copies that fell behind", ops, "Partitions whose set of in-sync copies shrank or grew. Both happen at a restart.",
					Query{"shrank", perSecond("kafka_server_replicamanager_isrshrinks_total")},
					Query{"grew", perSecond("kafka_server_replicamanager_isrexpands_total")}),
				graph("Requests", reqs, "Requests by kind.", Query{"{{request}}", "sum by (request) (rate(kafka_network_requestmetrics_requests_total" + of(job, "") + "[$__rate_interval])) > 0"}).stacked(),
			}},
			heap(job, "jvm_memory_used_bytes", "jvm_memory_max_bytes"),
			process(job),
		},
	}
}
