{{- define "zookeeper.pod" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
containers:
  - name: zookeeper
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command: [bash, /conf/start.sh]
    env:
      - name: ZOOCFGDIR
        value: /conf
      - name: ZOO_LOG_DIR
        value: /tmp
      - name: ZK_SERVER_HEAP # in MiB
        value: {{ .Values.config.heapMegabytes | int | quote }}
      {{- with .Values.global.javaOptions }}
      - name: SERVER_JVMFLAGS
        value: {{ quote . }}
      {{- end }}
    ports:
      - {name: client, containerPort: 2181}
      - {name: peer, containerPort: 2888}
      - {name: election, containerPort: 3888}
      - {name: metrics, containerPort: 7000}
    # srvr names a mode only while this server has a quorum; ruok asks the process alone.
    startupProbe:
      exec: {command: {{ include "zookeeper.ask" (dict "root" . "word" "srvr" "answer" "Mode:") }}}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 90
    readinessProbe:
      exec: {command: {{ include "zookeeper.ask" (dict "root" . "word" "srvr" "answer" "Mode:") }}}
      timeoutSeconds: 5
    livenessProbe:
      exec: {command: {{ include "zookeeper.ask" (dict "root" . "word" "ruok" "answer" "imok") }}}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /conf}
      - {name: data, mountPath: /data}
      - {name: tmp, mountPath: /tmp}
      {{- include "lib.serverMount" (dict "root" .) | nindent 6 }}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-zookeeper
  - name: tmp
    emptyDir: {}
  {{- include "lib.serverVolume" (dict "root" . "server" "zookeeper") | nindent 2 }}
{{- end }}

{{/* A probe without a JVM. Takes root, a four letter word, and the text that its answer must have. */}}
{{- define "zookeeper.ask" -}}
{{- $port := ternary 2182 2181 .root.Values.global.security.enabled -}}
{{- list "bash" "-c" (printf "exec 3<>/dev/tcp/127.0.0.1/%d && echo %s >&3 && grep -q %s <&3" $port .word .answer) | toJson -}}
{{- end }}
