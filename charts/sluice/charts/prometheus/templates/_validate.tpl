{{/* A receiver's secrets are never values: they come from a Secret that must be there. */}}
{{- define "prometheus.validate" -}}
{{- $config := .Values.alertmanager.config }}
{{- $needed := list }}
{{- if $config.webhook.severities }}{{ $needed = append $needed "webhook-url" }}{{ end }}
{{- if $config.slack.severities }}{{ $needed = append $needed "slack-url" }}{{ end }}
{{- if and $config.email.severities $config.email.username }}{{ $needed = append $needed "smtp-password" }}{{ end }}
{{- if and $needed (not $config.existingSecret) }}
{{- fail (printf "prometheus.alertmanager.config.existingSecret must name a Secret with the keys: %s" (join ", " $needed)) }}
{{- end }}
{{- range $key := list "to" "from" "smarthost" }}
{{- if and $config.email.severities (not (get $config.email $key)) }}
{{- fail (printf "prometheus.alertmanager.config.email.%s must be set, since email.severities is" $key) }}
{{- end }}
{{- end }}
{{- end }}
