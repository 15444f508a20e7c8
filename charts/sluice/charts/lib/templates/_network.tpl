{{/* The Service of clients. It has the ports named in .expose; values.ports gives them node ports. */}}
{{- define "lib.service" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "lib.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  type: {{ ternary "NodePort" "ClusterIP" (gt (len .values.ports) 0) }}
  selector: {{- include "lib.selectorLabels" . | nindent 4 }}
  ports:
  {{- range .expose }}
    - name: {{ . }}
      port: {{ get $.ports . }}
      targetPort: {{ . }}
      {{- with get $.values.ports . }}
      nodePort: {{ . }}
      {{- end }}
  {{- end }}
{{- end }}

{{/* Names each pod, ready or not: for peers that find each other, and for Prometheus, which must see the broken ones. */}}
{{- define "lib.headlessService" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "lib.name" . }}-headless
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "lib.selectorLabels" . | nindent 4 }}
  ports:
  {{- range $name, $port := .ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
  {{- end }}
{{- end }}
