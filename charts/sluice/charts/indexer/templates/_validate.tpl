{{- define "indexer.validate" -}}
{{- $autoscaling := .Values.autoscaling }}
{{- if and $autoscaling.enabled (eq $autoscaling.by "cpu") (eq (int $autoscaling.minReplicas) 0) }}
{{- fail "indexer.autoscaling.minReplicas is 0, but no pods use no CPU that would start one again: set it to at least 1, or indexer.autoscaling.by to lag" }}
{{- end }}
{{- end }}
