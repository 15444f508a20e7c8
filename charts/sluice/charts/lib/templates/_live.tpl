{{/* The pods that a running StatefulSet shall have; 0 if there is none, or no cluster to ask (helm template). */}}
{{- define "lib.liveReplicas" -}}
{{- lookup "apps/v1" "StatefulSet" .root.Release.Namespace (include "lib.name" .) | default dict | dig "spec" "replicas" 0 | int }}
{{- end }}
