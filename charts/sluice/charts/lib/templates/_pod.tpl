{{/* What every pod gets. */}}
{{- define "lib.podDefaults" -}}
automountServiceAccountToken: false
# Otherwise every Service of the namespace becomes variables, some of which programs read as settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* What every container gets. */}}
{{- define "lib.containerDefaults" -}}
imagePullPolicy: {{ .root.Values.global.imagePullPolicy }}
# The last lines of a failed container are shown by kubectl describe.
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Replicas are spread over zones and nodes. */}}
{{- define "lib.topologySpread" -}}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $.root.Values.global.spread }}
    labelSelector:
      matchLabels: {{- include "lib.selectorLabels" $ | nindent 8 }}
{{- end }}
{{- end }}

{{/*
The nodes of a pool carry its name as the label and, if nothing else may run there, as the taint sluice/pool.
Pods prefer their pool and tolerate its taint: where there are no pools, they run anywhere.
*/}}
{{- define "lib.pool" -}}
{{- with get .root.Values.global.pools .name }}
tolerations:
  - {key: sluice/pool, operator: Equal, value: {{ . }}, effect: NoSchedule}
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions:
            - {key: sluice/pool, operator: In, values: [{{ . }}]}
{{- end }}
{{- end }}

{{/* The PodSpec: defaults, spreading, node pool, the component's own, and at last the user's values.pod. */}}
{{- define "lib.pod" -}}
{{- with .pod.Error }}{{ fail (printf "the pod of %s is not valid YAML: %s" $.name .) }}{{ end }}
{{- $spread := dict }}
{{- if gt (include "lib.most" . | int) 1 }}{{ $spread = include "lib.topologySpread" . | fromYaml }}{{ end }}
{{- $pod := mustMergeOverwrite (include "lib.podDefaults" . | fromYaml) $spread (include "lib.pool" . | fromYaml) .pod (deepCopy .values.pod) }}
{{- $defaults := include "lib.containerDefaults" . }}
{{- range $kind := list "initContainers" "containers" }}
{{- $containers := list }}
{{- range index $pod $kind }}
{{- $containers = append $containers (mustMergeOverwrite ($defaults | fromYaml) .) }}
{{- end }}
{{- with $containers }}{{ $_ := set $pod $kind . }}{{ end }}
{{- end }}
{{- toYaml $pod }}
{{- end }}

{{/* metadata and spec of a pod template. Only selector labels: a chart version here would restart pods. */}}
{{- define "lib.podTemplate" -}}
metadata:
  labels: {{- include "lib.selectorLabels" . | nindent 4 }}
  {{- with .files }}
  annotations:
    checksum/config: {{ toYaml . | sha256sum }}
  {{- end }}
spec: {{- include "lib.pod" . | nindent 2 }}
{{- end }}

{{/* Kafka's tools live for seconds: by default they take nearly twice the CPU, for a compiler and a collector that never pay off. */}}
{{- define "lib.kafkaToolEnv" -}}
- name: KAFKA_HEAP_OPTS
  value: -Xmx128m
- name: KAFKA_JVM_PERFORMANCE_OPTS
  value: -XX:+UseSerialGC -XX:TieredStopAtLevel=1
- name: LOG_DIR
  value: /tmp
{{- end }}
