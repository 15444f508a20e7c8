{{/* The master's pod, not its Service: a master that is started again is found under the name that it had. */}}
{{- define "spark.masterHost" -}}
{{ .Release.Name }}-spark-master-0.{{ include "lib.host" (dict "root" . "name" "spark-master-headless") }}
{{- end }}

{{/* The volume of the driver's pod, which others mount too. */}}
{{- define "spark.sharedClaim" -}}
data-{{ .Release.Name }}-spark-streaming-job-0
{{- end }}

{{/* A volume that only one node can mount brings those that share it to the driver's node. */}}
{{- define "spark.besideTheDriver" -}}
{{- if ne .Values.streamingJob.storage.accessMode "ReadWriteMany" }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "lib.selectorLabels" (dict "root" . "name" "spark-streaming-job") | nindent 12 }}
{{- end }}
{{- end }}

{{- define "spark.user" -}}
securityContext:
  runAsUser: 185
  runAsGroup: 185
  fsGroup: 185
{{- end }}

{{- define "spark.mounts" -}}
- {name: config, mountPath: /opt/spark/conf}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "spark.volumes" -}}
- name: config
  configMap:
    name: {{ .Release.Name }}-spark
- name: tmp
  emptyDir: {}
{{- end }}
