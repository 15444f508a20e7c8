{{- define "spark.historyServer" -}}
{{ include "spark.user" . }}
{{ include "spark.besideTheDriver" . }}
containers:
  - name: spark-history-server
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    # It refuses to start before the first driver has made the folder.
    args: [bash, -c, mkdir -p /data/events && exec /opt/spark/bin/spark-class org.apache.spark.deploy.history.HistoryServer]
    env:
      - name: SPARK_DAEMON_MEMORY
        value: {{ .Values.historyServer.config.heapMegabytes | int }}m
    ports:
      - {name: http, containerPort: 18080}
    startupProbe:
      httpGet: {path: /api/v1/version, port: http}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 180
    readinessProbe:
      httpGet: {path: /api/v1/version, port: http}
      timeoutSeconds: 5
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.historyServer.resources | nindent 6 }}
    volumeMounts:
      {{- include "spark.mounts" . | nindent 6 }}
      - {name: data, mountPath: /data}
volumes:
  {{- include "spark.volumes" . | nindent 2 }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ include "spark.sharedClaim" . }}
{{- end }}
