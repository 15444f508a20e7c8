{{/* New servers start together and empty. Where they are a majority by themselves, what the old ones know is gone. */}}
{{- define "zookeeper.validate" }}
{{- $new := int .values.replicas }}
{{- $old := include "lib.liveReplicas" . | int }}
{{- if and $old (gt (sub $new $old) (div $new 2)) }}
{{- fail (printf "zookeeper.replicas is %d, but %d run: the new, empty servers would outvote the old, and all topics would be gone. Set it to %d; docs/scaling.md (ZooKeeper) says more" $new $old $old) }}
{{- end }}
{{- end }}
