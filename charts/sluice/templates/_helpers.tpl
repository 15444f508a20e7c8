{{/* Takes root, and the chart that a policy belongs to. */}}
{{- define "sluice.labels" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ kebabcase .chart }}
app.kubernetes.io/part-of: sluice
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: sluice-{{ .root.Chart.Version }}
{{- end }}

{{/* Selects the pods of a component. Takes root and name. */}}
{{- define "sluice.pods" -}}
matchLabels: {{- include "lib.selectorLabels" . | nindent 2 }}
{{- end }}

{{/* The port of a NetworkPolicy out of one of files/network-flows.yaml: 9092, 7080-7096 or 9094/UDP. */}}
{{- define "sluice.port" -}}
{{- $number := splitList "/" . | first }}
{{- $range := splitList "-" $number -}}
{port: {{ first $range }}, {{ with rest $range }}endPort: {{ first . }}, {{ end }}protocol: {{ ternary "UDP" "TCP" (hasSuffix "/UDP" .) }}}
{{- end }}
