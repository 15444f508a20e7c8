{{- define "prometheus.pod" -}}
securityContext:
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
# Time to write the newest samples to the volume.
terminationGracePeriodSeconds: 120
containers:
  - name: prometheus
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args:
      - --config.file=/etc/prometheus/prometheus.yml
      - --storage.tsdb.path=/prometheus
      - --storage.tsdb.retention.time={{ .Values.config.retention }}
      - --storage.tsdb.retention.size={{ .Values.config.retentionSize }}
    ports:
      - {name: http, containerPort: 9090}
    # Reading the write-ahead log of a long run takes minutes.
    startupProbe:
      httpGet: {path: /-/ready, port: http}
      periodSeconds: 2
      failureThreshold: 450
    readinessProbe:
      httpGet: {path: /-/ready, port: http}
    livenessProbe:
      httpGet: {path: /-/healthy, port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/prometheus}
      - {name: rules, mountPath: /etc/rules}
      - {name: data, mountPath: /prometheus}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-prometheus
  - name: rules
    configMap:
      name: {{ .Release.Name }}-prometheus-rules
{{- end }}
