package dashboards

func monitoring() Dashboard {
	const job = "prometheus"
	perSecond := func(metric string) string { return "rate(" + metric + of(job, "") + "[$__rate_interval])" }
	return Dashboard{
		Name:        "monitoring",
		Title:       "Monitoring",
		Description: "What watches the rest: Prometheus, Alertmanager, and the pods that they see.",
		Variables:   []Variable{pods(job)},
		Rows: []Row{
			{"Alerts", []Panel{
				number("Firing", short, "Alerts that fire now.", `count(ALERTS{alertstate="firing"}) or vector(0)`).bad(1),
				number("Pending", short, "Alerts whose condition holds, but not yet for long enough.", `count(ALERTS{alertstate="pending"}) or vector(0)`).bad(1),
				number("In Alertmanager", short, "Alerts that Alertmanager knows: firing, silenced or inhibited.", "max(sum by (instance) (alertmanager_alerts)) or vector(0)"),
				number("Notifications failed", ops, "Messages that Alertmanager could not deliver, a second.", "sum(rate(alertmanager_notifications_failed_total[$__rate_interval])) or vector(0)").bad(.001),
				graph("Alerts", short, "Pending and firing alerts by name.", Query{"{{alertname}} ({{alertstate}})", "count by (alertname, alertstate) (ALERTS) or vector(0)"}).stacked(),
				graph("Notifications", ops, "Messages that Alertmanager sent, by the way they took.", Query{"{{integration}}", "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) > 0 or vector(0)"}),
			}},
			{"Targets", []Panel{
				graph("Up", ratio, "Share of the pods of a job that answer.", Query{"{{job}}", "avg by (job) (up)"}),
				graph("Time of a scrape", seconds, "The slowest pod of each job. It must stay below the interval between two scrapes.", Query{"{{job}}", "max by (job) (scrape_duration_seconds)"}).worse(5, 10),
				graph("Samples of a scrape", short, "What the pods of a job give. A line that climbs is a label with too many values.", Query{"{{job}}", "sum by (job) (scrape_samples_scraped)"}),
			}},
			{"Prometheus", []Panel{
				graph("Series", short, "Series in memory. Memory grows with them.", Query{"{{instance}}", "prometheus_tsdb_head_series" + of(job, "")}),
				graph("Samples", ops, "Samples taken in, a second.", Query{"{{instance}}", "sum by (instance) (" + perSecond("prometheus_tsdb_head_samples_appended_total") + ")"}),
				graph("Disk", bytes, "Blocks and the write-ahead log on the volume; the limit is prometheus.config.retentionSize.",
					Query{"{{instance}}", "prometheus_tsdb_storage_blocks_bytes" + of(job, "") + " + prometheus_tsdb_wal_storage_size_bytes" + of(job, "")}),
				graph("Time of a query, p99", seconds, "By what it is spent on.", Query{"{{slice}}", "max by (slice) (prometheus_engine_query_duration_seconds" + of(job, `quantile="0.99"`) + ")"}),
				graph("Faults", ops, "What Prometheus fails to do: reload its files, compact blocks, look up pods, keep late or doubled samples.",
					Query{"compactions", "sum(" + perSecond("prometheus_tsdb_compactions_failed_total") + ")"},
					Query{"DNS", "sum(" + perSecond("prometheus_sd_dns_lookup_failures_total") + ")"},
					Query{"doubled samples", "sum(" + perSecond("prometheus_target_scrapes_sample_duplicate_timestamp_total") + ")"},
					Query{"log corruptions", "sum(" + perSecond("prometheus_tsdb_wal_corruptions_total") + ")"}).bad(1),
			}},
			process(job),
		},
	}
}
