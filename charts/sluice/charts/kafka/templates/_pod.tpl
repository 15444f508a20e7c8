{{- define "kafka.pod" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
# Time to wait for copies of others, and to hand over the leadership of every partition.
terminationGracePeriodSeconds: 120
initContainers:
  - name: jmx-exporter
    image: {{ include "lib.image" (dict "root" . "image" .Values.jmxExporter.image) }}
    command: [/install, /agent]
    resources: {{- toYaml .Values.jmxExporter.resources | nindent 6 }}
    volumeMounts:
      - {name: agent, mountPath: /agent}
containers:
  - name: kafka
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /etc/sluice/start.sh]
    env:
      - name: MODE
        value: {{ .Values.mode }}
      {{- if eq .Values.mode "kraft" }}
      - name: CLUSTER_ID
        value: {{ include "kafka.clusterId" . }}
      {{- end }}
      - name: HEAP_MEGABYTES
        value: {{ .Values.config.heapMegabytes | int | quote }}
      {{- with .Values.global.javaOptions }}
      - name: JAVA_OPTIONS
        value: {{ quote . }}
      {{- end }}
      - name: DOMAIN
        value: {{ include "lib.host" (dict "root" . "name" "kafka-headless") }}
      # Kubernetes 1.35 and later copy it from the node; empty before, and the broker has no rack.
      - name: ZONE
        valueFrom: {fieldRef: {fieldPath: "metadata.labels['topology.kubernetes.io/zone']"}}
      - name: ADMIN_PORT
        value: {{ ternary 9091 9092 .Values.global.security.enabled | quote }}
      # Logs go to the console: no log of the garbage collector in a file either.
      - name: EXTRA_ARGS
        value: -name kafkaServer
      - name: LOG_DIR
        value: /tmp/logs
    ports:
      - {name: broker, containerPort: 9092}
      {{- if .Values.global.security.enabled }}
      - {name: internal, containerPort: 9091}
      {{- end }}
      {{- if eq .Values.mode "kraft" }}
      - {name: controller, containerPort: 9093}
      {{- end }}
      - {name: metrics, containerPort: 9404}
    # The port opens when the broker has loaded its logs and registered.
    startupProbe:
      tcpSocket: {port: broker}
      periodSeconds: 2
      failureThreshold: 180
    readinessProbe:
      tcpSocket: {port: broker}
    livenessProbe:
      {{- if and (eq .Values.mode "zookeeper") .Values.global.security.enabled }}
      exec: {command: [bash, /etc/sluice/alive.sh]}
      {{- else }}
      tcpSocket: {port: broker}
      {{- end }}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    {{- if gt (int .Values.replicas) 1 }}
    lifecycle:
      # Not while another broker still catches up.
      preStop: {exec: {command: [bash, /etc/sluice/stop.sh]}}
    {{- end }}
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /etc/sluice}
      - {name: agent, mountPath: /agent}
      - {name: data, mountPath: /var/lib/kafka/data}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.serverMount" (dict "root" .) | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-kafka
  - name: agent
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- include "lib.serverVolume" (dict "root" . "server" "kafka") | nindent 2 }}
{{- end }}
