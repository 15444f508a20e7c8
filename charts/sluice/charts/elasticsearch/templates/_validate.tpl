{{/* Nodes that are added have empty disks: allowed to found a cluster, they could do so beside the old one. */}}
{{- define "elasticsearch.validate" }}
{{- $new := int .values.replicas }}
{{- $old := include "lib.liveReplicas" . | int }}
{{- if and $old (gt $new $old) .values.config.bootstrap }}
{{- fail (printf "elasticsearch.replicas is %d, but %d run: set elasticsearch.config.bootstrap to false, or the new nodes could found a cluster of their own" $new $old) }}
{{- end }}
{{- end }}
