{{- define "indexer.pod" -}}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
# Time to hand what is in flight to Elasticsearch, and to commit it. What does not get there in time is read again by another pod.
terminationGracePeriodSeconds: 30
containers:
  - name: indexer
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args: [run, --config=/etc/indexer/indexer.yaml]
    {{- with include "lib.mebibytes" (toString .Values.resources.limits.memory) }}
    env:
      # Near it garbage is collected sooner; the rest of the limit is for what is not on the heap.
      - {name: GOMEMLIMIT, value: {{ div (mul . 4) 5 }}MiB}
    {{- end }}
    ports:
      - {name: http, containerPort: 8080}
    startupProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 2
      failureThreshold: 30
    # Ready when it is a member of the group and Elasticsearch answers.
    readinessProbe:
      httpGet: {path: /readyz, port: http}
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/indexer}
      {{- range $server := list "kafka" "elasticsearch" }}
      {{- include "lib.clientMount" (dict "root" $ "server" $server) | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-indexer
  {{- range $server := list "kafka" "elasticsearch" }}
  {{- include "lib.clientVolume" (dict "root" $ "server" $server "user" "engine") | nindent 2 }}
  {{- end }}
{{- end }}
