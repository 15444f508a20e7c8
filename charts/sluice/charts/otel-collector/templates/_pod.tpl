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
    command: [bash, /etc/sluice/wait.sh]
    env:
      - name: ELASTICSEARCH_URL
        value: http://{{ include "lib.host" (dict "root" . "name" "elasticsearch") }}:9200
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
containers:
  - name: otel-collector
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args: [--config=/etc/otelcol-contrib/config.yaml]
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
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-otel-collector
{{- end }}
