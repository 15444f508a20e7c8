{{/* What a schema can't say. */}}
{{- define "spark.validate" -}}
{{- $job := .Values.streamingJob }}
{{- if gt (int $job.config.executorMegabytes) (int .Values.worker.config.memoryMegabytes) }}
{{- fail (printf "spark.streamingJob.config.executorMegabytes is %d, but a worker has %d: no executor would ever start; raise spark.worker.config.memoryMegabytes" (int $job.config.executorMegabytes) (int .Values.worker.config.memoryMegabytes)) }}
{{- end }}
{{- if and (gt (int .Values.worker.replicas) 1) (ne $job.storage.accessMode "ReadWriteMany") (eq .Values.global.spread "DoNotSchedule") }}
{{- fail "spark.worker.replicas must be spread over nodes, but only one node can mount spark.streamingJob.storage: set its accessMode to ReadWriteMany and className to a class that can, or spark.worker.replicas to 1" }}
{{- end }}
{{- end }}
