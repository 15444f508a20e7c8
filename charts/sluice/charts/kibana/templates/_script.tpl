{{/*
A pod that runs one script against Kibana, with its image's bash and curl.
Takes root, name (of the component, after kibana-), script, resources, and env: more variables.
*/}}
{{- define "kibana.script" -}}
restartPolicy: Never
securityContext:
  runAsUser: 1000
  runAsGroup: 0
containers:
  - name: {{ .name }}
    image: {{ include "lib.image" (dict "root" .root "image" .root.Values.image) }}
    {{- include "lib.curlScript" (dict "root" .root "user" "admin" "script" (printf "/etc/sluice/%s" .script)) | nindent 4 }}
    env:
      - name: KIBANA_URL
        value: http://{{ include "lib.host" (dict "root" .root "name" "kibana") }}:5601
      - name: CURL_HOME
        value: /tmp
      {{- range $name, $value := .env }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
      - name: LOOK_AT
        value: >-
          See
          kubectl -n {{ .root.Release.Namespace }} get pods -l app.kubernetes.io/name=kibana;
          kubectl -n {{ .root.Release.Namespace }} logs deployment/{{ .root.Release.Name }}-kibana -c kibana
    resources: {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.clientMount" (dict "root" .root "server" "elasticsearch") | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .root.Release.Name }}-kibana-{{ .name }}
  - name: tmp
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" .root "server" "elasticsearch" "user" "admin") | nindent 2 }}
{{- end }}
