{{/* The Secret that Helm makes, or the existing one that global.security.existingSecrets names in its place. Takes root and name. */}}
{{- define "lib.secretName" -}}
{{ get .root.Values.global.security.existingSecrets .name | default (include "lib.name" .) }}
{{- end }}

{{/* The Secret of a user of a server: its password is made once and then kept. Takes root, server, user and image. */}}
{{- define "lib.user" }}
{{- $_ := set . "name" (printf "%s-user-%s" .server .user) }}
{{- if not (hasKey .root.Values.global.security.existingSecrets .name) }}
{{- $old := lookup "v1" "Secret" .root.Release.Namespace (include "lib.name" .) }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
type: Opaque
data:
  username: {{ b64enc .user }}
  password: {{ dig "data" "password" (randAlphaNum 32 | b64enc) $old }}
{{- end }}
{{- end }}

{{/* What a server needs: its certificate, the key, and the authority's certificate. Takes root and server. */}}
{{- define "lib.serverVolume" -}}
{{- if .root.Values.global.security.enabled }}
- name: tls
  secret:
    secretName: {{ include "lib.secretName" (dict "root" .root "name" (printf "%s-tls" .server)) }}
{{- end }}
{{- end }}

{{- define "lib.serverMount" -}}
{{- if .root.Values.global.security.enabled }}
- {name: tls, mountPath: {{ .path | default "/etc/tls" }}, readOnly: true}
{{- end }}
{{- end }}

{{/* What a client needs: ca.crt of the server's authority, and the password of its user. Takes root, server and user. */}}
{{- define "lib.clientVolume" -}}
{{- if .root.Values.global.security.enabled }}
- name: {{ .server }}-client
  projected:
    sources:
      - secret:
          name: {{ include "lib.secretName" (dict "root" .root "name" (printf "%s-tls" .server)) }}
          items: [{key: ca.crt, path: ca.crt}]
      - secret:
          name: {{ include "lib.secretName" (dict "root" .root "name" (printf "%s-user-%s" .server .user)) }}
          items: [{key: password, path: password}]
{{- end }}
{{- end }}

{{- define "lib.clientMount" -}}
{{- if .root.Values.global.security.enabled }}
- {name: {{ .server }}-client, mountPath: /etc/{{ .server }}-client, readOnly: true}
{{- end }}
{{- end }}

{{/* For programs that take a password from a variable only. Takes root, server, user and variable. */}}
{{- define "lib.clientPassword" -}}
{{- if .root.Values.global.security.enabled }}
- name: {{ .variable }}
  valueFrom: {secretKeyRef: {name: {{ include "lib.secretName" (dict "root" .root "name" (printf "%s-user-%s" .server .user)) }}, key: password}}
{{- end }}
{{- end }}

{{/* How a Kafka client in Java logs in. The password stays in its file. Takes root and user. */}}
{{- define "lib.kafkaProperties" -}}
{{- if .root.Values.global.security.enabled -}}
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=/etc/kafka-client/ca.crt
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="{{ .user }}" password="${file:/etc/kafka-client:password}";
config.providers=file
config.providers.file.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
{{- end }}
{{- end }}

{{/* The flags of our own Kafka clients. Takes root and user. */}}
{{- define "lib.kafkaFlags" -}}
{{- if .root.Values.global.security.enabled }}
- --tls
- --tls-ca=/etc/kafka-client/ca.crt
- --sasl=scram-sha-512
- --username={{ .user }}
- --password-file=/etc/kafka-client/password
{{- end }}
{{- end }}

{{- define "lib.elasticsearchURL" -}}
{{ ternary "https" "http" .Values.global.security.enabled }}://{{ include "lib.host" (dict "root" . "name" "elasticsearch") }}:9200
{{- end }}

{{/*
The command of a container that runs a bash script with curl: what curl needs to log in to Elasticsearch goes into its
own configuration, where neither the scripts nor the process list show it. Takes root, user and script.
*/}}
{{- define "lib.curlScript" -}}
{{- if .root.Values.global.security.enabled -}}
command:
  - bash
  - -c
  - |
    printf 'cacert = "/etc/elasticsearch-client/ca.crt"\nuser = "%s:%s"\n' "$0" "$(sed 's/[\\"]/\\&/g' /etc/elasticsearch-client/password)" >/tmp/.curlrc
    exec bash "$1"
  - {{ .user }}
  - {{ .script }}
{{- else -}}
command: [bash, {{ .script }}]
{{- end }}
{{- end }}
