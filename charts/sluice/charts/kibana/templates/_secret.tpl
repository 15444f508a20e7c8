{{- define "kibana.secretName" -}}
{{ .Values.config.existingSecret | default (printf "%s-kibana" .Release.Name) }}
{{- end }}

{{/* The keys are made once and kept: what they have encrypted can't be read with others. */}}
{{- define "kibana.secret" }}
{{- if not .root.Values.config.existingSecret }}
{{- $old := lookup "v1" "Secret" .root.Release.Namespace (include "kibana.secretName" .root) }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
type: Opaque
data:
  {{- range list "encryptedSavedObjects" "reporting" "security" }}
  {{ . }}: {{ dig "data" . (randAlphaNum 32 | b64enc) $old }}
  {{- end }}
{{- end }}
{{- end }}
