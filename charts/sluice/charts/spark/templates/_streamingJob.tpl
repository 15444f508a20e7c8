{{- define "spark.streamingJob" -}}
{{ include "spark.user" . }}
initContainers:
  - name: connector
    image: {{ include "lib.image" (dict "root" . "image" .Values.connector.image) }}
    command: [/install, /jars]
    resources: {{- toYaml .Values.connector.resources | nindent 6 }}
    volumeMounts:
      - {name: jars, mountPath: /jars}
containers:
  - name: spark-streaming-job
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args: [bash, /etc/sluice/start.sh]
    env:
      - name: MASTER
        value: {{ include "spark.masterHost" . }}:7077
      - name: HEARTBEAT
        value: /tmp/heartbeat
      - name: POD_IP
        valueFrom: {fieldRef: {fieldPath: status.podIP}}
    ports:
      - {name: http, containerPort: 4040}
      - {name: driver, containerPort: 7078}
      - {name: blocks, containerPort: 7079}
    # The job writes the time into a file while it goes on. It begins when there are a master, a worker and the topic.
    startupProbe:
      exec: {command: {{ include "spark.heartbeat" 60 }}}
      periodSeconds: 3
      timeoutSeconds: 5
      failureThreshold: 300
    # A batch after a long pause takes long.
    readinessProbe:
      exec: {command: {{ include "spark.heartbeat" 180 }}}
      timeoutSeconds: 5
    livenessProbe:
      exec: {command: {{ include "spark.heartbeat" 1800 }}}
      periodSeconds: 30
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.streamingJob.resources | nindent 6 }}
    volumeMounts:
      {{- include "spark.mounts" . | nindent 6 }}
      - {name: job, mountPath: /etc/sluice}
      - {name: jars, mountPath: /jars}
      - {name: data, mountPath: /data}
      {{- include "lib.clientMount" (dict "root" . "server" "kafka") | nindent 6 }}
volumes:
  {{- include "spark.volumes" . | nindent 2 }}
  - name: job
    configMap:
      name: {{ .Release.Name }}-spark-streaming-job
  - name: jars
    emptyDir: {}
  {{- include "lib.clientVolume" (dict "root" . "server" "kafka" "user" "spark") | nindent 2 }}
{{- end }}

{{/* Whether the job has gone on within so many seconds. */}}
{{- define "spark.heartbeat" -}}
{{- list "bash" "-c" (printf "(($(date +%%s) - $(cat $HEARTBEAT) < %d))" .) | toJson -}}
{{- end }}
