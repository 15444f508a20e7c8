{{- define "prometheus.alertmanager" -}}
{{- $alertmanager := .Values.alertmanager }}
securityContext:
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
containers:
  - name: alertmanager
    image: {{ include "lib.image" (dict "root" . "image" $alertmanager.image) }}
    args:
      - --config.file=/etc/alertmanager/alertmanager.yml
      - --storage.path=/alertmanager
      {{- if gt (int $alertmanager.replicas) 1 }}
      - --cluster.listen-address=0.0.0.0:9094
      {{- range $i := until (int $alertmanager.replicas) }}
      - --cluster.peer={{ include "lib.name" (dict "root" $ "name" "alertmanager") }}-{{ $i }}.{{ include "lib.host" (dict "root" $ "name" "alertmanager-headless") }}:9094
      {{- end }}
      {{- else }}
      - --cluster.listen-address=
      {{- end }}
    ports:
      - {name: http, containerPort: 9093}
      - {name: cluster, containerPort: 9094}
      - {name: cluster-udp, containerPort: 9094, protocol: UDP}
    startupProbe:
      httpGet: {path: /-/ready, port: http}
      periodSeconds: 2
      failureThreshold: 60
    readinessProbe:
      httpGet: {path: /-/ready, port: http}
    livenessProbe:
      httpGet: {path: /-/healthy, port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml $alertmanager.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/alertmanager}
      - {name: data, mountPath: /alertmanager}
      {{- if $alertmanager.config.existingSecret }}
      - {name: secrets, mountPath: /etc/secrets, readOnly: true}
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-alertmanager
  {{- with $alertmanager.config.existingSecret }}
  # Read at each notification: a changed secret needs no restart.
  - name: secrets
    secret:
      secretName: {{ . }}
      defaultMode: 0440
  {{- end }}
{{- end }}
