{{- define "spark.worker" -}}
{{ include "spark.user" . }}
{{ include "spark.besideTheDriver" . }}
containers:
  - name: spark-worker
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args:
      - /opt/spark/bin/spark-class
      - org.apache.spark.deploy.worker.Worker
      - spark://{{ include "spark.masterHost" . }}:7077
    env:
      - name: SPARK_DAEMON_MEMORY
        value: {{ .Values.worker.config.heapMegabytes | int }}m
    ports:
      - {name: http, containerPort: 8081}
    startupProbe:
      httpGet: {path: /json/, port: http}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 180
    readinessProbe:
      httpGet: {path: /json/, port: http}
      timeoutSeconds: 5
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.worker.resources | nindent 6 }}
    volumeMounts:
      {{- include "spark.mounts" . | nindent 6 }}
      - {name: data, mountPath: /data}
      # Executors read and write Kafka themselves.
      {{- include "lib.clientMount" (dict "root" . "server" "kafka") | nindent 6 }}
volumes:
  {{- include "spark.volumes" . | nindent 2 }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ include "spark.sharedClaim" . }}
  {{- include "lib.clientVolume" (dict "root" . "server" "kafka" "user" "spark") | nindent 2 }}
{{- end }}
