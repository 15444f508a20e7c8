{{- define "grafana.secretName" -}}
{{ .Values.config.existingSecret | default (printf "%s-grafana" .Release.Name) }}
{{- end }}

{{/* The admin's password is made once. What is in the cluster already is kept. */}}
{{- define "grafana.secret" }}
{{- if not .root.Values.config.existingSecret }}
{{- $old := lookup "v1" "Secret" .root.Release.Namespace (include "grafana.secretName" .root) }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "grafana.secretName" .root }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
type: Opaque
data:
  admin-user: {{ dig "data" "admin-user" (b64enc "admin") $old }}
  admin-password: {{ dig "data" "admin-password" (randAlphaNum 32 | b64enc) $old }}
{{- end }}
{{- end }}
