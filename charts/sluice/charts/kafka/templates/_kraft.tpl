{{/* The nodes that vote on the metadata: the first pods of the StatefulSet, whatever the number of brokers. */}}
{{- define "kafka.voters" -}}
{{- $voters := list }}
{{- range $id := until (int .Values.config.controllers) }}
{{- $voters = append $voters (printf "%d@%s-kafka-%d.%s:9093" $id $.Release.Name $id (include "lib.host" (dict "root" $ "name" "kafka-headless"))) }}
{{- end }}
{{- join "," $voters }}
{{- end }}

{{/*
16 bytes as Kafka writes them, in base64 without padding: the first 16 hexadecimal digits of a hash. Not random:
a rendering without a cluster, as GitOps tools make it, must give the same id every time.
*/}}
{{- define "kafka.clusterId" -}}
{{- .Values.config.clusterId | default (printf "%s/%s" .Release.Namespace .Release.Name | sha256sum | trunc 16 | b64enc | trimSuffix "==") }}
{{- end }}
