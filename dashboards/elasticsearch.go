package dashboards

func elasticsearch() Dashboard {
	node := func(metric string) string { return metric + `{name=~"$node"}` }
	byNode := func(metric string) Query { return Query{"{{name}}", node(metric)} }
	perSecond := func(metric string) string { return "rate(" + node(metric) + "[$__rate_interval])" }
	// The time of one: of a counter of seconds and one of things, over the same interval.
	mean := func(time, count string) Query {
		return Query{"{{name}}", perSecond(time) + " / (" + perSecond(count) + " > 0)"}
	}
	byIndex := func(metric string) Query {
		return Query{"{{index}}", "sum by (index) (" + metric + `{index=~"$index"})`}
	}
	return Dashboard{
		Name:        "elasticsearch",
		Title:       "Elasticsearch",
		Description: "The cluster, its nodes and its indices.",
		Variables: []Variable{
			{"node", "Node", "elasticsearch_jvm_uptime_seconds", "name"},
			{"index", "Index", "elasticsearch_indices_docs_primary", "index"},
		},
		Rows: []Row{
			{"Health", []Panel{
				number("Status", none, "Yellow: copies are missing. Red: data is missing.",
					`max(elasticsearch_cluster_health_status{color="yellow"}) + 2 * max(elasticsearch_cluster_health_status{color="red"})`).
					says(map[string]word{"0": {"green", green}, "1": {"yellow", orange}, "2": {"red", red}}),
				number("Nodes", short, "Nodes that have joined the cluster.", "max(elasticsearch_cluster_health_number_of_nodes)").atLeast(1),
				number("Unassigned shards", short, "Shards that no node holds.", "max(elasticsearch_cluster_health_unassigned_shards)").bad(1),
				number("Pending tasks", short, "Changes of the cluster's state that wait for the master.", "max(elasticsearch_cluster_health_number_of_pending_tasks)").worse(10, 100),
				number("Documents", short, "In the chosen indices, without copies.", `sum(elasticsearch_indices_docs_primary{index=~"$index"})`),
				number("Free disk", ratio, "Of the fullest volume. Below the low watermark no new shards come, below the flood stage indices are read-only.",
					"min("+node("elasticsearch_filesystem_data_available_bytes")+" / "+node("elasticsearch_filesystem_data_size_bytes")+")").atLeast(.15),
			}},
			{"Indexing", []Panel{
				graph("Index operations", ops, "Documents written a second, copies and replays included.", Query{"{{name}}", perSecond("elasticsearch_indices_indexing_index_total")}).stacked(),
				graph("Time to index a document", seconds, "Mean.", mean("elasticsearch_indices_indexing_index_time_seconds_total", "elasticsearch_indices_indexing_index_total")),
				graph("Rejected work", ops, "Requests that a full queue turned away: senders are told to come back later.",
					Query{"{{name}} {{type}}", "rate(elasticsearch_thread_pool_rejected_count" + `{name=~"$node", type=~"write|search|get"}` + "[$__rate_interval])"}).bad(1),
				graph("Waiting work", short, "Requests in the queues of the thread pools.",
					Query{"{{name}} {{type}}", `elasticsearch_thread_pool_queue_count{name=~"$node", type=~"write|search|get"}`}),
				graph("Merges", ratio, "Share of the time that goes into merging segments; above 1 several at a time.", Query{"{{name}}", perSecond("elasticsearch_indices_merges_total_time_seconds_total")}),
				graph("Refreshes", ops, "Refreshes a second; each makes the documents before it searchable.", Query{"{{name}}", perSecond("elasticsearch_indices_refresh_total")}),
			}},
			{"Search", []Panel{
				graph("Queries", reqs, "Queries a second, one per shard.", Query{"{{name}}", perSecond("elasticsearch_indices_search_query_total")}).stacked(),
				graph("Time of a query", seconds, "Mean, of one shard.", mean("elasticsearch_indices_search_query_time_seconds", "elasticsearch_indices_search_query_total")),
			}},
			{"Indices", []Panel{
				graph("Documents", short, "Without copies.", byIndex("elasticsearch_indices_docs_primary")).stacked(),
				graph("Size", bytes, "On disk, copies included.", byIndex("elasticsearch_indices_store_size_bytes_total")).stacked(),
				graph("Shards", short, "Shards of the cluster by state.",
					Query{"active", "max(elasticsearch_cluster_health_active_shards)"},
					Query{"relocating", "max(elasticsearch_cluster_health_relocating_shards)"},
					Query{"initializing", "max(elasticsearch_cluster_health_initializing_shards)"},
					Query{"unassigned", "max(elasticsearch_cluster_health_unassigned_shards)"}).stacked(),
			}},
			{"Nodes", []Panel{
				graph("Heap", ratio, "Heap in use, of what the JVM may take.",
					Query{"{{name}}", `elasticsearch_jvm_memory_used_bytes{name=~"$node", area="heap"} / elasticsearch_jvm_memory_max_bytes{name=~"$node", area="heap"}`}).worse(.85, .95),
				graph("Garbage collection", ratio, "Share of the time that goes into collecting garbage.", Query{"{{name}} {{gc}}", perSecond("elasticsearch_jvm_gc_collection_seconds_sum")}).worse(.1, .3),
				graph("CPU", short, "Cores in use.", Query{"{{name}}", perSecond("elasticsearch_process_cpu_seconds_total")}),
				graph("Free disk", bytes, "Space that Elasticsearch may still take.", byNode("elasticsearch_filesystem_data_available_bytes")),
				graph("Tripped breakers", ops, "Requests that were refused because they would have taken too much memory.", Query{"{{name}} {{breaker}}", perSecond("elasticsearch_breakers_tripped")}).bad(1),
				graph("Open files", ratio, "Of those that the process may have.", Query{"{{name}}", node("elasticsearch_process_open_files_count") + " / " + node("elasticsearch_process_max_files_descriptors")}).worse(.7, .9),
			}},
		},
	}
}
