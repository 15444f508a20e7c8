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
