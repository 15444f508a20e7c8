{{- define "zookeeper.test" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
containers:
  - name: test
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/test.sh]
    env:
      - name: SERVER # with its number in the place of the #
        value: {{ .Release.Name }}-zookeeper-#.{{ include "lib.host" (dict "root" . "name" "zookeeper-headless") }}
      - name: REPLICAS
        value: {{ .Values.replicas | quote }}
    resources: {{- toYaml .Values.test.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-zookeeper-test
{{- end }}
