# Makes of each record the document that docs/engines.md describes, and tells in @metadata where it goes.
# What can't become a document becomes a dead letter, with its bytes. The Collector's config.yaml does the same.
require "date"
require "digest"
require "json"
require "time"

# Each holds one value: an object or a list in its place would be refused by Elasticsearch for ever.
VALUES = %w[@timestamp message event.id event.kind event.dataset event.sequence event.duration event.start event.end log.level service.name
            host.name trace.id http.request.method http.response.status_code url.path error.type error.message]
NOT_ONE_VALUE = Regexp.new("\\A#{Regexp.union(VALUES)}\\.")
NOT_ONE_VALUE_OF_ANOMALIES = Regexp.new("\\A(window|anomaly)\\.[^.]+\\.")
# Names that are empty, reserved, or lead a hundred objects down.
BAD_NAME = Regexp.new("\\A_|\\A\\.|\\.\\.|\\.\\z|\\A\\z|(\\A|\\.)\\s+(\\.|\\z)|\\A([^.]*\\.){99}")
OBJECTS = [%w[event], %w[log], %w[service], %w[host], %w[trace], %w[labels], %w[http], %w[http request], %w[http response], %w[url], %w[error]]
OBJECTS_OF_ANOMALIES = [%w[window], %w[anomaly]]

LEVELS = {
  "trace" => %w[finest finer verbose trc],
  "debug" => %w[fine config dbg],
  "info" => %w[information informational notice inf],
  "warn" => %w[warning wrn],
  "error" => %w[err severe],
  "fatal" => %w[critical crit emergency emerg alert panic],
}.flat_map { |level, synonyms| synonyms.map { |synonym| [synonym, level] } }.to_h

RFC3339 = /\A\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)\z/
SECONDS = /\A\d{9,11}(\.\d+)?\z/
MILLISECONDS = /\A\d{12,14}(\.\d+)?\z/
# Of other years the Collector can't reckon: such a time stays as it is written.
RECKONED_YEARS = /\A(19[7-9]|20|21|22[0-5])/

ID = /\A[!-~]{1,512}\z/

class Misfit < StandardError
end

def register(params)
  @index = params["index"]
  @anomalies_topic = params["anomalies_topic"]
  @retention_seconds = params["retention_days"].to_i * 86_400
end

def filter(event)
  text, bytes = record(event)
  kafka = event.get("[@metadata][kafka]")
  refused = event.get("[@metadata][dead_letter_queue][reason]")
  begin
    # The reason has the whole event in it, and at its end what Elasticsearch answered.
    raise Misfit, (refused[/, response: (.*)\z/m, 1] || refused)[0, 1000] if refused
    document, index = normalised(event, text, bytes, kafka)
    id = document["event"]["id"]
    id = digest(bytes) unless id.is_a?(String) && id.match?(ID)
  rescue StandardError => e
    # A fault of this script must not stop the pipeline either.
    reason = e.is_a?(Misfit) ? e.message : "#{e.class}: #{e.message}"
    document, index, id = dead_letter(bytes, kafka, reason), "#{@index}-dead-letter", digest(bytes)
  end
  [made(document, index, id, text, kafka)]
end

# The record as characters that stand for bytes, and as bytes. Of a Beat there is only the event.
def record(event)
  text = event.get("[@metadata][record]") || (event.get("[@metadata][kafka]") && event.get("message"))
  return text, text.encode(Encoding::ISO_8859_1).b if text
  bytes = JSON.generate(sorted(contents(event))).b
  return bytes.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8), bytes
end

def contents(event)
  hash = event.to_hash
  hash.delete("@version")
  hash.delete("@metadata")
  hash["@timestamp"] = hash["@timestamp"].to_s
  hash
end

# Sent twice, an event of a Beat gives the same bytes, and so the same id.
def sorted(value)
  case value
  when Hash then value.sort_by { |key, _| key }.map { |key, inner| [key, sorted(inner)] }.to_h
  when Array then value.map { |inner| sorted(inner) }
  else value
  end
end

def made(document, index, id, text, kafka)
  event = LogStash::Event.new(document)
  event.remove("@version")
  event.set("[@metadata][index]", index)
  event.set("[@metadata][id]", id)
  # Should Elasticsearch refuse it, the dead letter queue still has the record.
  event.set("[@metadata][record]", text)
  event.set("[@metadata][kafka]", kafka) if kafka
  event
end

def normalised(event, text, bytes, kafka)
  document = kafka ? parsed(bytes) : contents(event)
  anomaly = kafka && kafka["topic"] == @anomalies_topic
  # Logstash's own, which would steer it.
  document.delete("@version")
  document.delete("@metadata")
  unfold(document, "event", "id")
  unfold(document, "log", "level")
  unfold(document, "service", "name")
  check(document, anomaly)

  level(document)
  time = timestamp(document, kafka ? kafka["timestamp"] : nil)
  document["event"] ||= {}
  document["event"]["id"] = digest(bytes) if blank(document["event"]["id"])
  document["service"] ||= {}
  document["service"]["name"] = "unknown" if blank(document["service"]["name"])
  return document, "#{@index}#{"-anomalies" if anomaly}-#{day(time)}"
end

def parsed(bytes)
  raise Misfit, "the record is empty" if bytes.empty?
  text = bytes.dup.force_encoding(Encoding::UTF_8)
  raise Misfit, "the record is not UTF-8" unless text.valid_encoding?
  document = begin
    JSON.parse(text, max_nesting: 10_000)
  rescue JSON::ParserError
    nil
  end
  raise Misfit, "the record is not a JSON object" unless document.is_a?(Hash)
  document
end

# Loggers write {"log.level": …} where {"log": {"level": …}} is meant.
def unfold(document, object, name)
  dotted = document.delete("#{object}.#{name}")
  return if dotted.nil?
  document[object] = {} if document[object].nil?
  document[object][name] = dotted if document[object].is_a?(Hash) && document[object][name].nil?
end

def check(document, anomaly)
  names = []
  flatten(document, "", names)
  raise Misfit, "a field has a name that Elasticsearch refuses" if names.any? { |name| name.match?(BAD_NAME) }
  objects = anomaly ? OBJECTS + OBJECTS_OF_ANOMALIES : OBJECTS
  objects.each do |path|
    value = path.reduce(document) { |parent, name| parent && parent[name] }
    raise Misfit, "a value is where an object belongs" unless value.nil? || value.is_a?(Hash)
  end
  wrong = names.any? { |name| name.match?(NOT_ONE_VALUE) || (anomaly && name.match?(NOT_ONE_VALUE_OF_ANOMALIES)) }
  raise Misfit, "an object or a list is where one value belongs" if wrong || document["tags"].is_a?(Hash)
end

# The names of all values; what an empty object stands at counts as one, an empty list as none.
def flatten(value, path, names)
  case value
  when Hash
    names << "#{path}.{}" if value.empty? && !path.empty? && "#{path}.".match?(NOT_ONE_VALUE)
    value.each { |name, inner| flatten(inner, path.empty? ? name : "#{path}.#{name}", names) }
  when Array
    value.each_with_index { |inner, i| flatten(inner, "#{path}.#{i}", names) }
  else
    # A number too large for a double: JSON has no infinity.
    raise Misfit, "the record is not a JSON object" if value.is_a?(Float) && !value.finite?
    names << path
  end
end

def level(document)
  level = document["log"] && document["log"]["level"]
  level = %w[level severity levelname].map { |name| document[name] }.find { |value| value.is_a?(String) && value != "" } if blank(level)
  return unless level.is_a?(String)
  level = level.downcase
  document["log"] ||= {}
  document["log"]["level"] = LEVELS.fetch(level, level)
end

# Sets @timestamp, and gives the time in seconds; nil for a year that is not reckoned with.
def timestamp(document, received)
  given = document["@timestamp"]
  text = ["@timestamp", "timestamp", "time", "ts"].map { |name| readable(document[name]) }.find { |value| value }
  milliseconds = text && reckon(text)
  # In a bad form (then another field may have it), or a day that no month has.
  document["event"] = (document["event"] || {}).merge("original_timestamp" => given) unless blank(given) || (milliseconds && readable(given))
  if milliseconds == :far
    document["@timestamp"] = text
    return nil
  end
  milliseconds ||= received || (Time.now.to_f * 1000).to_i
  seconds = Rational(milliseconds, 1000)
  document["@timestamp"] = Time.at(seconds).utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")
  seconds
end

def readable(value)
  value = value.to_s if value.is_a?(Numeric)
  value if value.is_a?(String) && (value.match?(RFC3339) || value.match?(SECONDS) || value.match?(MILLISECONDS))
end

# Milliseconds since 1970, :far for a year out of reach, nil for a day that does not exist.
def reckon(text)
  return (Float(text) * 1000.0 + 0.5).to_i if text.match?(SECONDS)
  return (Float(text) + 0.5).to_i if text.match?(MILLISECONDS)
  return nil unless Date.valid_date?(text[0, 4].to_i, text[5, 2].to_i, text[8, 2].to_i)
  return :far unless text.match?(RECKONED_YEARS)
  (Time.iso8601(text).to_r * 1000).floor
end

def day(time)
  now = Time.now
  return "undated" if time.nil? || time < now.to_r - @retention_seconds || time > now.to_r + 86_400
  Time.at(time).utc.strftime("%Y.%m.%d")
end

def blank(value)
  value.nil? || value == ""
end

def dead_letter(bytes, kafka, reason)
  letter = {
    "@timestamp" => Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ"),
    "event" => {"original" => bytes.dup.force_encoding(Encoding::UTF_8).scrub("\uFFFD")},
    "bytes" => bytes.unpack1("H*"),
    "error" => {"message" => reason},
  }
  letter["kafka"] = {"topic" => kafka["topic"], "partition" => kafka["partition"], "offset" => kafka["offset"]} if kafka
  letter
end

# SHA-256 of the bytes; of their hexadecimal digits where they are not UTF-8, for the Collector has no other way.
def digest(bytes)
  Digest::SHA256.hexdigest(bytes.dup.force_encoding(Encoding::UTF_8).valid_encoding? ? bytes : bytes.unpack1("H*"))
end
