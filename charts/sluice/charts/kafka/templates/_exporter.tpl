{{- define "kafka.exporter" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
containers:
  - name: kafka-exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    args:
      - --brokers={{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      {{- include "lib.kafkaFlags" (dict "root" . "user" "exporter") | nindent 6 }}
    ports:
      - {name: metrics, containerPort: 9308}
    startupProbe:
      httpGet: {path: /readyz, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    readinessProbe:
      httpGet: {path: /readyz, port: metrics}
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 20
      failureThreshold: 5
    resources: {{- toYaml .Values.exporter.resources | nindent 6 }}
    {{- with include "lib.clientMount" (dict "root" . "server" "kafka") }}
    volumeMounts: {{- . | nindent 6 }}
    {{- end }}
{{- with include "lib.clientVolume" (dict "root" . "server" "kafka" "user" "exporter") }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- end }}
