{{- define "spark.master" -}}
{{ include "spark.user" . }}
containers:
  - name: spark-master
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    args: [/opt/spark/bin/spark-class, org.apache.spark.deploy.master.Master]
    env:
      - name: SPARK_DAEMON_MEMORY
        value: {{ .Values.master.config.heapMegabytes | int }}m
    ports:
      - {name: http, containerPort: 8080}
      - {name: cluster, containerPort: 7077}
    startupProbe:
      httpGet: {path: /json/, port: http}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 180
    readinessProbe:
      httpGet: {path: /json/, port: http}
      timeoutSeconds: 5
    # A master that is slow to list its workers is no reason for a restart.
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.master.resources | nindent 6 }}
    volumeMounts:
      {{- include "spark.mounts" . | nindent 6 }}
      - {name: data, mountPath: /var/lib/spark}
volumes:
  {{- include "spark.volumes" . | nindent 2 }}
{{- end }}
