"""Finds what is unusual in the log events.

Reads the events from Kafka, counts them in tumbling windows of event time, per service and level, compares each
service's windows with what is usual for it, and writes windows and alerts to another Kafka topic.

Nothing is lost or doubled, whatever is killed. The checkpoint holds how far the topic was read and all windows
that are still open. A batch that was interrupted is done again from the same input; its records have the same ids,
so that whoever keeps them by id keeps one of each.
"""

import argparse
import configparser
import json
import os
import sys
import time
from dataclasses import dataclass, fields

from pyspark.errors import StreamingQueryException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming import StreamingQueryListener

QUERY = "windows"

# Strict JSON, but for control characters in strings: as the engine reads it that writes to Elasticsearch.
JSON = {
    "columnNameOfCorruptRecord": "corrupt",
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "allowUnquotedControlChars": "true",
}

DATE_TIME = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)\z"
)

FAILURES = ["error", "fatal"]

# Of a service after its last window: how many seconds its baseline is kept.
FORGET_SECONDS = 7 * 24 * 3600

BASELINE = "array<struct<service: string, kind: string, seen: bigint, mean: double, variance: double, last: double>>"


@dataclass(frozen=True)
class Config:
    """The settings, one section and key of the file each."""

    kafka_bootstrap: str
    kafka_topic: str
    kafka_output: str
    kafka_client: str
    contract_file: str
    state_folder: str
    window_seconds: int
    window_delay_seconds: int
    window_trigger_seconds: int
    window_future_seconds: int
    baseline_weight: float
    baseline_windows: int
    baseline_events: int
    alert_score: float
    alert_error_rate: float
    alert_rate: float
    alert_latency: float

    @classmethod
    def read(cls, file: str) -> "Config":
        parser = configparser.ConfigParser()
        with open(file, encoding="utf-8") as text:
            parser.read_file(text)
        values = {}
        for field in fields(cls):
            section, key = field.name.split("_", 1)
            values[field.name] = field.type(parser[section][key])
        return cls(**values)

    @property
    def state(self) -> str:
        """The folder of what is known so far. Windows of another length begin anew."""
        return os.path.join(self.state_folder, f"windows-{self.window_seconds}s")


# ---------------------------------------------------------------------------------------------------------------
# Records to events


def parse(records: DataFrame, config: Config, contract: dict) -> DataFrame:
    """Kafka's records as events: time, service, level, duration in ms, and whether the record is to be left out."""
    value = F.col("value").cast("binary")
    text = F.expr(r"trim(TRAILING '\u0000 \t\r\n' FROM cast(value AS string))")
    # Spark reads a first object and forgets what follows. In a list, the record must be one object.
    listed = F.from_json(F.concat(F.lit('{"records":['), text, F.lit("]}")), schema(contract), JSON)
    readable = F.encode(F.decode(value, "UTF-8"), "UTF-8") == value
    rows = records.select("timestamp", F.when(readable, listed).alias("listed"))
    one = F.col("listed.corrupt").isNull() & (F.size("listed.records") == 1)
    rows = rows.select("timestamp", F.when(one, F.col("listed.records")[0]).alias("e"))
    rows = rows.select(
        event_time(contract).alias("time"),
        member("service", "name").alias("service"),
        member("log", "level").alias("log_level"),
        top_level(contract).alias("top_level"),
        F.col("e.event.duration").alias("duration"),
        (F.col("e").isNull() | holds_several(F.col("e.`@timestamp`"))).alias("bad"),
    )
    rows = rows.select(
        "time",
        short(F.coalesce(filled(F.col("service")), F.lit(contract["unknownService"])), 256).alias("service"),
        F.lower(F.coalesce(filled(F.col("log_level")), "top_level", F.lit("unknown"))).alias("level"),
        F.when(F.col("duration").rlike(r"^\d"), F.col("duration").cast("double")).alias("duration"),
        (F.col("bad") | holds_several(F.col("duration")) | holds_several(F.col("log_level")) | holds_several(F.col("service"))).alias("bad"),
    )
    names = {synonym: name for name, synonyms in contract["levels"].items() for synonym in synonyms}
    named = F.create_map(*[F.lit(text) for pair in names.items() for text in pair])
    rows = rows.select(
        "time", "service", "bad",
        short(F.coalesce(named[F.col("level")], "level"), 32).alias("level"),
        F.when(F.col("duration") < 2.0**63, F.col("duration") / 1e6).alias("duration"),
    )
    # One time in a far future would end every window, and all events after it would count as late. The clock is
    # that of the batch, which the checkpoint keeps: done again, the batch decides the same.
    limit = F.current_timestamp() + F.expr(f"INTERVAL {config.window_future_seconds} SECONDS")
    return rows.withColumn("future", ~F.col("bad") & (F.col("time") > limit))


def schema(contract: dict) -> str:
    """
    What is read of an event; all else is skipped. `corrupt` has the text of what does not fit: no JSON, or a value in
    the place of an object, which Elasticsearch would not keep either.
    """
    tree = {}
    for path in contract["objects"]:
        names = path.split(".")
        parent = tree
        for name in names[:-1]:
            parent = parent[name]
        parent[names[-1]] = {}
    tree["event"]["duration"] = None
    for path in contract["dottedNames"]:
        name, inner = path.split(".")
        tree[name][inner] = tree[path] = None
    tree.update(dict.fromkeys(contract["timeFields"] + [name for name in contract["levelFields"] if "." not in name]))

    def struct(members: dict) -> str:
        kinds = {name: "STRING" if inner is None else struct(inner) for name, inner in members.items()}
        return "STRUCT<%s>" % ", ".join(f"`{name}`: {kind}" for name, kind in kinds.items())

    return f"records ARRAY<{struct(tree)}>, corrupt STRING"


def member(name: str, inner: str) -> Column:
    """A member of an object. Loggers write its name with a dot, too."""
    return F.coalesce(f"e.{name}.{inner}", f"e.`{name}.{inner}`")


def top_level(contract: dict) -> Column:
    """The level beside the object log: the first text. Some loggers write a number, of which Spark tells only the digits."""
    texts = [F.col(f"e.`{name}`") for name in contract["levelFields"] if "." not in name]
    is_text = [~text.rlike(r"^(-?\d[\d.eE+-]*|true|false)\z") & ~holds_several(text) for text in texts]
    return F.coalesce(*[F.when(is_one, filled(text)) for is_one, text in zip(is_text, texts)])


def filled(text: Column) -> Column:
    return F.when(text != "", text)


def holds_several(text: Column) -> Column:
    """Whether it is the JSON of an object or a list. What else begins with a brace is just a text."""
    several = F.json_object_keys(text).isNotNull() | (F.json_array_length(text) > 0)
    return F.coalesce(F.when(text.startswith("{") | text.startswith("["), several), F.lit(False))


def event_time(contract: dict) -> Column:
    """The event's own time; the record's where it has none that can be read, and the time of reading where that has none."""
    read = [reckon(contract, F.col(f"e.`{name}`")) for name in contract["timeFields"]]
    received = F.when(F.col("timestamp") >= F.timestamp_seconds(F.lit(0)), F.col("timestamp"))
    return F.coalesce(*read, received, F.current_timestamp())


def reckon(contract: dict, text: Column) -> Column:
    # Large numbers with a fraction come with an exponent.
    digits = F.when(text.rlike(r"^\d+(\.\d+)?E\d+\z"), text.cast("double").cast("decimal(30,6)").cast("string")).otherwise(text)
    seconds, milliseconds = (r"^\d{%d,%d}(\.\d+)?\z" % tuple(contract[key]) for key in ("secondsDigits", "millisecondsDigits"))
    since = F.when(digits.rlike(seconds), digits.cast("double") * 1000).when(digits.rlike(milliseconds), digits.cast("double"))
    date = F.when(text.rlike(DATE_TIME), F.try_to_timestamp(text))
    return F.coalesce(date, F.timestamp_millis(F.floor(since + 0.5)))


def short(text: Column, most: int) -> Column:
    """Names become keys of the state: a hostile one must not be a megabyte."""
    return F.substring(text, 1, most)


# ---------------------------------------------------------------------------------------------------------------
# Events to windows


def windows(events: DataFrame, config: Config) -> DataFrame:
    """The counts of each window, per service and level, and per service alone (level is null)."""
    failed = F.col("level").isin(FAILURES)
    return (
        events.where(~F.col("bad") & ~F.col("future"))
        .withWatermark("time", f"{config.window_delay_seconds} seconds")
        .select("time", "service", "duration", failed.alias("failed"), F.explode(F.array("level", F.lit(None))).alias("level"))
        .groupBy(F.window("time", f"{config.window_seconds} seconds"), "service", "level")
        .agg(
            F.count("*").alias("events"),
            F.count_if("failed").alias("errors"),
            F.percentile_approx("duration", 0.95).alias("duration_p95_ms"),
        )
        .select(
            F.col("window.start").alias("start"),
            F.col("window.end").alias("end"),
            "service",
            "level",
            "events",
            "errors",
            (F.col("errors") / F.col("events")).alias("error_rate"),
            (F.col("events") / F.lit(config.window_seconds)).alias("rate"),
            "duration_p95_ms",
        )
    )


# ---------------------------------------------------------------------------------------------------------------
# Windows to alerts


def score(finished: DataFrame, baseline: DataFrame, config: Config) -> DataFrame:
    """
    What is usual for each service and kind after these windows, and of every window how far it was from what was
    usual before it. The windows of a service are taken one after the other, in their order.
    """
    measured = finished.where("level IS NULL").selectExpr("service", "inline(%s)" % MEASURES)
    known = baseline.selectExpr("service", "kind", f"cast(NULL AS {VALUE}) AS value", "seen", "mean", "variance", "last")
    return (
        measured.where("value.value IS NOT NULL")
        .selectExpr("service", "kind", "value", "cast(NULL AS bigint) AS seen", "cast(NULL AS double) AS mean",
                    "cast(NULL AS double) AS variance", "value.end AS last")
        .union(known)
        .groupBy("service", "kind")
        .agg(F.expr("array_sort(collect_list(value)) AS values"), *[F.max(c).alias(c) for c in ("seen", "mean", "variance", "last")])
        .selectExpr("*", LEAST_DEVIATION.format(config=config))
        .selectExpr("service", "kind", FOLD.format(config=config, SCORED=SCORED, CHANCE=CHANCE.format(config=config)), "last")
        .selectExpr("service", "kind", "folded.*", "last")
    )


VALUE = "struct<start: timestamp, end: timestamp, value: double, events: bigint>"
MEASURES = """array(
  struct('error_rate' AS kind, struct(start, end, error_rate AS value, events) AS value),
  struct('rate' AS kind, struct(start, end, rate AS value, events) AS value),
  struct('latency' AS kind, struct(start, end, duration_p95_ms AS value, events) AS value)
)"""
SCORED = "array<struct<start: timestamp, end: timestamp, value: double, baseline: double, score: double, alert: boolean>>"

# The deviation that is always granted: as much, and as a part of what is usual.
LEAST_DEVIATION = """CASE kind
  WHEN 'error_rate' THEN struct({config.alert_error_rate}D AS absolute, 0D AS relative)
  WHEN 'rate' THEN struct(0D AS absolute, {config.alert_rate}D AS relative)
  ELSE struct(0D AS absolute, {config.alert_latency}D AS relative)
END AS least"""

# How much a measure deviates by chance alone: few events make few errors a high rate.
CHANCE = """CASE kind
        WHEN 'error_rate' THEN sqrt(greatest(s.mean * (1 - s.mean), 0D) / v.events)
        WHEN 'rate' THEN sqrt(s.mean / {config.window_seconds})
        ELSE 0D
      END"""

# Exponentially weighted mean and variance; an array of one element and a function of it give a value a name.
# - The first windows count alike.
# - A window with few events says little; but of the rate, few events are the news.
# - What is unusual counts as far as it is just still usual: a short burst does not become the norm, a lasting
#   change does.
FOLD = """aggregate(
  values,
  struct(coalesce(seen, 0L) AS seen, coalesce(mean, 0D) AS mean, coalesce(variance, 0D) AS variance, cast(array() AS {SCORED}) AS scored),
  (s, v) -> transform(
    array(struct(
      v.value - s.mean AS difference,
      greatest(sqrt(s.variance), least.absolute + least.relative * s.mean, {CHANCE}) AS deviation,
      greatest({config.baseline_weight}D, 1 / (s.seen + 1)) AS weight,
      s.seen >= {config.baseline_windows} AS known,
      greatest(double(v.events), if(kind = 'rate', s.mean * {config.window_seconds}, 0D)) >= {config.baseline_events} AS enough
    )),
    d -> transform(
      array(struct(
        if(d.deviation > 0, d.difference / d.deviation, 0D) AS score,
        if(d.known, greatest(least(d.difference, d.deviation * {config.alert_score}D), -d.deviation * {config.alert_score}D), d.difference) AS step
      )),
      e -> struct(
        if(d.enough, s.seen + 1, s.seen) AS seen,
        if(d.enough, s.mean + d.weight * e.step, s.mean) AS mean,
        if(d.enough, (1 - d.weight) * (s.variance + d.weight * e.step * e.step), s.variance) AS variance,
        cast(concat(s.scored, array(struct(
          v.start, v.end, v.value, s.mean AS baseline, e.score,
          d.known AND d.enough AND (e.score > {config.alert_score}D OR kind = 'rate' AND e.score < -{config.alert_score}D) AS alert
        ))) AS {SCORED}) AS scored
      )
    )[0]
  )[0]
) AS folded"""


# ---------------------------------------------------------------------------------------------------------------
# Windows and alerts to records


def window_records(finished: DataFrame) -> DataFrame:
    seconds = F.col("end").cast("long") - F.col("start").cast("long")
    message = F.format_string("%s: %d events of level %s in %d s", "service", "events", "level", seconds)
    window = F.struct("events", "errors", "error_rate", "rate", "duration_p95_ms")
    return finished.where("level IS NOT NULL").select(
        F.col("service").alias("key"),
        record("metric", "sluice.windows", F.lit("window"), message, level=F.col("level"), window=window),
    )


def alert_records(scored: DataFrame) -> DataFrame:
    alerts = scored.select("service", "kind", F.explode("scored").alias("s")).select("service", "kind", "s.*").where("alert")
    said = {
        "error_rate": F.format_string("%s: %.1f %% of its events are errors, usually %.1f %%", "service", F.col("value") * 100, F.col("baseline") * 100),
        "rate": F.format_string("%s: %.1f events a second, usually %.1f", "service", "value", "baseline"),
        "latency": F.format_string("%s: 95 %% of its requests take up to %.0f ms, usually %.0f ms", "service", "value", "baseline"),
    }
    message = F.lit(None)
    for name, text in said.items():
        message = F.when(F.col("kind") == name, text).otherwise(message)
    anomaly = F.struct("kind", "value", "baseline", "score")
    return alerts.select(
        F.col("service").alias("key"),
        record("alert", "sluice.anomalies", F.col("kind"), message, anomaly=anomaly),
    )


def record(of: str, dataset: str, kind: Column, message: Column, level: Column = None, **more: Column) -> Column:
    """The JSON of one record. Its id is made of what it is about: the same window found again is the same record."""
    about = F.concat_ws("\n", iso("start"), iso("end"), "service", F.coalesce(level if level is not None else F.lit(""), F.lit("")), kind)
    event = F.struct(
        F.sha2(about, 256).alias("id"), F.lit(of).alias("kind"), F.lit(dataset).alias("dataset"),
        iso("start").alias("start"), iso("end").alias("end"),
    )
    columns = [iso("end").alias("@timestamp"), event.alias("event"), F.struct(F.col("service").alias("name")).alias("service")]
    if level is not None:
        columns.append(F.struct(level.alias("level")).alias("log"))
    columns.append(message.alias("message"))
    columns += [column.alias(name) for name, column in more.items()]
    return F.to_json(F.struct(*columns)).alias("value")


def iso(column: str) -> Column:
    return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")


# ---------------------------------------------------------------------------------------------------------------
# The baseline's files


class Baselines:
    """
    What is usual, in one file per batch. A batch reads the file of the batch before it and writes its own: done
    again, it reads what it read the first time.
    """

    KEEP = 20

    def __init__(self, folder: str):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def before(self, batch: int) -> str:
        """The newest one before a batch, as JSON."""
        earlier = [number for number in self._numbers() if number < batch]
        if not earlier:
            return "[]"
        with open(self._file(max(earlier)), encoding="utf-8") as file:
            return file.read()

    def write(self, batch: int, content: str) -> None:
        """A reader sees the old file or the whole new one, also after a crash."""
        temporary = os.path.join(self.folder, f".{batch}.tmp")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._file(batch))
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        for number in sorted(self._numbers())[: -self.KEEP]:
            os.remove(self._file(number))

    def _numbers(self) -> list:
        names = [name[:-5] for name in os.listdir(self.folder) if name.endswith(".json")]
        return [int(name) for name in names if name.isdigit()]

    def _file(self, batch: int) -> str:
        return os.path.join(self.folder, f"{batch}.json")


# ---------------------------------------------------------------------------------------------------------------
# The job


class Counters:
    """Figures on Spark's own metrics page, since the start of the driver."""

    NAMES = ["records", "bad_records", "future_events", "late_rows", "windows", "alerts", "batches", "batch_milliseconds", "checkpoint_milliseconds"]

    def __init__(self, spark: SparkSession):
        context, jvm = spark.sparkContext._jsc.sc(), spark.sparkContext._jvm
        self._counters = {name: context.longAccumulator() for name in self.NAMES}
        source = getattr(getattr(jvm.org.apache.spark.metrics.source, "LongAccumulatorSource$"), "MODULE$")  # a Scala object
        source.register(context, jvm.PythonUtils.toScalaMap(self._counters))

    def add(self, name: str, count: int) -> None:
        self._counters[name].add(int(count))


class Progress(StreamingQueryListener):
    """Counts what was left out, and touches a file, so that a probe sees that the job goes on."""

    def __init__(self, counters: Counters, heartbeat: str):
        self.counters, self.heartbeat = counters, heartbeat

    def onQueryStarted(self, event):
        pass

    def onQueryProgress(self, event):
        progress = json.loads(event.progress.json)
        seen = progress.get("observedMetrics", {}).get("records", {})
        for name, count in seen.items():
            self.counters.add(name, count or 0)
        self.counters.add("late_rows", sum(operator["numRowsDroppedByWatermark"] for operator in progress["stateOperators"]))
        self.counters.add("batches", 1)
        durations = progress["durationMs"]
        self.counters.add("batch_milliseconds", durations["triggerExecution"])
        # The write-ahead log before a batch, the commit after it, and each partition's state.
        state = sum(operator["commitTimeMs"] for operator in progress["stateOperators"])
        self.counters.add("checkpoint_milliseconds", durations.get("walCommit", 0) + durations.get("commitOffsets", 0) + state)
        self._beat()

    def onQueryIdle(self, event):
        self._beat()

    def onQueryTerminated(self, event):
        pass

    def _beat(self):
        if self.heartbeat:
            with open(self.heartbeat + ".new", "w", encoding="utf-8") as file:
                file.write(str(int(time.time())))
            os.replace(self.heartbeat + ".new", self.heartbeat)


class Job:
    """The query over events of one source. The sink takes records with a key and a value."""

    def __init__(self, spark: SparkSession, config: Config, sink, counters: Counters = None):
        self.spark, self.config, self.sink, self.counters = spark, config, sink, counters
        self.baselines = Baselines(os.path.join(config.state, "baselines"))
        with open(config.contract_file, encoding="utf-8") as file:
            self.contract = json.load(file)

    def start(self, records: DataFrame):
        """Records have value and timestamp, as Kafka's have."""
        events = parse(records, self.config, self.contract).observe(
            "records",
            F.count("*").alias("records"),
            F.count_if("bad").alias("bad_records"),
            F.count_if("future").alias("future_events"),
        )
        return (
            windows(events, self.config)
            .writeStream.queryName(QUERY)
            .outputMode("append")
            .option("checkpointLocation", "file://" + os.path.join(self.config.state, "checkpoint"))
            .trigger(processingTime=f"{self.config.window_trigger_seconds} seconds")
            .foreachBatch(self.batch)
            .start()
        )

    def batch(self, finished: DataFrame, number: int) -> None:
        """Takes the windows that have ended."""
        finished = finished.persist()
        scored = None
        try:
            # All of it, for that also stores the windows which are still open.
            count = finished.where("level IS NOT NULL").count()
            if count == 0:
                return
            scored = score(finished, self._baseline(number), self.config).persist()
            self.sink(window_records(finished).union(alert_records(scored)))
            rows = scored.select(
                "service", "kind", "seen", "mean", "variance", F.col("last").cast("double").alias("last"),
                F.expr("size(filter(scored, s -> s.alert)) AS alerts"),
            ).collect()
            self._remember(number, [row.asDict() for row in rows])
            if self.counters:
                self.counters.add("windows", count)
                self.counters.add("alerts", sum(row.alerts for row in rows))
        finally:
            finished.unpersist()
            if scored is not None:
                scored.unpersist()

    def _baseline(self, number: int) -> DataFrame:
        rows = F.from_json(F.lit(self.baselines.before(number)), BASELINE)
        return self.spark.range(1).select(F.inline(rows)).withColumn("last", F.timestamp_seconds("last"))

    def _remember(self, number: int, rows: list) -> None:
        newest = max(row["last"] for row in rows)
        kept = sorted((r for r in rows if r["last"] > newest - FORGET_SECONDS), key=lambda r: (r["service"], r["kind"]))
        self.baselines.write(number, json.dumps([{name: row[name] for name in row if name != "alerts"} for row in kept], indent=0))


def kafka_options(config: Config) -> dict[str, str]:
    """How every client of Kafka connects: where, and as the file of properties says."""
    options = {"kafka.bootstrap.servers": config.kafka_bootstrap}
    with open(config.kafka_client, encoding="utf-8") as text:
        for line in text:
            key, is_set, value = line.strip().partition("=")
            if is_set and not line.startswith("#"):
                options["kafka." + key] = value
    return options


def read_kafka(spark: SparkSession, config: Config) -> DataFrame:
    return (
        spark.readStream.format("kafka")
        .options(**kafka_options(config))
        .option("subscribe", config.kafka_topic)
        .option("startingOffsets", "earliest")
        # What a producer has aborted was never sent.
        .option("kafka.isolation.level", "read_committed")
        # Records that Kafka has deleted in the meantime can't be had: standing still would not bring them back.
        .option("failOnDataLoss", "false")
        .load()
        .select("value", "timestamp")
    )


def write_kafka(config: Config):
    def sink(records: DataFrame) -> None:
        (
            records.write.format("kafka")
            .options(**kafka_options(config))
            .option("kafka.acks", "all")
            .option("topic", config.kafka_output)
            .save()
        )

    return sink


def run(spark: SparkSession, config: Config, heartbeat: str) -> None:
    counters = Counters(spark)
    spark.streams.addListener(Progress(counters, heartbeat))
    job = Job(spark, config, write_kafka(config), counters)
    while True:
        try:
            job.start(read_kafka(spark, config)).awaitTermination()
            return
        except StreamingQueryException as error:
            # The whole stack starts at once: Kafka, its topics and its users come a little later.
            if not any(word in str(error) for word in ("UnknownTopicOrPartition", "TimeoutException", "Authentication", "Authorization")):
                raise
            print(f"The topic {config.kafka_topic} is not there yet, trying again: {error}", file=sys.stderr)
            time.sleep(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config", help="file with the settings")
    parser.add_argument("--heartbeat", default="", help="file that is written while the job goes on")
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    run(SparkSession.builder.getOrCreate(), config, arguments.heartbeat)


if __name__ == "__main__":
    main()
