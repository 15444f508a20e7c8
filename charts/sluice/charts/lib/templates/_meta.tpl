{{/*
Every template of this library takes one dict:
  root    the sub-chart's own context
  name    the component: objects are called <release>-<name>
  values  the component's values (replicas, storage, pod, …)
  image   the component's image values
  pod     its PodSpec, without what lib.pod adds
  ports   port name -> number, of the Services
  files   file name -> content, of the ConfigMap (optional)
*/}}

{{- define "lib.name" -}}
{{- if gt (len .root.Release.Name) 25 }}
{{- fail (printf "the release name %q is too long: at most 25 characters, so that every object's name fits in a DNS label" .root.Release.Name) }}
{{- end }}
{{- .root.Release.Name }}-{{ .name }}
{{- end }}

{{- define "lib.selectorLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "lib.labels" -}}
{{ include "lib.selectorLabels" . }}
app.kubernetes.io/component: {{ kebabcase .root.Chart.Name }}
app.kubernetes.io/part-of: sluice
app.kubernetes.io/version: {{ .image.tag | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ kebabcase .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* The full DNS name of a component's Service. Takes root and name (with "-headless" for that one). */}}
{{- define "lib.host" -}}
{{ include "lib.name" . }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.global.clusterDomain }}
{{- end }}

{{/* An image reference, with its registry part replaced by global.imageRegistry. Takes root and image. */}}
{{- define "lib.image" -}}
{{- $repository := .image.repository }}
{{- with .root.Values.global.imageRegistry }}
{{- $repository = printf "%s/%s" . (regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $repository "") }}
{{- end }}
{{- $repository }}:{{ .image.tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}
