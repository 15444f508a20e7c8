{{/*
The size of a StatefulSet's volumes can't be changed, and the API server's message does not say what can be done. Without
a cluster (helm template) nothing is found, and sizes that are not whole Mi, Gi or Ti are left to the API server.
*/}}
{{- define "lib.checkStorage" }}
{{- $live := lookup "apps/v1" "StatefulSet" .root.Release.Namespace (include "lib.name" .) | default dict }}
{{- range dig "spec" "volumeClaimTemplates" list $live }}
{{- $is := .spec.resources.requests.storage }}
{{- $set := toString $.values.storage.size }}
{{- $mebibytes := include "lib.mebibytes" $set }}
{{- if and $mebibytes (include "lib.mebibytes" $is) (ne $mebibytes (include "lib.mebibytes" $is)) }}
{{- fail (printf "storage.size of %s is %s, but its volumes were made with %s, which helm upgrade can't change: set it to %s, or make them larger with sluice resize --component %s --size %s first (docs/operations.md, Larger volumes)" $.name $set $is $is $.name $set) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "lib.mebibytes" -}}
{{- if regexMatch "^[0-9]+[MGT]i$" . }}
{{- mul (regexFind "^[0-9]+" .) (get (dict "Mi" 1 "Gi" 1024 "Ti" 1048576) (regexFind "[MGT]i$" .)) }}
{{- end }}
{{- end }}
