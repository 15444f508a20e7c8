{{- define "elasticsearch.indexTemplate" -}}
restartPolicy: Never
securityContext:
  runAsUser: 1000
  runAsGroup: 0
containers:
  - name: index-template
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/put.sh]
    env:
      - name: ELASTICSEARCH_URL
        value: http://{{ include "lib.host" (dict "root" . "name" "elasticsearch") }}:9200
      - name: INDEX
        value: {{ .Values.global.index }}
      - name: TIMEOUT_SECONDS
        value: "300"
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name=elasticsearch;
          kubectl -n {{ .Release.Namespace }} logs {{ .Release.Name }}-elasticsearch-0
    resources: {{- toYaml .Values.indexTemplate.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-elasticsearch-index-template
{{- end }}
