{{/*
The rule files as a map: name -> content. They have braces of their own, so they are not templated: they stand
there with the default names, which are replaced by those of this installation.
*/}}
{{- define "prometheus.rules" -}}
{{- range $path, $content := .Files.Glob "files/rules/*.yaml" }}
{{ base $path }}: {{ toString $content
  | replace "docs/operations.md" $.Values.config.runbookBase
  | replace "logs-topic" $.Values.global.topic
  | replace "logs-index" $.Values.global.index
  | toJson }}
{{- end }}
{{- end }}
