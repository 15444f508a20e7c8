{{/* The servers with a certificate of their own: those that are installed, and have no existing Secret. */}}
{{- define "sluice.certificates" -}}
{{- range $server := list "zookeeper" "kafka" "elasticsearch" }}
{{- if and (get $.Values $server).enabled (not (hasKey $.Values.global.security.existingSecrets (printf "%s-tls" $server))) }}
- {{ $server }}
{{- end }}
{{- end }}
{{- end }}

{{/* Every name that a server has for its clients and its peers. Takes root and name. */}}
{{- define "sluice.serverNames" -}}
{{- $service := include "lib.name" . }}
{{- $domain := printf "%s.svc.%s" .root.Release.Namespace .root.Values.global.clusterDomain }}
{{- $names := list "localhost" $service (printf "%s.%s" $service .root.Release.Namespace) (printf "%s.%s.svc" $service .root.Release.Namespace) }}
{{- range list $service (printf "%s-headless" $service) }}
{{- $names = concat $names (list (printf "%s.%s" . $domain) (printf "*.%s.%s" . $domain)) }}
{{- end }}
{{- toJson $names }}
{{- end }}

{{/* A key of genPrivateKey "ecdsa" (SEC 1, 121 bytes) as PKCS #8, the only form that Kafka and ZooKeeper read: a header goes before it. */}}
{{- define "sluice.pkcs8" -}}
{{- $key := regexReplaceAll "-----[^-]+-----|\\s" . "" | b64dec }}
{{- if ne (len $key) 121 }}{{ fail "the key is not one of the curve P-256" }}{{ end -}}
-----BEGIN PRIVATE KEY-----
{{ printf "%s%s" (b64dec "MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHk=") $key | b64enc }}
-----END PRIVATE KEY-----
{{ end }}
