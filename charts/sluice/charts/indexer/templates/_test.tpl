{{/* Sends an event through the pipeline: nothing less shows that the engine does its job. */}}
{{- define "indexer.test" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
initContainers:
  - name: send
    image: {{ include "lib.image" (dict "root" . "image" .Values.test.image) }}
    command: [bash, /etc/sluice/send.sh]
    env:
      - name: BOOTSTRAP_SERVER
        value: {{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      - name: TOPIC
        value: {{ .Values.global.topic }}
      {{- include "lib.kafkaToolEnv" . | nindent 6 }}
    resources: {{- toYaml .Values.test.resources | nindent 6 }}
    volumeMounts:
      - {name: script, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "kafka") | nindent 6 }}
containers:
  - name: find
    image: {{ include "lib.image" (dict "root" . "image" .Values.find.image) }}
    {{- include "lib.curlScript" (dict "root" . "user" "test" "script" "/etc/sluice/find.sh") | nindent 4 }}
    env:
      - name: ELASTICSEARCH_URL
        value: {{ include "lib.elasticsearchURL" . }}
      - name: CURL_HOME
        value: /tmp
      - name: INDEX
        value: {{ .Values.global.index }}
      - name: TIMEOUT_SECONDS
        value: "150"
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .Release.Namespace }} logs -l app.kubernetes.io/name=indexer
    resources: {{- toYaml .Values.find.resources | nindent 6 }}
    volumeMounts:
      - {name: script, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "elasticsearch") | nindent 6 }}
volumes:
  - name: script
    configMap:
      name: {{ .Release.Name }}-indexer-test
  - name: tmp
    emptyDir: {}
  {{- range $server := list "kafka" "elasticsearch" }}
  {{- include "lib.clientVolume" (dict "root" $ "server" $server "user" "test") | nindent 2 }}
  {{- end }}
{{- end }}
