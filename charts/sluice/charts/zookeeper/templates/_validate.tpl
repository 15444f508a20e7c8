{{/*
The list of the servers is a file, and they get another one after the other. Meanwhile a majority of the old list and one of the new
must have a server in common: so it is when one server comes or goes, and not with two, which could lead beside the others.
*/}}
{{- define "zookeeper.validate" }}
{{- $new := int .values.replicas }}
{{- $set := lookup "apps/v1" "StatefulSet" .root.Release.Namespace (include "lib.name" .) | default dict }}
{{- $old := dig "spec" "replicas" 0 $set | int }}
{{- $step := sub $new $old | int }}
{{- if and $old $step }}
{{- if has $step (list 1 -1) | not }}
{{- fail (printf "zookeeper.replicas is %d, but %d run: go one at a time, or two majorities could lead beside each other. Set it to %d first; docs/scaling.md (ZooKeeper) says more" $new $old (ternary (add1 $old) (sub $old 1) (gt $step 0))) }}
{{- end }}
{{- if ne (dig "status" "currentRevision" "" $set) (dig "status" "updateRevision" "" $set) }}
{{- fail (printf "zookeeper.replicas is %d, but not all of the %d servers have their last change: wait until kubectl -n %s rollout status statefulset %s says so" $new $old .root.Release.Namespace (include "lib.name" .)) }}
{{- end }}
{{- end }}
{{- end }}
