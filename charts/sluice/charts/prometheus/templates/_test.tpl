{{/* A pod of `helm test`. The image has no shell: its own tool asks the server. Takes root, name, image, resources and args. */}}
{{- define "prometheus.test" -}}
securityContext:
  runAsUser: 65534
  runAsGroup: 65534
containers:
  - name: {{ .name }}
    image: {{ include "lib.image" (dict "root" .root "image" .image) }}
    command: {{- toYaml .command | nindent 6 }}
    resources: {{- toYaml .resources | nindent 6 }}
{{- end }}
