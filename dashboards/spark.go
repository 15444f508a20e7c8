package dashboards

func spark() Dashboard {
	const (
		driver = "metrics_log_analytics_driver_"
		query  = driver + "spark_streaming_windows_"
	)
	master := func(metric string) string { return "max(metrics_master_" + metric + `_Value{job="spark-master"})` }
	worker := func(metric string) string { return "metrics_worker_" + metric + `_Value{job="spark-worker"}` }
	sumOf := func(metric string) string { return "sum(" + worker(metric) + ")" }
	// A counter of the job; it begins anew with the driver.
	perSecond := func(name string) string {
		return "sum(rate(" + driver + "AccumulatorSource_" + name + "_Value[$__rate_interval]))"
	}
	executor := func(expr string) Query { return Query{"{{executor_id}}", expr} }
	return Dashboard{
		Name:        "spark",
		Title:       "Spark",
		Description: "The standalone cluster, and the streaming job that looks for anomalies in the logs.",
		Rows: []Row{
			{"Cluster", []Panel{
				number("Masters", short, "Pods that answer Prometheus.", `sum(up{job="spark-master"}) or vector(0)`).atLeast(1),
				number("Workers alive", short, "Workers that the master hears of.", master("aliveWorkers")).atLeast(1),
				number("Running applications", short, "One: the streaming job.", master("apps")).atLeast(1),
				number("Waiting applications", short, "Applications that get no cores: workers are missing or full.", master("waitingApps")).bad(1),
				number("Free cores", short, "Cores of all workers that no executor has.", sumOf("coresFree")),
				number("Failed tasks", short, "Tasks that failed within the last hour. They are repeated.", "sum(increase(metrics_executor_failedTasks_total[1h]))").worse(1, 50),
			}},
			{"Streaming job", []Panel{
				graph("Records", events, "Records that the job reads, and how fast it could work through them. The second must be the larger one.",
					Query{"read", "sum(" + query + "inputRate_total_Value)"},
					Query{"possible", "sum(" + query + "processingRate_total_Value)"}),
				graph("Time of a batch", millis, "It must stay below the length of a window, or the job falls behind.", Query{"batch", "max(" + query + "latency_Value)"}),
				graph("Watermark", seconds, "How far the watermark lies behind the clock. A window is finished when the watermark has passed it.", Query{"behind", "time() - max(" + query + "eventTime_watermark_Value > 0) / 1000"}),
				graph("State", short, "Rows that the job remembers: open windows of each service and level.", Query{"rows", "sum(" + query + "states_rowsTotal_Value)"}),
				graph("Windows and anomalies", ops, "What the job writes, a second.",
					Query{"windows", perSecond("windows")},
					Query{"anomalies", perSecond("alerts")}),
				graph("Left out", ops, "Records that can't be read, events from the future, and rows that came after their window was finished.",
					Query{"unreadable", perSecond("bad_records")},
					Query{"future", perSecond("future_events")},
					Query{"late", perSecond("late_rows")}).bad(1),
				graph("Memory of the state", bytes, "What the remembered rows take.", Query{"state", "sum(" + query + "states_usedBytes_Value)"}),
			}},
			{"Executors", []Panel{
				graph("Active tasks", short, "Tasks that run now.", executor("sum by (executor_id) (metrics_executor_activeTasks)")).stacked(),
				graph("Finished tasks", ops, "Tasks a second.", executor("sum by (executor_id) (rate(metrics_executor_completedTasks_total[$__rate_interval]))")),
				graph("Garbage collection", ratio, "Share of the time that goes into collecting garbage.", executor("sum by (executor_id) (rate(metrics_executor_totalGCTime_seconds_total[$__rate_interval]))")).worse(.1, .3),
				graph("Heap", bytes, "Peak of the heap in use.", executor("max by (executor_id) (metrics_executor_JVMHeapMemory_bytes)")),
				graph("Shuffle", rate, "Bytes that executors hand to each other.",
					Query{"written", "sum(rate(metrics_executor_totalShuffleWrite_bytes_total[$__rate_interval]))"},
					Query{"read", "sum(rate(metrics_executor_totalShuffleRead_bytes_total[$__rate_interval]))"}),
			}},
			{"Daemons", []Panel{
				graph("Cores", short, "Of all workers.", Query{"used", sumOf("coresUsed")}, Query{"free", sumOf("coresFree")}).stacked(),
				graph("Memory", "mbytes", "Of all workers, for executors.", Query{"used", sumOf("memUsed_MB")}, Query{"free", sumOf("memFree_MB")}).stacked(),
				graph("Heap of the daemons", ratio, "Heap in use, of what the JVM may take.",
					Query{"{{job}} {{instance}}", "metrics_jvm_heap_usage_Value"},
					Query{"driver", driver + "jvm_heap_usage_Value"}).worse(.85, .95),
			}},
			{"What it found", []Panel{
				anomalies(),
				documents("Newest anomalies", "Each in a sentence, with its value and what is usual.", Anomalies, "event.kind:alert"),
			}},
		},
	}
}
