package dashboards

func zookeeper() Dashboard {
	const job = "zookeeper"
	each := func(metric string) Query { return Query{"{{instance}}", metric + of(job, "")} }
	perSecond := func(metric string) Query {
		return Query{"{{instance}}", "rate(" + metric + of(job, "") + "[$__rate_interval])"}
	}
	quantile := func(metric string) Query {
		return Query{"{{instance}} p{{quantile}}", metric + of(job, `quantile="0.99"`)}
	}
	return Dashboard{
		Name:        "zookeeper",
		Title:       "ZooKeeper",
		Description: "The ensemble that keeps Kafka's metadata.",
		Variables:   []Variable{pods(job)},
		Rows: []Row{
			{"Health", []Panel{
				running("Servers", job),
				number("Looking for a leader", short, "Elections since the start. It rises when a server loses the others.", "max(looking_count"+of(job, "")+")"),
				number("Outstanding requests", short, "Requests that wait. More than a few: the volume is too slow, or the server too small.", "max(outstanding_requests"+of(job, "")+")").worse(10, 100),
				number("Sessions", short, "Brokers and other clients that hold a session.", "max(global_sessions"+of(job, "")+")"),
				number("Errors", short, "Unrecoverable errors since the start.", "sum(unrecoverable_error_count"+of(job, "")+")").bad(1),
			}},
			{"Requests", []Panel{
				graph("Requests", reqs, "Packets that clients send, heartbeats included.", perSecond("packets_received")),
				graph("Time of a read, p99", millis, "From the arrival of a request to its answer.", quantile("readlatency")),
				graph("Time of a write, p99", millis, "The same for changes, which the majority of the servers has to write to its disk.", quantile("updatelatency")),
				graph("Time of a flush, p99", millis, "Writing the transaction log to the disk. It bounds the time of every write.", quantile("fsynctime")).worse(50, 500),
				graph("Connections", short, "Open connections of clients.", each("num_alive_connections")),
				graph("Throttled and dropped", ops, "Connections that were refused or cut.",
					Query{"{{instance}} rejected", "rate(connection_rejected" + of(job, "") + "[$__rate_interval])"},
					Query{"{{instance}} dropped", "rate(connection_drop_count" + of(job, "") + "[$__rate_interval])"}),
			}},
			{"Data", []Panel{
				graph("Nodes", short, "Entries in the tree. It grows with topics and partitions.", each("znode_count")),
				graph("Ephemeral nodes", short, "Entries that live as long as their session: one per broker, and the controller.", each("ephemerals_count")),
				graph("Watches", short, "Changes that clients want to be told of.", each("watch_count")),
				graph("Size of the data", bytes, "All entries together. They are in memory.", each("approximate_data_size")),
			}},
			heap(job, "jvm_memory_bytes_used", "jvm_memory_bytes_max"),
			process(job),
		},
	}
}
