{{- define "elasticsearch.pod" -}}
{{- $fs := include "elasticsearch.snapshotsOn" (dict "root" . "type" "fs") }}
{{- $s3 := include "elasticsearch.snapshotsOn" (dict "root" . "type" "s3") }}
{{- if $s3 }}
serviceAccountName: {{ include "lib.name" (dict "root" . "name" "elasticsearch") }}
{{- end }}
securityContext:
  runAsUser: 1000
  # The group of the image's files.
  runAsGroup: 0
  fsGroup: 1000
# Time to flush, and in a cluster to hand over primaries.
terminationGracePeriodSeconds: 120
initContainers:
  # Elasticsearch writes into its configuration folder (a keystore): a writable copy of the image's.
  - name: config
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    command:
      - bash
      - -c
      - |
        set -e
        cp -r /usr/share/elasticsearch/config/. /config/
        cp /etc/sluice/elasticsearch.yml /etc/sluice/log4j2.properties /config/
        mkdir -p /config/jvm.options.d
        cp /etc/sluice/jvm.options /config/jvm.options.d/sluice.options
        {{- if $s3 }}
        # The token of the service account, where Elasticsearch looks for it: it may read nothing outside of its folders.
        mkdir -p /config/repository-s3
        ln -s /var/run/secrets/eks.amazonaws.com/serviceaccount/token /config/repository-s3/aws-web-identity-token-file
        {{- end }}
    resources:
      requests: {cpu: 10m, memory: 16Mi}
      limits: {cpu: 500m, memory: 64Mi}
    volumeMounts:
      - {name: files, mountPath: /etc/sluice}
      - {name: config, mountPath: /config}
containers:
  - name: elasticsearch
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    env:
      - name: ES_JAVA_OPTS
        value: -Xms{{ .Values.config.heapMegabytes | int }}m -Xmx{{ .Values.config.heapMegabytes | int }}m
      # Kubernetes 1.35 and later copy it from the node; empty before, and all nodes count as one zone.
      - name: ZONE
        valueFrom: {fieldRef: {fieldPath: "metadata.labels['topology.kubernetes.io/zone']"}}
    ports:
      - {name: http, containerPort: 9200}
      - {name: transport, containerPort: 9300}
    # Once, the whole cluster: the next node may only be restarted when this one has its shards. A single
    # node is never green while an index asks for a replica.
    startupProbe:
      httpGet:
        path: /_cluster/health?wait_for_status={{ ternary "green" "yellow" (gt (int .Values.replicas) 1) }}&timeout=1s
        port: http
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 360
    # From then on this node alone: if the cluster's health counted, one lost node would take all from the Service.
    readinessProbe:
      httpGet: {path: "/_cluster/health?local=true", port: http}
      timeoutSeconds: 5
    # A long collection of garbage is no reason for a restart.
    livenessProbe:
      tcpSocket: {port: http}
      periodSeconds: 20
      timeoutSeconds: 5
      failureThreshold: 5
    lifecycle:
      # Requests stop coming before the node stops answering.
      preStop: {sleep: {seconds: 5}}
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - {name: config, mountPath: /usr/share/elasticsearch/config}
      - {name: data, mountPath: /usr/share/elasticsearch/data}
      - {name: logs, mountPath: /usr/share/elasticsearch/logs}
      - {name: tmp, mountPath: /tmp}
      {{- if $fs }}
      - {name: snapshots, mountPath: /usr/share/elasticsearch/snapshots}
      {{- end }}
volumes:
  - name: files
    configMap:
      name: {{ .Release.Name }}-elasticsearch
  - name: config
    emptyDir: {}
  - name: logs
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- if $fs }}
  - name: snapshots
    persistentVolumeClaim:
      claimName: {{ .Values.snapshots.storage.existingClaim | default (include "lib.name" (dict "root" . "name" "elasticsearch-snapshots")) }}
  {{- end }}
{{- end }}
