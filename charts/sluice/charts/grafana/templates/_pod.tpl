{{- define "grafana.pod" -}}
securityContext:
  runAsUser: 472
  runAsGroup: 472
  fsGroup: 472
containers:
  - name: grafana
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    env:
      - name: GF_SECURITY_ADMIN_USER__FILE
        value: /etc/sluice/secret/admin-user
      - name: GF_SECURITY_ADMIN_PASSWORD__FILE
        value: /etc/sluice/secret/admin-password
      # Logs go to the console; the folder is made all the same, where it may be.
      - name: GF_PATHS_LOGS
        value: /var/lib/grafana/log
    ports:
      - {name: http, containerPort: 3000}
    # An empty database is made anew at every start without a volume.
    startupProbe:
      httpGet: {path: /api/health, port: http}
      periodSeconds: 2
      failureThreshold: 90
    readinessProbe:
      httpGet: {path: /api/health, port: http}
    # A database that does not answer, which makes the health 503, is no reason for a restart.
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/grafana/grafana.ini, subPath: grafana.ini}
      - {name: datasources, mountPath: /etc/grafana/provisioning/datasources}
      - {name: providers, mountPath: /etc/grafana/provisioning/dashboards}
      - {name: dashboards, mountPath: /etc/sluice/dashboards}
      - {name: secret, mountPath: /etc/sluice/secret, readOnly: true}
      - {name: data, mountPath: /var/lib/grafana}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" . "server" "elasticsearch") | nindent 6 }}
volumes:
  {{- range $volume, $name := dict "config" "grafana" "datasources" "grafana-datasources" "providers" "grafana-providers" "dashboards" "grafana-dashboards" }}
  - name: {{ $volume }}
    configMap:
      name: {{ $.Release.Name }}-{{ $name }}
  {{- end }}
  - name: secret
    secret:
      secretName: {{ include "grafana.secretName" . }}
      defaultMode: 0440
  - name: tmp
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" . "server" "elasticsearch" "user" "grafana") | nindent 2 }}
  {{- if not .Values.storage.size }}
  - name: data
    emptyDir: {}
  {{- end }}
{{- end }}

{{/* How a data source logs in to Elasticsearch; Grafana reads the files. */}}
{{- define "grafana.elasticsearchLogin" -}}
{{- if .Values.global.security.enabled -}}
basicAuth: true
basicAuthUser: grafana
secureJsonData:
  basicAuthPassword: $__file{/etc/elasticsearch-client/password}
  tlsCACert: $__file{/etc/elasticsearch-client/ca.crt}
{{- end }}
{{- end }}
