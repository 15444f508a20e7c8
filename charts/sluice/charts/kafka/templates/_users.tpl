{{/* Keeps users and grants in Kafka as files/users/users.yaml and their Secrets say. */}}
{{- define "kafka.users" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
containers:
  - name: kafka-users
    image: {{ include "lib.image" (dict "root" . "image" .Values.exporter.image) }}
    command: [/kafka-users]
    args:
      - --brokers={{ include "kafka.adminServer" . }}
      - --tls
      - --tls-ca=/etc/tls/ca.crt
      - --tls-cert=/etc/tls/tls.crt
      - --tls-key=/etc/tls/tls.key
      - --users=/etc/sluice/users.yaml
      - --passwords=/etc/passwords
      - --metrics-addr=:9309
    ports:
      - {name: metrics, containerPort: 9309}
    startupProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    # Ready once everybody is known.
    readinessProbe:
      httpGet: {path: /readyz, port: metrics}
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 20
      failureThreshold: 5
    resources: {{- toYaml .Values.users.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: passwords, mountPath: /etc/passwords, readOnly: true}
      {{- include "lib.serverMount" (dict "root" .) | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kafka-users
  - name: passwords
    projected:
      sources:
      {{- range $user := include "kafka.userNames" . | fromYamlArray }}
        - secret:
            name: {{ include "lib.secretName" (dict "root" $ "name" (printf "kafka-user-%s" $user)) }}
            items: [{key: password, path: {{ $user }}}]
      {{- end }}
  {{- include "lib.serverVolume" (dict "root" . "server" "kafka") | nindent 2 }}
{{- end }}

{{- define "kafka.userNames" -}}
{{- include "lib.files" (dict "root" . "pattern" "files/users/*") | fromYaml | dig "users.yaml" "" | fromYaml | keys | sortAlpha | toYaml }}
{{- end }}
