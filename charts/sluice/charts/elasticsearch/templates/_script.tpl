{{/*
A pod that runs one script against Elasticsearch, with the image's bash and curl.
Takes root, name (of the component, after elasticsearch-, and of its user), script, resources, and env: more variables.
*/}}
{{- define "elasticsearch.script" -}}
restartPolicy: Never
securityContext:
  runAsUser: 1000
  runAsGroup: 0
containers:
  - name: {{ .name }}
    image: {{ include "lib.image" (dict "root" .root "image" .root.Values.image) }}
    {{- include "lib.curlScript" (dict "root" .root "user" .name "script" (printf "/etc/sluice/%s" .script)) | nindent 4 }}
    env:
      - name: ELASTICSEARCH_URL
        value: {{ include "lib.elasticsearchURL" .root }}
      - name: CURL_HOME
        value: /tmp
      - name: INDEX
        value: {{ .root.Values.global.index }}
      {{- range $name, $value := .env }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .root.Release.Namespace }} get pods -l app.kubernetes.io/name=elasticsearch;
          kubectl -n {{ .root.Release.Namespace }} logs {{ .root.Release.Name }}-elasticsearch-0
    resources: {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" .root "server" "elasticsearch") | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .root.Release.Name }}-elasticsearch-{{ .name }}
  - name: tmp
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" .root "server" "elasticsearch" "user" .name) | nindent 2 }}
{{- end }}
