{{/*
The data of the event contract (docs/engines.md). They stand here only: Logstash's script, the indexer and Spark's job
are given them as JSON, and the indexer's program has them built in (contract.go beside the templates embeds this file).
No value of Helm is used in it.
*/}}
{{- define "lib.contract" -}}
# The names of the levels, each with its synonyms. A text is compared in lower case.
levels:
  trace: [finest, finer, verbose, trc]
  debug: [fine, config, dbg]
  info: [information, informational, notice, inf]
  warn: [warning, wrn]
  error: [err, severe]
  fatal: [critical, crit, emergency, emerg, alert, panic]
# The members that may hold the level: the first that has one counts. log.level is that of the object log.
levelFields: [log.level, level, severity, levelname]

# The members that may hold the time: the first that can be read counts.
timeFields: ["@timestamp", timestamp, time, ts]
# How many digits before the decimal point a number has that is a time since 1970.
secondsDigits: [9, 11]
millisecondsDigits: [12, 14]
# Of other years no engine reckons: such a time stays as it is written, in the index of the undated.
years: [1970, 2259]

# {"event.id": …} counts as {"event": {"id": …}}: so do loggers write these.
dottedNames: [event.id, log.level, service.name]
# Logstash's own names, which would steer it.
droppedNames: ["@version", "@metadata"]

# An event.id of so many printable ASCII characters is the document's _id; of any other the record's SHA-256 is.
idLength: [1, 512]
# What service.name is without one.
unknownService: unknown

# What the index template says of the log events, as far as it can refuse a document: each of values holds one value,
# each of objects an object.
values:
  - "@timestamp"
  - message
  - event.id
  - event.kind
  - event.dataset
  - event.sequence
  - event.duration
  - event.start
  - event.end
  - log.level
  - service.name
  - host.name
  - trace.id
  - http.request.method
  - http.response.status_code
  - url.path
  - error.type
  - error.message
# One value or a list of them.
listsOfValues: [tags]
objects: [event, log, service, host, trace, labels, http, http.request, http.response, url, error]
# Each member of these is one value, in a record of Spark's.
anomalyObjects: [window, anomaly]
# Its keys are indexed as they stand: one that can't be is moved to unindexed.labels, which is kept and not indexed.
# Lucene takes at most so many bytes of a key and its value together, and none with the character NUL.
keyedObject: labels
keyedBytes: 32766

# The most objects and lists one within the other.
depth: 900
# The most below keyedObject.
keyedDepth: 100

# Why a record is no document.
reasons:
  empty: the record is empty
  notUTF8: the record is not UTF-8
  notObject: the record is not a JSON object
  tooDeep: the record has more than 900 objects and lists one within the other
  badName: a field has a name that Elasticsearch refuses
  notValue: an object or a list is where one value belongs
  notObjectMember: a value is where an object belongs
{{- end }}
