{{/* Takes root, name (of the test), url and metric (a counter that must rise). */}}
{{- define "generators.test" -}}
{{- $test := .root.Values.test }}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
containers:
  - name: test
    image: {{ include "lib.image" (dict "root" .root "image" $test.image) }}
    command: [bash, /etc/sluice/rises.sh]
    env:
      - name: URL
        value: {{ .url }}
      - name: METRIC
        value: {{ .metric }}
      - name: TIMEOUT_SECONDS
        value: "60"
    resources: {{- toYaml $test.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
volumes:
  - name: config
    configMap:
      name: {{ .root.Release.Name }}-{{ .name }}
{{- end }}
