{{/* Sends an event through the pipeline: nothing less shows that the engine does its job. */}}
{{- define "logstash.test" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
containers:
  - name: carry
    image: {{ include "lib.image" (dict "root" . "image" .Values.test.image) }}
    command: [bash, /etc/sluice/carry.sh]
    env:
      - name: BOOTSTRAP_SERVER
        value: {{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      - name: TOPIC
        value: {{ .Values.global.topic }}
      - name: ELASTICSEARCH_HOST
        value: {{ include "lib.host" (dict "root" . "name" "elasticsearch") }}
      - name: ELASTICSEARCH_PORT
        value: "9200"
      - name: INDEX
        value: {{ .Values.global.index }}
      - name: TIMEOUT_SECONDS
        value: "150"
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .Release.Namespace }} logs {{ .Release.Name }}-logstash-0
      - name: KAFKA_HEAP_OPTS
        value: -Xmx128m
      - name: LOG_DIR
        value: /tmp
    resources: {{- toYaml .Values.test.resources | nindent 6 }}
    volumeMounts:
      - {name: script, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: script
    configMap:
      name: {{ .Release.Name }}-logstash-test
  - name: tmp
    emptyDir: {}
{{- end }}
