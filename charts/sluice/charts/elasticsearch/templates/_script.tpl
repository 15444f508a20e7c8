{{/*
A pod that runs one script against Elasticsearch, with the image's bash and curl.
Takes root, name (of the component, after elasticsearch-), script, resources, and env: more variables.
*/}}
{{- define "elasticsearch.script" -}}
restartPolicy: Never
securityContext:
  runAsUser: 1000
  runAsGroup: 0
containers:
  - name: {{ .name }}
    image: {{ include "lib.image" (dict "root" .root "image" .root.Values.image) }}
    command: [bash, /etc/sluice/{{ .script }}]
    env:
      - name: ELASTICSEARCH_URL
        value: http://{{ include "lib.host" (dict "root" .root "name" "elasticsearch") }}:9200
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
volumes:
  - name: config
    configMap:
      name: {{ .root.Release.Name }}-elasticsearch-{{ .name }}
{{- end }}
