{{- define "generators.appService" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
containers:
  - name: app-service
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [/metrics-generator]
    args: [--metrics-addr=:8000]
    ports:
      - {name: http, containerPort: 8000}
    startupProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 2
      failureThreshold: 30
    readinessProbe:
      httpGet: {path: /readyz, port: http}
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.appService.resources | nindent 6 }}
{{- end }}
