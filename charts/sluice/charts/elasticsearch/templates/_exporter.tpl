{{- define "elasticsearch.exporter" -}}
securityContext:
  runAsUser: 65534
  runAsGroup: 65534
containers:
  - name: elasticsearch-exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    args:
      - --es.uri={{ include "lib.elasticsearchURL" . }}
      {{- if .Values.global.security.enabled }}
      - --es.ca=/etc/elasticsearch-client/ca.crt
      {{- end }}
      - --es.all
      - --es.indices
      # The disk watermarks, which the alerts compare with.
      - --collector.clustersettings
      {{- if .Values.snapshots.enabled }}
      - --collector.snapshots
      {{- end }}
    {{- if .Values.global.security.enabled }}
    env:
      - name: ES_USERNAME
        value: exporter
      {{- include "lib.clientPassword" (dict "root" . "server" "elasticsearch" "user" "exporter" "variable" "ES_PASSWORD") | nindent 6 }}
    {{- end }}
    ports:
      - {name: metrics, containerPort: 9114}
    # It looks for Elasticsearch for 10 s before it listens.
    startupProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    readinessProbe:
      httpGet: {path: /healthz, port: metrics}
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 20
      failureThreshold: 5
    resources: {{- toYaml .Values.exporter.resources | nindent 6 }}
    {{- with include "lib.clientMount" (dict "root" . "server" "elasticsearch") }}
    volumeMounts: {{- . | nindent 6 }}
    {{- end }}
{{- with include "lib.clientVolume" (dict "root" . "server" "elasticsearch" "user" "exporter") }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- end }}
