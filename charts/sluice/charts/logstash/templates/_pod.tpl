{{- define "logstash.pod" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
# Time to hand the batches in flight to Elasticsearch; what is queued stays on the volume.
terminationGracePeriodSeconds: {{ ternary 300 120 .Values.autoscaling.enabled }}
initContainers:
  - name: wait-for-index-template
    image: {{ include "lib.image" (dict "root" . "image" .Values.wait.image) }}
    {{- include "lib.curlScript" (dict "root" . "user" "engine" "script" "/etc/sluice/wait.sh") | nindent 4 }}
    env:
      - name: ELASTICSEARCH_URL
        value: {{ include "lib.elasticsearchURL" . }}
      - name: CURL_HOME
        value: /tmp
      - name: INDEX
        value: {{ .Values.global.index }}
      - name: TIMEOUT_SECONDS
        value: "600"
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .Release.Namespace }} logs -l app.kubernetes.io/name=elasticsearch-index-template;
          kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name=elasticsearch
    resources: {{- toYaml .Values.wait.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "elasticsearch") | nindent 6 }}
containers:
  - name: logstash
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    # The image's entry point can write settings from variables into its own configuration; this one is mounted.
    args: [--path.settings, /etc/sluice]
    env:
      # Logstash writes a document's JSON by recursion: nine hundred levels do not fit into the stack of 1 MiB that a
      # thread has otherwise, and what that raises ends the pipeline.
      - name: LS_JAVA_OPTS
        value: -Xss4m -Xms{{ .Values.config.heapMegabytes | int }}m -Xmx{{ .Values.config.heapMegabytes | int }}m{{ with .Values.global.javaOptions }} {{ . }}{{ end }}
      {{- range $server := list "kafka" "elasticsearch" }}
      {{- include "lib.clientPassword" (dict "root" $ "server" $server "user" "engine" "variable" (printf "%s_PASSWORD" (upper $server))) | nindent 6 }}
      {{- end }}
    ports:
      - {name: api, containerPort: 9600}
      - {name: beats, containerPort: 5044}
    # The API answers long before the pipeline runs, which it does not know until then (404).
    # A pipeline that could not start does not end the process.
    startupProbe:
      httpGet: {path: /_node/pipelines/dead-letter, port: api}
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 60
    readinessProbe:
      httpGet: {path: /_node/pipelines/main, port: api}
      timeoutSeconds: 5
    livenessProbe:
      httpGet: {path: /, port: api}
      periodSeconds: 20
      timeoutSeconds: 10
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: data, mountPath: /usr/share/logstash/data}
      - {name: logs, mountPath: /usr/share/logstash/logs}
      - {name: tmp, mountPath: /tmp}
      {{- range $server := list "kafka" "elasticsearch" }}
      {{- include "lib.clientMount" (dict "root" $ "server" $server) | nindent 6 }}
      {{- end }}
  - name: exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    # Prometheus asks it for /probe?module=logstash&target=http://127.0.0.1:9600/_node/stats.
    args: [--config.file=/etc/sluice/exporter.yml, --web.listen-address=:9198]
    ports:
      - {name: metrics, containerPort: 9198}
    startupProbe:
      httpGet: {path: /metrics, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    readinessProbe:
      httpGet: {path: /metrics, port: metrics}
    livenessProbe:
      httpGet: {path: /metrics, port: metrics}
      periodSeconds: 20
      failureThreshold: 5
    resources: {{- toYaml .Values.exporter.resources | nindent 6 }}
    securityContext:
      runAsUser: 65534
      runAsGroup: 65534
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-logstash
  - name: logs
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- range $server := list "kafka" "elasticsearch" }}
  {{- include "lib.clientVolume" (dict "root" $ "server" $server "user" "engine") | nindent 2 }}
  {{- end }}
{{- end }}
