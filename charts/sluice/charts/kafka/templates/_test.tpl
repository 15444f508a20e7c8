{{- define "kafka.test" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
containers:
  - name: test
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/test.sh]
    env:
      - name: BOOTSTRAP_SERVER
        value: {{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      - name: TOPIC
        value: {{ .Values.global.topic }}
      - name: REPLICATION_FACTOR
        value: {{ .Values.config.replicationFactor | int | quote }}
      {{- include "lib.kafkaToolEnv" . | nindent 6 }}
    resources: {{- toYaml .Values.test.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "kafka") | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kafka-test
  - name: tmp
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" . "server" "kafka" "user" "test") | nindent 2 }}
{{- end }}
