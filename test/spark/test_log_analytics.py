"""The streaming job on a real local Spark: the query, its state, and what is left of both after a crash."""

import datetime
import itertools
import json
import math
import os
import random
import shutil
import statistics
import sys
import tempfile
import unittest
import unittest.mock

JOBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../charts/sluice/charts/spark/files/jobs")
sys.path.insert(0, JOBS)

import log_analytics as job  # noqa: E402
from pyspark.errors import StreamingQueryException  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

INPUTS = os.environ["INPUTS"]  # main.go has made them
CONTRACT = os.path.join(INPUTS, "contract.json")

START = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.timezone.utc)
WINDOW = 10


def spark_session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        # One batch for each file, and none in between, so that a test is quick and knows what is in which.
        .config("spark.sql.streaming.noDataMicroBatches.enabled", "false")
        .getOrCreate()
    )


def at(seconds: float) -> str:
    return (START + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(seconds: float, service="checkout", level="info", milliseconds=None, **more) -> dict:
    document = {"@timestamp": at(seconds), "log": {"level": level}, "service": {"name": service}, "event": {"id": "x"}}
    if milliseconds is not None:
        document["event"]["duration"] = int(milliseconds * 1e6)
    return {**document, **more}


class Crash(Exception):
    pass


class Stream(unittest.TestCase):
    """A stream that is fed record by record, and the records that come out."""

    @classmethod
    def setUpClass(cls):
        cls.spark = spark_session()
        cls.spark.sparkContext.setLogLevel("OFF")

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-spark-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.input = os.path.join(self.folder, "input")
        os.mkdir(self.input)
        self.files = itertools.count()
        self.out, self.query, self.crash = [], None, None
        self.addCleanup(lambda: self.query and self.query.stop())
        self.config = job.Config(
            kafka_bootstrap="", kafka_topic="", kafka_output="", kafka_client="", contract_file=CONTRACT,
            state_folder=os.path.join(self.folder, "state"),
            window_seconds=WINDOW, window_delay_seconds=5, window_trigger_seconds=0, window_future_seconds=60,
            baseline_weight=0.1, baseline_windows=5, baseline_events=20,
            alert_score=4.0, alert_error_rate=0.02, alert_rate=0.2, alert_latency=0.25,
        )

    def sink(self, records):
        rows = [(row.key, json.loads(row.value)) for row in records.collect()]
        if self.crash == "before":
            self.crash = None
            raise Crash("before the records are written")
        self.out += rows
        if self.crash == "after":
            self.crash = None
            raise Crash("after the records are written")

    def start(self):
        source = self.spark.readStream.schema("value STRING, timestamp TIMESTAMP").option("maxFilesPerTrigger", 1).json(self.input)
        self.query = job.Job(self.spark, self.config, self.sink).start(source)
        return self.query

    def feed(self, *values, recorded=0.0):
        """One batch. A value is an event or the text of a record."""
        number = next(self.files)
        name = f"{number:06d}.json"
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            for value in values:
                text = value if isinstance(value, str) else json.dumps(value)
                file.write(json.dumps({"value": text, "timestamp": at(recorded)}) + "\n")
        os.utime(os.path.join(self.folder, name), (number, number))  # the order in which Spark reads them
        os.rename(os.path.join(self.folder, name), os.path.join(self.input, name))

    def drain(self):
        (self.query or self.start()).processAllAvailable()

    def finish(self, seconds):
        """Lets all windows before that moment end."""
        for _ in range(2):  # the first moves the clock, the second makes a batch that sees it
            self.feed(event(seconds + 5, "clock"))
        self.drain()

    def windows(self):
        return {(r["service"]["name"], r["log"]["level"], r["event"]["start"]): r["window"] for _, r in self.out if r["event"]["kind"] == "metric"}

    def alerts(self):
        return [r for _, r in self.out if r["event"]["kind"] == "alert"]

    def observed(self):
        """What the query has counted over all batches."""
        total = {}
        for progress in self.query.recentProgress:
            seen = dict(progress.get("observedMetrics", {}).get("records", {}))
            seen["late_rows"] = sum(operator["numRowsDroppedByWatermark"] for operator in progress["stateOperators"])
            for name, count in seen.items():
                total[name] = total.get(name, 0) + count
        return total


class WindowsTest(Stream):
    def test_counts_per_service_and_level(self):
        self.feed(
            *[event(s, milliseconds=s + 1) for s in range(10)],
            event(3, level="ERROR", milliseconds=500), event(9.999, level="fatal"),
            event(3, "payment"), event(10, "payment"),
        )
        self.finish(20)
        first, second = at(0), at(10)
        self.assertEqual(self.windows(), {
            ("checkout", "info", first): {"events": 10, "errors": 0, "error_rate": 0.0, "rate": 1.0, "duration_p95_ms": 10.0},
            ("checkout", "error", first): {"events": 1, "errors": 1, "error_rate": 1.0, "rate": 0.1, "duration_p95_ms": 500.0},
            ("checkout", "fatal", first): {"events": 1, "errors": 1, "error_rate": 1.0, "rate": 0.1},
            ("payment", "info", first): {"events": 1, "errors": 0, "error_rate": 0.0, "rate": 0.1},
            ("payment", "info", second): {"events": 1, "errors": 0, "error_rate": 0.0, "rate": 0.1},
        })

    def test_a_record_is_as_agreed(self):
        self.feed(event(1, milliseconds=7), event(2, milliseconds=9))
        self.finish(10)
        (key, record), = self.out
        self.assertEqual(key, "checkout")
        self.assertRegex(record["event"].pop("id"), "^[0-9a-f]{64}$")
        self.assertEqual(record, {
            "@timestamp": "2026-11-24T12:00:10.000Z",
            "event": {"kind": "metric", "dataset": "sluice.windows", "start": "2026-11-24T12:00:00.000Z", "end": "2026-11-24T12:00:10.000Z"},
            "service": {"name": "checkout"}, "log": {"level": "info"},
            "message": "checkout: 2 events of level info in 10 s",
            "window": {"events": 2, "errors": 0, "error_rate": 0.0, "rate": 0.2, "duration_p95_ms": 9.0},
        })

    def test_a_window_is_written_once_it_is_over(self):
        self.feed(event(1))
        self.feed(event(14))
        self.drain()
        self.assertEqual(self.out, [], "the window may still get events for 5 s")
        self.feed(event(15))
        self.feed(event(15))
        self.drain()
        self.assertEqual(list(self.windows()), [("checkout", "info", at(0))])

    def test_late_events_are_counted_and_change_nothing(self):
        self.feed(event(1))
        self.finish(20)
        self.feed(event(2), event(12), event(21))
        self.drain()
        self.finish(40)
        self.assertEqual({key: w["events"] for key, w in self.windows().items() if key[0] == "checkout"},
                         {("checkout", "info", at(0)): 1, ("checkout", "info", at(20)): 1})
        # Two windows, each by its level and for the whole service.
        self.assertEqual(self.observed()["late_rows"], 4)

    def test_bad_records_are_counted_and_left_out(self):
        bad = ["", "no JSON", "{", '{"message": "cut', "[]", '[{"message":"x"}]', '"text"', "17", "null", "true", '{"service":"text"}',
               '{"log":[1]}', '{"event":{"duration":[1]}}', '{"log":{"level":{"a":1}}}', "{" * 5000, "\ufffd\x00", '{"message":"x"} y',
               '{"message":"x"}{}', "{'a':1}", '{"a":NaN}', '{"http":{"response":"200"}}']
        self.feed(*bad, event(1))
        self.finish(10)
        self.assertEqual(self.observed()["bad_records"], len(bad))
        self.assertEqual(self.observed()["records"], len(bad) + 3)
        self.assertEqual(list(self.windows()), [("checkout", "info", at(0))])

    def test_a_time_in_the_future_does_not_end_the_windows(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.feed(event(1), event((now - START).total_seconds() + 3600), {**event(1), "@timestamp": "9999-12-31T23:59:59Z"})
        self.feed(event(2))
        self.finish(10)
        self.assertEqual(self.observed()["future_events"], 2)
        self.assertEqual(self.windows()[("checkout", "info", at(0))]["events"], 2)

    def test_levels_services_and_times_of_all_kinds(self):
        epoch = START.timestamp()
        self.feed(
            {"log": {"level": "WARNING"}, "service": {"name": "a"}, "@timestamp": "2026-11-24T13:00:01+01:00"},
            {"level": "crit", "service": {"name": "a"}, "timestamp": str(epoch + 1)},
            {"severity": "Notice", "service": {"name": "a"}, "ts": int((epoch + 1) * 1000)},
            {"levelname": "odd", "time": epoch + 1},
            {"log": {"level": ""}, "level": "WRN", "service": {"name": ""}, "service.name": "b", "@timestamp": "2026-11-24 13:00:00"},
            {"log.level": "Config", "service.name": "c", "level": "info", "@timestamp": int(epoch + 1)},
            {"level": 30, "severity": ["warn"], "service": {"name": "d"}, "@timestamp": str(int((epoch + 1) * 1000))},
            {"level": "trc", "service": {"name": "e"}, "ts": (epoch + 1) * 1000 + 0.5, "time": "2026-02-30T00:00:00Z"},
            {"log": {"level": "verbose"}, "service": {"name": "[f]"}, "time": "1066-10-14T09:00:00"},
            {"@timestamp": "yesterday", "log": {"level": "x" * 1000}, "service": {"name": "y" * 1000}},
            {},
            recorded=1,
        )
        self.finish(10)
        self.assertEqual({key[:2] for key in self.windows()}, {
            ("a", "warn"), ("a", "fatal"), ("a", "info"), ("unknown", "odd"), ("unknown", "warn"), ("c", "debug"),
            ("d", "unknown"), ("e", "trace"), ("[f]", "trace"), ("y" * 256, "x" * 32), ("unknown", "unknown"),
        })
        self.assertEqual({key[2] for key in self.windows()}, {at(0)})


class DurationTest(Stream):
    def test_numbers_and_texts(self):
        durations = [1e6, "3000000", "2.5e6", 4e6]
        self.feed(*[event(1, "a", event={"duration": duration}) for duration in durations])
        self.feed(*[event(1, "b", event={"duration": duration}) for duration in ("long", "NaN", "-1", -1, 1e300, True, "")])
        self.finish(10)
        self.assertEqual(self.windows()[("a", "info", at(0))], {"events": 4, "errors": 0, "error_rate": 0.0, "rate": 0.4, "duration_p95_ms": 4.0})
        self.assertEqual(self.windows()[("b", "info", at(0))], {"events": 7, "errors": 0, "error_rate": 0.0, "rate": 0.7})
        self.assertEqual(self.observed()["bad_records"], 0)


class HostileTest(unittest.TestCase):
    """The table of hostile records: the job counts what the engines index, with the same time, service and level."""

    DIFFERENCES = {
        "dead letters that the job counts, for it does not read the member that is wrong": [
            "a number beyond every double", "a negative number beyond every double", "object for a text", "empty object for a text",
            "empty object for an inner text", "list for a text", "object below a text, by a dot in its name", "object for tags",
            "object in a list of tags", "object below tags, by a dot in its name",
            "a text where unindexed labels belong", "a list where unindexed labels belong", "text under the dotted name of an object",
            "list under the dotted name of an object", "object under the dotted name of a value", "list under the dotted name of a value",
            "object below a text, by a dot in an inner name", "a name below a name below a text", "object in an object for a text",
            "empty list in an object for a text", "object in a list for a text", "null in a list for a text",
            "the key of an object twice: the last one is wrong",
            "object under a dotted name beside the nested one", "empty list below a text, by a dot in its name",
        ],
        "dead letters that the job counts, for it does not look at other names than those it reads": [
            "name that is empty", "name of white space", "name that is reserved", "name with two dots", "name that ends in a dot",
            "reserved name of an empty object", "empty name of an empty list", "blank name in a list", "blank part of a name",
            "name that begins with a dot",
        ],
        "dead letters that the job counts, for Spark's JSON ends at 1,000 levels and has no other limit": [
            "a level too many", "a level of lists too many", "a level of lists and objects too many", "a level too many with nothing at the end",
        ],
        "events that the job leaves out, for Spark looks at the first of two members of one name, too": [
            "the key of an object twice: the first one is wrong",
        ],
        "events that the job leaves out as those of the future, for it takes the time of the Kafka record as it is": ["a Kafka time far ahead is none"],
        "a level that has a question mark, for Spark has no lone surrogates": ["half of a surrogate pair in a level"],
    }

    def test_table(self):
        with open(os.path.join(INPUTS, "hostile.json"), encoding="utf-8") as file:
            table = json.load(file)
        with open(CONTRACT, encoding="utf-8") as file:
            contract = json.load(file)
        spark = spark_session()
        spark.sparkContext.setLogLevel("OFF")
        now = datetime.datetime.now(datetime.timezone.utc)
        sent = [now if r["kafka_time"] == 0 else datetime.datetime.fromtimestamp(r["kafka_time"] / 1000, datetime.timezone.utc) for r in table]
        records = spark.createDataFrame(
            [(i, bytes.fromhex(r["record"]), time) for i, (r, time) in enumerate(zip(table, sent))], "i INT, value BINARY, timestamp TIMESTAMP")
        config = unittest.mock.Mock(window_future_seconds=60)
        differences = {}
        rows = job.parse(records, config, contract).selectExpr("bad", "service", "level", "unix_millis(time) AS time").collect()
        self.assertEqual(len(rows), len(table))
        for row, r in zip(rows, table):
            if r["dead"]:
                if not row.bad:
                    differences[r["name"]] = "counted"
                continue
            document = r["document"]
            wanted = {
                "bad": False,
                "service": str(document["service"]["name"]),
                "level": str(document.get("log", {}).get("level", "unknown")),
                "time": document["@timestamp"],
            }
            got = row.asDict()
            if wanted["time"] == "<recent>":
                wanted["time"] = "recent"
                got["time"] = "recent" if abs(got["time"] - now.timestamp() * 1000) < 900_000 else got["time"]
            else:
                wanted["time"] = round(datetime.datetime.fromisoformat(wanted["time"].replace("Z", "+00:00")).timestamp() * 1000)
            if got != wanted:
                differences[r["name"]] = {name: (got[name], wanted[name]) for name in got if got[name] != wanted[name]}
        expected = {name for names in self.DIFFERENCES.values() for name in names}
        self.assertEqual({name: what for name, what in differences.items() if name not in expected}, {})
        self.assertEqual(expected - differences.keys(), set(), "no difference any more: take it off the list")


class Traffic:
    """Events as the log-generator makes them: so many a window, five of a hundred errors, log-normal durations."""

    def __init__(self, seed=1, per_window=400):
        self.random, self.per_window = random.Random(seed), per_window

    def window(self, number, service="checkout", errors=0.05, slower=1.0, times=1.0):
        count = int(self.random.gauss(self.per_window * times, math.sqrt(self.per_window * times)))
        for _ in range(count):
            yield event(
                (number + self.random.random()) * WINDOW, service, "error" if self.random.random() < errors else "info",
                self.random.lognormvariate(math.log(20), 0.6) * slower,
            )


class AlertsTest(Stream):
    def run_windows(self, count, **unusual):
        """Windows of two services; `unusual` has what differs in a window of checkout."""
        traffic, events = Traffic(), []
        for number in range(count):
            events += traffic.window(number, "checkout", **unusual.get(f"w{number}", {}))
            events += traffic.window(number, "payment")
        self.feed(*events)
        self.finish(count * WINDOW)
        return {(a["service"]["name"], a["anomaly"]["kind"], a["event"]["start"]) for a in self.alerts()}

    def test_a_quiet_run_has_none(self):
        self.assertEqual(self.run_windows(30), set())

    def test_a_burst_is_found_in_its_first_window(self):
        found = self.run_windows(12, w8={"errors": 0.5, "slower": 6}, w9={"errors": 1.0, "slower": 6})
        self.assertEqual(found, {("checkout", kind, at(start)) for kind in ("error_rate", "latency") for start in (80, 90)})
        alert = min((a for a in self.alerts() if a["anomaly"]["kind"] == "error_rate"), key=lambda a: a["@timestamp"])
        self.assertNotIn("log", alert)
        self.assertNotIn("window", alert)
        self.assertEqual((alert["event"]["dataset"], alert["@timestamp"]), ("sluice.anomalies", at(90)))
        self.assertAlmostEqual(alert["anomaly"]["value"], 0.5, delta=0.1)
        self.assertAlmostEqual(alert["anomaly"]["baseline"], 0.05, delta=0.02)
        self.assertGreater(alert["anomaly"]["score"], 4)
        self.assertRegex(alert["message"], r"^checkout: \d+\.\d % of its events are errors, usually \d\.\d %$")

    def test_more_and_fewer_events(self):
        found = self.run_windows(12, w7={"times": 0.1}, w10={"times": 3})
        self.assertEqual(found, {("checkout", "rate", at(70)), ("checkout", "rate", at(100))})

    def test_none_before_there_is_a_baseline(self):
        self.assertEqual(self.run_windows(5, w4={"errors": 1.0}), set())

    def test_a_lasting_change_becomes_usual(self):
        traffic = Traffic()
        self.feed(*[e for number in range(60) for e in traffic.window(number, errors=0.05 if number < 10 else 0.3)])
        self.finish(600)
        starts = sorted(a["event"]["start"] for a in self.alerts() if a["anomaly"]["kind"] == "error_rate")
        self.assertEqual(starts[0], at(100))
        self.assertLess(starts[-1], at(500))

    def test_few_events_say_little(self):
        self.feed(*[event(number * WINDOW + s, level="error" if number == 10 else "info") for number in range(12) for s in range(5)])
        self.finish(120)
        self.assertEqual(self.alerts(), [])


class CrashTest(Stream):
    def scenario(self, crashes):
        """Six batches of two windows with a burst. `crashes` says in which of them the job dies, and where."""
        traffic = Traffic(seed=2, per_window=100)
        self.start()
        for number in range(6):
            self.crash = crashes.get(number)
            usual = traffic.window(2 * number)
            self.feed(*usual, *traffic.window(2 * number + 1, errors=0.6 if number == 3 else 0.05, slower=9 if number == 3 else 1))
            try:
                self.query.processAllAvailable()
            except StreamingQueryException as error:
                self.assertIn("Crash", str(error))
                self.start()  # on the same checkpoint
                self.drain()
            self.assertIsNone(self.crash, "the job died at the planned moment")
        self.finish(120)
        kept = {}
        for key, record in self.out:
            identity = record["event"]["id"]
            self.assertEqual(kept.setdefault(identity, (key, record)), (key, record), "a record that is written again is the same")
        return kept

    def test_nothing_is_lost_or_doubled(self):
        undisturbed = self.scenario({})
        self.assertEqual(len(self.out), len(undisturbed), "without a crash nothing is written twice")
        self.assertTrue(self.alerts())

        self.tearDownStream()
        disturbed = self.scenario({2: "before", 4: "after", 5: "after"})
        self.assertGreater(len(self.out), len(disturbed), "the crashes made records be written twice")
        self.assertEqual(disturbed, undisturbed)

    def tearDownStream(self):
        self.query.stop()
        self.doCleanups()
        self.setUp()


class BaselineTest(unittest.TestCase):
    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            baselines = job.Baselines(folder)
            self.assertEqual(baselines.before(0), "[]")
            baselines.write(3, "three")
            self.assertEqual(baselines.before(3), "[]", "a batch that is done again reads what it read at first")
            self.assertEqual(baselines.before(4), "three")
            baselines.write(3, "again")
            self.assertEqual(job.Baselines(folder).before(9), "again")
            open(os.path.join(folder, ".8.tmp"), "w").close()
            open(os.path.join(folder, "other.json"), "w").close()
            self.assertEqual(baselines.before(9), "again", "neither half a file nor another's")
            for number in range(10, 50):
                baselines.write(number, str(number))
            self.assertEqual(baselines.before(100), "49")
            self.assertLess(len(os.listdir(folder)), 30, "old files are deleted")


class ScoreTest(Stream):
    def test_as_a_plain_loop_does_it(self):
        """The SQL against the same rule in Python, also when a batch has many windows at once."""
        values = [0.05, 0.07, 0.04, 0.05, 0.06, 0.05, 0.5, 0.06, 0.9, 0.05]
        rows = [("s", at(i * 10), at(i * 10 + 10), None, 100, v, 10.0, None) for i, v in enumerate(values)]
        schema = "service string, start string, end string, level string, events bigint, error_rate double, rate double, duration_p95_ms double"
        finished = self.spark.createDataFrame(rows, schema).selectExpr(
            "service", "timestamp(start) AS start", "timestamp(end) AS end", "level", "events", "error_rate", "rate", "duration_p95_ms")
        empty = self.spark.createDataFrame([], "service string, kind string, seen bigint, mean double, variance double, last timestamp")
        scored = {row.kind: row for row in job.score(finished, empty, self.config).collect()}
        self.assertEqual(set(scored), {"error_rate", "rate"}, "no durations, no latency")

        mean = variance = 0.0
        for seen, (value, got) in enumerate(zip(values, scored["error_rate"].scored)):
            deviation = max(math.sqrt(variance), 0.02, math.sqrt(mean * (1 - mean) / 100))
            self.assertAlmostEqual(got.score, (value - mean) / deviation)
            self.assertAlmostEqual(got.baseline, mean)
            self.assertEqual(got.alert, seen >= 5 and (value - mean) / deviation > 4)
            step = value - mean if seen < 5 else max(min(value - mean, 4 * deviation), -4 * deviation)
            weight = max(0.1, 1 / (seen + 1))
            mean, variance = mean + weight * step, (1 - weight) * (variance + weight * step * step)
        self.assertAlmostEqual(scored["error_rate"].mean, mean)
        self.assertAlmostEqual(scored["error_rate"].variance, variance)
        self.assertEqual(scored["rate"].seen, len(values))
        self.assertAlmostEqual(scored["rate"].mean, statistics.mean([10.0] * 10))


class ConfigTest(unittest.TestCase):
    def test_read(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[kafka]\nbootstrap=b:9092\ntopic=t\noutput=o\nclient=/c\n[contract]\nfile=/contract.json\n[state]\nfolder=/data\n"
                       "[window]\nseconds=60\ndelay_seconds=30\ntrigger_seconds=10\nfuture_seconds=60\n"
                       "[baseline]\nweight=0.1\nwindows=10\nevents=50\n[alert]\nscore=4\nerror_rate=0.02\nrate=0.2\nlatency=0.25\n")
            file.flush()
            config = job.Config.read(file.name)
        self.assertEqual((config.kafka_bootstrap, config.window_seconds, config.alert_error_rate), ("b:9092", 60, 0.02))
        self.assertEqual(config.state, "/data/windows-60s")

    def test_kafka_options(self):
        with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
            file.write("# How the job logs in to Kafka.\nsecurity.protocol=SASL_SSL\n\nsasl.jaas.config=a required b=\"c\";\n")
            file.flush()
            config = unittest.mock.Mock(kafka_bootstrap="b:9092", kafka_client=file.name)
            self.assertEqual(job.kafka_options(config), {
                "kafka.bootstrap.servers": "b:9092", "kafka.security.protocol": "SASL_SSL", "kafka.sasl.jaas.config": "a required b=\"c\";",
            })

    def test_aborted_transactions_are_not_read(self):
        reader = unittest.mock.Mock()
        for name in ("format", "options", "option"):
            getattr(reader, name).return_value = reader
        with unittest.mock.patch.object(job, "kafka_options", return_value={}):
            job.read_kafka(unittest.mock.Mock(readStream=reader), unittest.mock.Mock(kafka_topic="t"))
        reader.option.assert_any_call("kafka.isolation.level", "read_committed")


if __name__ == "__main__":
    unittest.main()
