{{/* What a schema can't say: one number against another. */}}
{{- define "kafka.validate" -}}
{{- $replicas := int .Values.replicas }}
{{- $factor := int .Values.config.replicationFactor }}
{{- $minimum := int .Values.config.minInSyncReplicas }}
{{- if gt $factor $replicas }}
{{- fail (printf "kafka.config.replicationFactor is %d, but there are only %d brokers: set it to %d, or raise kafka.replicas" $factor $replicas $replicas) }}
{{- end }}
{{- if gt $minimum $factor }}
{{- fail (printf "kafka.config.minInSyncReplicas is %d, more than kafka.config.replicationFactor (%d): nothing could ever be written" $minimum $factor) }}
{{- end }}
{{- end }}
