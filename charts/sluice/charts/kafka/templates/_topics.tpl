{{- define "kafka.topics" -}}
restartPolicy: Never
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
containers:
  - name: topics
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/create.sh]
    env:
      - name: BOOTSTRAP_SERVER
        value: {{ include "kafka.adminServer" . }}
      # One a line: name, partitions, milliseconds that a record is kept.
      - name: TOPICS
        value: |
          {{ .Values.global.topic }} {{ .Values.topics.config.partitions | int }} {{ mul .Values.topics.config.retentionHours 3600000 }}
          {{ .Values.global.anomaliesTopic }} {{ .Values.topics.config.anomaliesPartitions | int }} {{ mul .Values.topics.config.anomaliesRetentionHours 3600000 }}
      - name: REPLICATION_FACTOR
        value: {{ .Values.config.replicationFactor | int | quote }}
      - name: MIN_INSYNC_REPLICAS
        value: {{ .Values.config.minInSyncReplicas | int | quote }}
      - name: TIMEOUT_SECONDS
        value: "300"
      {{- if eq .Values.mode "kraft" }}
      # Not read: a new cluster has no topics yet, and needs a Job of another name.
      - name: CLUSTER_ID
        value: {{ include "kafka.clusterId" . }}
      {{- end }}
      - name: LOOK_AT
        value: >-
          It needs {{ .Values.config.replicationFactor }} running broker(s), see
          kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name=kafka;
          kubectl -n {{ .Release.Namespace }} logs {{ .Release.Name }}-kafka-0
      {{- include "lib.kafkaToolEnv" . | nindent 6 }}
    resources: {{- toYaml .Values.topics.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.serverMount" (dict "root" .) | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kafka-topics
  - name: tmp
    emptyDir: {}
  {{- include "lib.serverVolume" (dict "root" . "server" "kafka") | nindent 2 }}
{{- end }}

{{/* Where the Jobs that set Kafka up connect. The Service has no such port for clients to find. */}}
{{- define "kafka.adminServer" -}}
{{- if .Values.global.security.enabled }}
{{- include "lib.host" (dict "root" . "name" "kafka-headless") }}:9091
{{- else }}
{{- include "lib.host" (dict "root" . "name" "kafka") }}:9092
{{- end }}
{{- end }}
