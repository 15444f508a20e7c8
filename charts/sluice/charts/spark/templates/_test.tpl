{{/* A pod of `helm test`: Python that fails when a component does not do its work. Takes root, name and script. */}}
{{- define "spark.test" -}}
{{ include "spark.user" .root }}
containers:
  - name: {{ .name }}
    image: {{ include "lib.image" (dict "root" .root "image" .root.Values.image) }}
    args:
      - python3
      - -c
      - |
        import json, re, socket, time, urllib.request
        def get(url):
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.read().decode()
        {{- .script | nindent 8 }}
    resources:
      requests: {cpu: 10m, memory: 32Mi}
      limits: {cpu: 500m, memory: 128Mi}
{{- end }}

{{- define "spark.masterTest" -}}
state = json.loads(get("http://{{ include "lib.host" (dict "root" . "name" "spark-master") }}:8080/json/"))
print(state["status"], state["aliveworkers"], "workers,", len(state["activeapps"]), "running jobs")
assert state["status"] == "ALIVE", "the master is not in charge"
assert state["aliveworkers"] >= {{ .Values.worker.replicas | int }}, "workers are missing"
{{- end }}

{{- define "spark.workerTest" -}}
found = socket.getaddrinfo("{{ include "lib.host" (dict "root" . "name" "spark-worker-headless") }}", 8081, type=socket.SOCK_STREAM)
assert len(found) >= {{ .Values.worker.replicas | int }}, "workers are missing"
for *_, address in found:
    state = json.loads(get(f"http://{address[0]}:8081/json/"))
    print(state["id"], state["coresused"], "of", state["cores"], "cores used")
    assert state["masterurl"] == "spark://{{ include "spark.masterHost" . }}:7077", "the worker has another master"
{{- end }}

{{- define "spark.historyServerTest" -}}
def runs():
    jobs = json.loads(get("http://{{ include "lib.host" (dict "root" . "name" "spark-history-server") }}:18080/api/v1/applications"))
    return [job["id"] for job in jobs if job["name"] == "log-analytics"]
deadline = time.time() + 120
while not runs():
    assert time.time() < deadline, "the history server has known no run of the job for 120 s"
    time.sleep(2)
print("runs of the job:", runs())
{{- end }}

{{- define "spark.streamingJobTest" -}}
def batches():
    page = get("http://{{ include "lib.host" (dict "root" . "name" "spark-streaming-job") }}:4040/metrics/prometheus/")
    return float(re.search(r"^metrics_log_analytics_driver_AccumulatorSource_batches_Value\S* (\S+)", page, re.M)[1])
first, deadline = batches(), time.time() + 120
while batches() <= first:
    assert time.time() < deadline, "no batch was done within 120 s: does the log topic get events?"
    time.sleep(2)
print("the job goes on:", batches(), "batches")
{{- end }}
