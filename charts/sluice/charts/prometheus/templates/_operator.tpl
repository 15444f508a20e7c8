{{/* The jobs of files/prometheus.yml as objects of the Prometheus Operator, with the same names: rules and dashboards fit both. */}}
{{- define "prometheus.serviceMonitors" -}}
{{- $config := include "lib.files" (dict "root" . "pattern" "files/prometheus.yml") | fromYaml }}
{{- range (get $config "prometheus.yml" | fromYaml).scrape_configs }}
{{- if has .job_name (list "prometheus" "alertmanager") | not }}
{{- $record := first (first .dns_sd_configs).names }}
{{- $port := regexReplaceAll "^_([^.]+)\\..*" $record "${1}" }}
{{- $service := regexReplaceAll "^_[^.]+\\._tcp\\.([^.]+)\\..*" $record "${1}" }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ $.Release.Name }}-{{ .job_name }}
  namespace: {{ $.Release.Namespace }}
  labels: {{- include "prometheus.monitorLabels" (dict "root" $ "name" .job_name) | nindent 4 }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ $service | trimPrefix (printf "%s-" $.Release.Name) | trimSuffix "-headless" }}
      app.kubernetes.io/instance: {{ $.Release.Name }}
  namespaceSelector:
    matchNames: [{{ $.Release.Namespace }}]
  {{- if .scrape_native_histograms }}
  scrapeNativeHistograms: true
  {{- end }}
  endpoints:
    - port: {{ $port }}
      path: {{ .metrics_path | default "/metrics" }}
      {{- with .params }}
      params: {{- toYaml . | nindent 8 }}
      {{- end }}
      interval: {{ $.Values.config.scrapeInterval }}
      {{- with .scrape_timeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
      relabelings:
        # A component's two Services name the same pods.
        - {action: keep, sourceLabels: [__meta_kubernetes_service_name], regex: {{ $service }}}
        - {action: replace, targetLabel: job, replacement: {{ .job_name }}}
        - {action: replace, sourceLabels: [__meta_kubernetes_pod_name], targetLabel: instance}
      {{- with .metric_relabel_configs }}
      metricRelabelings:
      {{- range . }}
        - {{ include "prometheus.relabeling" . | nindent 10 | trim }}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Prometheus' own names of a relabeling's fields have underscores, the operator's are in camel case. */}}
{{- define "prometheus.relabeling" -}}
{{- range $key, $value := . }}
{{ $key | camelcase | untitle }}: {{ $value | toJson }}
{{- end }}
{{- end }}

{{- define "prometheus.monitorLabels" -}}
{{- include "lib.labels" (dict "root" .root "name" .name "image" .root.Values.image) }}
{{- with .root.Values.monitorLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "prometheus.prometheusRules" -}}
{{- range $file, $content := include "prometheus.rules" . | fromYaml }}
{{- if has $file (list "prometheus.yaml" "alertmanager.yaml") | not }}
{{- $name := printf "rules-%s" (trimSuffix ".yaml" $file) }}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ $.Release.Name }}-{{ $name }}
  namespace: {{ $.Release.Namespace }}
  labels: {{- include "prometheus.monitorLabels" (dict "root" $ "name" $name) | nindent 4 }}
spec: {{- $content | fromYaml | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
