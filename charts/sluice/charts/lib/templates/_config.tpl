{{/* The sub-chart's files that match a pattern, as YAML: base name -> content. Takes root and pattern. */}}
{{- define "lib.files" -}}
{{- range $path, $content := .root.Files.Glob .pattern }}
{{ base $path }}: {{ tpl (toString $content) $.root | toJson }}
{{- end }}
{{- end }}

{{/* The same, for files whose own format has {{ }} in it: their text is taken as it stands. */}}
{{- define "lib.rawFiles" -}}
{{- range $path, $content := .root.Files.Glob .pattern }}
{{ base $path }}: {{ toString $content | toJson }}
{{- end }}
{{- end }}

{{- define "lib.configMap" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
data: {{- toYaml .files | nindent 2 }}
{{- end }}
