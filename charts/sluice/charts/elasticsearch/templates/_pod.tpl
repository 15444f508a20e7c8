{{- define "elasticsearch.pod" -}}
{{- $scheme := ternary "HTTPS" "HTTP" .Values.global.security.enabled }}
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
        {{- if gt (int .Values.replicas) 1 }}
        # Of several nodes none starts with memory maps where there may be fewer; a pod without privileges can't raise that.
        maps=$(</proc/sys/vm/max_map_count)
        if ((maps < 262144)); then
          echo "No memory maps: vm.max_map_count of this node is $maps. With 262144, Elasticsearch takes half the CPU or less."
          echo 'node.store.allow_mmap: false' >>/config/elasticsearch.yml
        fi
        {{- end }}
        mkdir -p /config/jvm.options.d
        cp /etc/sluice/jvm.options /config/jvm.options.d/sluice.options
        {{- if .Values.global.security.enabled }}
        cp /etc/security/roles.yml /etc/security/users_roles /config/
        bash /etc/security/users.sh >/config/users
        # For curl in this pod: curl -K config/curl https://localhost:9200/_cat/indices
        printf 'cacert = "config/tls/ca.crt"\nuser = "test:%s"\n' "$(</etc/passwords/test)" >/config/curl
        {{- end }}
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
      {{- if .Values.global.security.enabled }}
      - {name: security, mountPath: /etc/security}
      - {name: passwords, mountPath: /etc/passwords, readOnly: true}
      {{- end }}
containers:
  - name: elasticsearch
    image: {{ include "lib.image" (dict "root" . "image" .Values.image) }}
    env:
      - name: ES_JAVA_OPTS
        value: -Xms{{ .Values.config.heapMegabytes | int }}m -Xmx{{ .Values.config.heapMegabytes | int }}m{{ with .Values.global.javaOptions }} {{ . }}{{ end }}
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
        scheme: {{ $scheme }}
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 360
    # From then on this node alone: if the cluster's health counted, one lost node would take all from the Service.
    readinessProbe:
      httpGet: {path: "/_cluster/health?local=true", port: http, scheme: {{ $scheme }}}
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
      {{- include "lib.serverMount" (dict "root" . "path" "/usr/share/elasticsearch/config/tls") | nindent 6 }}
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
  {{- if .Values.global.security.enabled }}
  - name: security
    configMap:
      name: {{ .Release.Name }}-elasticsearch-security
  - name: passwords
    projected:
      sources:
      {{- range $user := include "elasticsearch.userNames" . | fromYamlArray }}
        - secret:
            name: {{ include "lib.secretName" (dict "root" $ "name" (printf "elasticsearch-user-%s" $user)) }}
            items: [{key: password, path: {{ $user }}}]
      {{- end }}
  {{- include "lib.serverVolume" (dict "root" . "server" "elasticsearch") | nindent 2 }}
  {{- end }}
  {{- if $fs }}
  - name: snapshots
    persistentVolumeClaim:
      claimName: {{ .Values.snapshots.storage.existingClaim | default (include "lib.name" (dict "root" . "name" "elasticsearch-snapshots")) }}
  {{- end }}
{{- end }}

{{- define "elasticsearch.userNames" -}}
{{- range .Files.Lines "files/security/users_roles" }}
{{- with splitList ":" . | rest }}
- {{ first . }}
{{- end }}
{{- end }}
{{- end }}
