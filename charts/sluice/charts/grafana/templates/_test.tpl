{{- define "grafana.test" -}}
securityContext:
  runAsUser: 472
  runAsGroup: 472
  fsGroup: 472
containers:
  - name: test
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/test/test.sh]
    env:
      - name: URL
        value: http://{{ include "lib.host" (dict "root" . "name" "grafana") }}:3000
      - name: SECRET
        value: /etc/sluice/secret
      - name: DASHBOARDS
        value: {{ .Files.Glob "files/dashboards/*.json" | len | quote }}
    resources: {{- toYaml .Values.test.resources | nindent 6 }}
    volumeMounts:
      - {name: test, mountPath: /etc/sluice/test}
      - {name: secret, mountPath: /etc/sluice/secret, readOnly: true}
volumes:
  - name: test
    configMap:
      name: {{ .Release.Name }}-grafana-test
  - name: secret
    secret:
      secretName: {{ include "grafana.secretName" . }}
      defaultMode: 0440
{{- end }}
