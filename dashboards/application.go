package dashboards

func application() Dashboard {
	const job = "app-service"
	answers := func(more string) string {
		return "sum(rate(http_requests_total" + of(job, more) + "[$__rate_interval]))"
	}
	sent := func(metric string) Query {
		return Query{"{{instance}}", "rate(" + metric + `{job="log-generator"}[$__rate_interval])`}
	}
	return Dashboard{
		Name:        "application",
		Title:       "Application",
		Description: "app-service, which answers requests, and log-generator, which writes log events.",
		Variables:   []Variable{{"instance", "Pod", `up{job=~"app-service|log-generator"}`, "instance"}},
		Rows: []Row{
			{"app-service", []Panel{
				running("Pods", job),
				number("Requests", reqs, "Requests a second.", answers("")),
				number("Errors", ratio, "Share of the requests that were answered with a status of 500 or above.",
					"("+answers(`status=~"5.."`)+" or vector(0)) / "+answers("")).worse(.01, .05),
				number("p99", seconds, "99 of 100 requests are answered in this time or less.", quantiles("http_request_duration_seconds", of(job, ""))[2].Expr).worse(.5, 2),
				number("In flight", short, "Requests that are being answered.", "sum(http_requests_in_flight"+of(job, "")+")"),
				graph("Requests by status", reqs, "By the status of the answer.", Query{"{{status}}", "sum by (status) (rate(http_requests_total" + of(job, "") + "[$__rate_interval]))"}).stacked(),
				graph("Requests by path", reqs, "By method and path.", Query{"{{method}} {{path}}", "sum by (method, path) (rate(http_requests_total" + of(job, "") + "[$__rate_interval]))"}).stacked(),
				graph("Time of a request", seconds, "Half, 95 and 99 of 100 requests are answered in this time or less.", quantiles("http_request_duration_seconds", of(job, ""))...),
			}},
			{"log-generator", []Panel{
				graph("Events acknowledged", events, "Events that Kafka has acknowledged.", sent("log_generator_events_acknowledged_total")),
				graph("Time to the acknowledgement", seconds, "Of a batch: half, 95 and 99 of 100 take this time or less.", quantiles("log_generator_delivery_latency_seconds", "")...),
				graph("Bytes", rate, "What it writes, before compression.", sent("log_generator_bytes_total")),
				graph("Retries and failures", ops, "Batches that were sent again, and events that were given up.",
					Query{"{{instance}} retries", sent("log_generator_retries_total").Expr},
					Query{"{{instance}} given up", sent("log_generator_events_failed_total").Expr}).bad(1),
			}},
			process(job, "log-generator"),
		},
	}
}
