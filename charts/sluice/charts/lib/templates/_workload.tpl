{{- define "lib.statefulset" }}
{{- include "lib.checkStorage" . }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  {{- if not (include "lib.autoscaled" .) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  serviceName: {{ include "lib.name" . }}-headless
  # Members of a quorum wait for each other: started one by one, the first would wait for ever.
  podManagementPolicy: Parallel
  {{- if include "lib.autoscaled" . }}
  # A pod that comes back finds its volume again.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "lib.selectorLabels" . | nindent 6 }}
  template: {{- include "lib.podTemplate" . | nindent 4 }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "lib.selectorLabels" . | nindent 10 }}
      spec:
        accessModes: [{{ .values.storage.accessMode | default "ReadWriteOnce" }}]
        {{- with .values.storage.className }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .values.storage.size }}
{{- end }}

{{/* Takes .strategy too, when it is not the rolling one. */}}
{{- define "lib.deployment" }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  {{- if not (include "lib.autoscaled" .) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  {{- with .strategy }}
  strategy: {type: {{ . }}}
  {{- end }}
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
{{- if gt (include "lib.most" . | int) 1 }}
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

{{/* Takes .schedule too, a cron expression in UTC. */}}
{{- define "lib.cronJob" }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  schedule: {{ .schedule | quote }}
  timeZone: Etc/UTC
  # A run that is later than this is left to the next one; without it, a hundred missed ones end the schedule for good.
  startingDeadlineSeconds: 43200
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 1
  jobTemplate:
    spec:
      backoffLimit: 2
      template: {{- include "lib.podTemplate" . | nindent 8 }}
{{- end }}

{{/*
A pod that `helm test` runs; it is kept only when it failed, so that its log can be read. It tries again for a while: a
network plugin may refuse a pod's first connections, until it knows the pod.
*/}}
{{- define "lib.test" }}
{{- $_ := mergeOverwrite .pod (dict "restartPolicy" "OnFailure" "activeDeadlineSeconds" 170) }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    {{- with .files }}
    checksum/config: {{ toYaml . | sha256sum }}
    {{- end }}
spec: {{- include "lib.pod" . | nindent 2 }}
{{- end }}
