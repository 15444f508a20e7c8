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

{{/* The PodSpec: defaults, the component's own, spreading, and at last the user's values.pod. */}}
{{- define "lib.pod" -}}
{{- with .pod.Error }}{{ fail (printf "the pod of %s is not valid YAML: %s" $.name .) }}{{ end }}
{{- $spread := dict }}
{{- if gt (int .values.replicas) 1 }}{{ $spread = include "lib.topologySpread" . | fromYaml }}{{ end }}
{{- $pod := mustMergeOverwrite (include "lib.podDefaults" . | fromYaml) $spread .pod (deepCopy .values.pod) }}
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
