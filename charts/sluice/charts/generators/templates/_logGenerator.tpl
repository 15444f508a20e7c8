{{- define "generators.logGenerator" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
containers:
  - name: log-generator
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [/log-generator]
    args:
      - --brokers={{ include "lib.host" (dict "root" . "name" "kafka") }}:9092
      - --topic={{ .Values.global.topic }}
      - --rate={{ .Values.logGenerator.config.rate | int }}
      - --linger={{ .Values.logGenerator.config.linger }}
      - --levels={{ .Values.logGenerator.config.levels }}
      - --burst-interval={{ .Values.logGenerator.config.burstInterval }}
      - --burst-length={{ .Values.logGenerator.config.burstLength }}
      - --burst-service={{ .Values.logGenerator.config.burstService }}
      - --metrics-addr=:8001
      - --connect-timeout=5m
      {{- include "lib.kafkaFlags" (dict "root" . "user" "log-generator") | nindent 6 }}
    ports:
      - {name: metrics, containerPort: 8001}
    startupProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    # Ready as soon as it has found the topic.
    readinessProbe:
      httpGet: {path: /readyz, port: metrics}
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.logGenerator.resources | nindent 6 }}
    {{- with include "lib.clientMount" (dict "root" . "server" "kafka") }}
    volumeMounts: {{- . | nindent 6 }}
    {{- end }}
{{- with include "lib.clientVolume" (dict "root" . "server" "kafka" "user" "log-generator") }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- end }}
