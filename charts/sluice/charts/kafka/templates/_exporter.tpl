{{- define "kafka.exporter" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
containers:
  - name: kafka-exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    args:
      - --brokers={{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
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
{{- end }}
