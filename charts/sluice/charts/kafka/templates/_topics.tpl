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
        value: {{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      - name: TOPIC
        value: {{ .Values.global.topic }}
      - name: PARTITIONS
        value: {{ .Values.topics.config.partitions | int | quote }}
      - name: RETENTION_MS
        value: {{ mul .Values.topics.config.retentionHours 3600000 | quote }}
      - name: REPLICATION_FACTOR
        value: {{ .Values.config.replicationFactor | int | quote }}
      - name: MIN_INSYNC_REPLICAS
        value: {{ .Values.config.minInSyncReplicas | int | quote }}
      - name: TIMEOUT_SECONDS
        value: "300"
      - name: LOOK_AT
        value: >-
          It needs {{ .Values.config.replicationFactor }} running broker(s), see
          kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name=kafka;
          kubectl -n {{ .Release.Namespace }} logs {{ .Release.Name }}-kafka-0
      - name: KAFKA_HEAP_OPTS
        value: -Xmx128m
      - name: LOG_DIR
        value: /tmp
    resources: {{- toYaml .Values.topics.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kafka-topics
  - name: tmp
    emptyDir: {}
{{- end }}
