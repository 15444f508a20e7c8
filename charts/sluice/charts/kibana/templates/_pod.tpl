{{- define "kibana.pod" -}}
securityContext:
  runAsUser: 1000
  # The group of the image's files.
  runAsGroup: 0
  fsGroup: 1000
terminationGracePeriodSeconds: 30
containers:
  - name: kibana
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    env:
      - name: NODE_OPTIONS
        value: --max-old-space-size={{ .Values.config.heapMegabytes | int }}
      {{- range $variable, $key := dict "ENCRYPTED_SAVED_OBJECTS_KEY" "encryptedSavedObjects" "REPORTING_KEY" "reporting" "SECURITY_KEY" "security" }}
      - name: {{ $variable }}
        valueFrom: {secretKeyRef: {name: {{ include "kibana.secretName" $ }}, key: {{ $key }}}}
      {{- end }}
      {{- include "lib.clientPassword" (dict "root" . "server" "elasticsearch" "user" "kibana" "variable" "ELASTICSEARCH_PASSWORD") | nindent 6 }}
    ports:
      - {name: http, containerPort: 5601}
    # The first start of a version migrates the saved objects.
    startupProbe:
      httpGet: {path: /api/status, port: http}
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 120
    readinessProbe:
      httpGet: {path: /api/status, port: http}
      timeoutSeconds: 5
    # An Elasticsearch that is away, which makes the status 503, is no reason for a restart.
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      # The file alone: the image's folder has others.
      - {name: config, mountPath: /usr/share/kibana/config/kibana.yml, subPath: kibana.yml}
      - {name: data, mountPath: /usr/share/kibana/data}
      - {name: logs, mountPath: /usr/share/kibana/logs}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "elasticsearch") | nindent 6 }}
  # In the same pod: each Kibana has figures of its own.
  - name: exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    args: [--config.file=/etc/sluice/json-exporter.yml]
    ports:
      - {name: metrics, containerPort: 7979}
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
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kibana
  - name: data
    emptyDir: {}
  - name: logs
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" . "server" "elasticsearch" "user" "kibana") | nindent 2 }}
{{- end }}
