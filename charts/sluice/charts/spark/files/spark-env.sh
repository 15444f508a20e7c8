# Read by every start of a Spark program in a pod. SPARK_DAEMON_MEMORY differs from daemon to daemon: the pod has it.
SPARK_MASTER_HOST={{ include "spark.masterHost" . }}
SPARK_MASTER_PORT=7077
SPARK_MASTER_WEBUI_PORT=8080
SPARK_WORKER_WEBUI_PORT=8081
SPARK_WORKER_PORT=7078
SPARK_WORKER_CORES={{ .Values.worker.config.cores | int }}
SPARK_WORKER_MEMORY={{ .Values.worker.config.memoryMegabytes | int }}m
SPARK_WORKER_DIR=/tmp/work
SPARK_LOCAL_DIRS=/tmp/local
{{- with .Values.global.javaOptions }}
SPARK_DAEMON_JAVA_OPTS={{ squote . }}
{{- end }}
