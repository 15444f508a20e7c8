{{/* "true" if there are snapshots in a repository of that type. Takes root and type. */}}
{{- define "elasticsearch.snapshotsOn" -}}
{{- with .root.Values.snapshots }}
{{- if and .enabled (eq .config.type $.type) }}true{{ end }}
{{- end }}
{{- end }}

{{/* What can't work says what to set. */}}
{{- define "elasticsearch.checkSnapshots" -}}
{{- $s := .Values.snapshots }}
{{- if eq $s.config.type "s3" }}
{{- range $key := list "bucket" "region" "basePath" }}
{{- if not (get $s.config.s3 $key) }}
{{- fail (printf "elasticsearch.snapshots.config.s3.%s is empty: set it, or elasticsearch.snapshots.config.type to fs" $key) }}
{{- end }}
{{- end }}
{{- else if and (gt (int .Values.replicas) 1) (not $s.storage.existingClaim) (ne $s.storage.accessMode "ReadWriteMany") }}
{{- fail (printf "elasticsearch.snapshots.storage.accessMode is %s, but %d nodes write there: set it to ReadWriteMany, and className to a class that has it" $s.storage.accessMode (int .Values.replicas)) }}
{{- end }}
{{- end }}
