{{/* "true" if something else than Helm sets the number of pods: rendered, each upgrade would set it back. */}}
{{- define "lib.autoscaled" -}}
{{- if (.values.autoscaling | default dict).enabled }}true{{ end }}
{{- end }}

{{/* The most pods there can be. What several of them need, such as spreading, a single one may have too. */}}
{{- define "lib.most" -}}
{{- if include "lib.autoscaled" . }}{{ .values.autoscaling.maxReplicas }}{{ else }}{{ .values.replicas | default 1 }}{{ end }}
{{- end }}

{{- define "lib.autoscalingRange" -}}
{{- $min := int .values.autoscaling.minReplicas }}
{{- $max := int .values.autoscaling.maxReplicas }}
{{- if gt $min $max }}
{{- fail (printf "autoscaling of %s: minReplicas is %d, more than maxReplicas (%d)" .name $min $max) }}
{{- end }}
{{- end }}

{{/* By the CPU that the pods use, for Deployments. Needs the metrics API of the cluster. */}}
{{- define "lib.horizontalPodAutoscaler" }}
{{- if include "lib.autoscaled" . }}
{{- include "lib.autoscalingRange" . }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "lib.name" . }}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .values.autoscaling.targetCPUUtilization }}
{{- end }}
{{- end }}

{{/* By the lag of the consumer group that the pods form. Takes .kind of the workload, .group and its .topics; needs KEDA. */}}
{{- define "lib.scaledObject" }}
{{- if include "lib.autoscaled" . }}
{{- include "lib.autoscalingRange" . }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ .kind }}
    name: {{ include "lib.name" . }}
  pollingInterval: 15
  minReplicaCount: {{ .values.autoscaling.minReplicas }}
  {{- if eq (int .values.autoscaling.minReplicas) 0 }}
  # Of the step to no pods at all; of the others stabilizationWindowSeconds below.
  cooldownPeriod: {{ .values.autoscaling.cooldownSeconds }}
  {{- end }}
  maxReplicaCount: {{ .values.autoscaling.maxReplicas }}
  # While Kafka does not tell the lag, nobody is sent away.
  fallback:
    failureThreshold: 3
    replicas: {{ .values.autoscaling.minReplicas }}
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      # Each change of the group moves partitions, so pods leave one by one.
      behavior:
        scaleDown:
          stabilizationWindowSeconds: {{ .values.autoscaling.cooldownSeconds }}
          policies:
            - {type: Pods, value: 1, periodSeconds: 60}
  triggers:
  {{- range .topics }}
    - type: kafka
      metadata:
        bootstrapServers: {{ include "lib.host" (dict "root" $.root "name" "kafka") }}:9092
        consumerGroup: {{ $.group }}
        topic: {{ . }}
        lagThreshold: {{ $.values.autoscaling.lagThreshold | int | quote }}
        # A group that has committed nothing yet is behind by the whole topic.
        offsetResetPolicy: earliest
        # Not more pods than partitions.
        allowIdleConsumers: "false"
        {{- if $.root.Values.global.security.enabled }}
        tls: enable
        sasl: scram_sha512
      authenticationRef:
        name: {{ include "lib.name" $ }}
        {{- end }}
  {{- end }}
{{- if .root.Values.global.security.enabled }}
---
# KEDA's operator reads what the exporter may read.
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  secretTargetRef:
    {{- $user := include "lib.secretName" (dict "root" .root "name" "kafka-user-exporter") }}
    - {parameter: username, name: {{ $user }}, key: username}
    - {parameter: password, name: {{ $user }}, key: password}
    - {parameter: ca, name: {{ include "lib.secretName" (dict "root" .root "name" "kafka-tls") }}, key: ca.crt}
{{- end }}
{{- end }}
{{- end }}
