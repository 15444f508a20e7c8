{{- define "otelCollector.pod" -}}
securityContext:
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
# Time to hand the batch in flight to Elasticsearch; what is queued stays on the volume.
terminationGracePeriodSeconds: 60
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
          kubectl -n {{ .Release.Namespace }} logs -l app.kubernetes.io/name=elasticsearch-setup;
          kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name=elasticsearch
    resources: {{- toYaml .Values.wait.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "elasticsearch") | nindent 6 }}
containers:
  - name: otel-collector
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args: [--config=/etc/otelcol-contrib/config.yaml]
    env:
      # With Go's 100, a sixth of its CPU collected garbage, of a heap of 15 MiB. 400 takes 125 MiB.
      - {name: GOGC, value: "200"}
      {{- if .Values.global.security.enabled }}
      {{- range $server := list "kafka" "elasticsearch" }}
      {{- include "lib.clientPassword" (dict "root" $ "server" $server "user" "engine" "variable" (printf "%s_PASSWORD" (upper $server))) | nindent 6 }}
      {{- end }}
      {{- end }}
    ports:
      - {name: metrics, containerPort: 8888}
      - {name: health, containerPort: 13133}
    startupProbe:
      httpGet: {path: /, port: health}
      periodSeconds: 2
      failureThreshold: 60
    readinessProbe:
      httpGet: {path: /, port: health}
    livenessProbe:
      httpGet: {path: /, port: health}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/otelcol-contrib}
      - {name: data, mountPath: /var/lib/otelcol}
      {{- range $server := list "kafka" "elasticsearch" }}
      {{- include "lib.clientMount" (dict "root" $ "server" $server) | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-otel-collector
  - name: tmp
    emptyDir: {}
  {{- range $server := list "kafka" "elasticsearch" }}
  {{- include "lib.clientVolume" (dict "root" $ "server" $server "user" "engine") | nindent 2 }}
  {{- end }}
{{- end }}
