{{- define "lib.statefulset" }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  serviceName: {{ include "lib.name" . }}-headless
  # Members of a quorum wait for each other: started one by one, the first would wait for ever.
  podManagementPolicy: Parallel
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "lib.selectorLabels" . | nindent 6 }}
  template: {{- include "lib.podTemplate" . | nindent 4 }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "lib.selectorLabels" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.storage.className }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .values.storage.size }}
{{- end }}

{{- define "lib.deployment" }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "lib.selectorLabels" . | nindent 6 }}
  template: {{- include "lib.podTemplate" . | nindent 4 }}
{{- end }}

{{/*
A Job's pod template can't be changed, so its name ends in the hash of what it does: a changed Job is a
new one. Not a hook: those run after everything is ready, and other pods get ready only after this Job.
*/}}
{{- define "lib.job" }}
{{- $template := include "lib.podTemplate" . }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "lib.name" . }}-{{ sha256sum $template | trunc 8 }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  backoffLimit: 5
  template: {{- $template | nindent 4 }}
{{- end }}

{{- define "lib.podDisruptionBudget" }}
{{- if gt (int .values.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "lib.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end }}
