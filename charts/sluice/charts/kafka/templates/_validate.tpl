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
{{- if eq .Values.mode "kraft" }}
{{- $controllers := int .Values.config.controllers }}
{{- if gt $controllers $replicas }}
{{- fail (printf "kafka.config.controllers is %d, but there are only %d brokers: raise kafka.replicas, or set it to 1 before the first start" $controllers $replicas) }}
{{- end }}
{{- /* New pods would start before the old ones can object. Without a cluster (helm template) nothing is found. */}}
{{- $live := lookup "v1" "ConfigMap" .Release.Namespace (printf "%s-kafka" .Release.Name) | default dict }}
{{- $voters := regexFind "(?m)^controller.quorum.voters=.*$" (dig "data" "kraft.properties" "" $live) }}
{{- $old := regexReplaceAll "[^@]" $voters "" | len }}
{{- if and $old (ne $old $controllers) }}
{{- fail (printf "kafka.config.controllers is %d, but this cluster was made with %d, and its voters can't be changed: set it back" $controllers $old) }}
{{- end }}
{{- end }}
{{- /* A broker that goes takes its partitions with it. `sluice rebalance` has left word how many brokers hold some. */}}
{{- $running := lookup "apps/v1" "StatefulSet" .Release.Namespace (printf "%s-kafka" .Release.Name) | default dict }}
{{- $old := dig "spec" "replicas" 0 $running | int }}
{{- $inUse := printf "%d of generation %d" $replicas (dig "metadata" "generation" 0 $running | int) }}
{{- if and (lt $replicas $old) (ne $inUse (dig "metadata" "annotations" "sluice/brokers-in-use" "" $running)) }}
{{- fail (printf "kafka.replicas is %d, but %d run: move their partitions away first, with sluice rebalance --brokers %d (docs/scaling.md, Kafka)" $replicas $old $replicas) }}
{{- end }}
{{- end }}
