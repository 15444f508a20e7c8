{{- define "zookeeper.pod" -}}
securityContext:
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
containers:
  - name: zookeeper
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    # A server's number comes from its pod's: 1 for the pod 0.
    command:
      - bash
      - -c
      - echo "$((${HOSTNAME##*-} + 1))" > /data/myid && exec zkServer.sh start-foreground
    env:
      - name: ZOOCFGDIR
        value: /conf
      - name: ZOO_LOG_DIR
        value: /tmp
      - name: ZK_SERVER_HEAP # in MiB
        value: {{ .Values.config.heapMegabytes | int | quote }}
    ports:
      - {name: client, containerPort: 2181}
      - {name: peer, containerPort: 2888}
      - {name: election, containerPort: 3888}
      - {name: metrics, containerPort: 7000}
    # srvr names a mode only while this server has a quorum; ruok asks the process alone.
    startupProbe:
      exec: {command: {{ include "zookeeper.ask" "srvr Mode:" }}}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 90
    readinessProbe:
      exec: {command: {{ include "zookeeper.ask" "srvr Mode:" }}}
      timeoutSeconds: 5
    livenessProbe:
      exec: {command: {{ include "zookeeper.ask" "ruok imok" }}}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /conf}
      - {name: data, mountPath: /data}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: config
    configMap:
      name: {{ .Release.Name }}-zookeeper
  - name: tmp
    emptyDir: {}
{{- end }}

{{/* A probe without a JVM: takes "<four letter word> <text the answer must have>". */}}
{{- define "zookeeper.ask" -}}
{{- $ask := splitList " " . -}}
{{- list "bash" "-c" (printf "exec 3<>/dev/tcp/127.0.0.1/2181 && echo %s >&3 && grep -q %s <&3" (first $ask) (last $ask)) | toJson -}}
{{- end }}
