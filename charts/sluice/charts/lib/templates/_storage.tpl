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

{{/* A claim that several pods share, or that outlives its pods. What is on it is meant to outlive the release, too. */}}
{{- define "lib.persistentVolumeClaim" }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [{{ .values.storage.accessMode }}]
  {{- with .values.storage.className }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .values.storage.size }}
{{- end }}
