# Makes of each record the document that docs/engines.md describes, and tells in @metadata where it goes.
# What can't become a document becomes a dead letter, with its bytes. The data of the contract are in contract.json.
require "date"
require "digest"
require "json"
require "time"

# What JSON consists of, apart from braces and brackets. A string may lack its end; control characters in it are allowed.
# Possessive quantifiers: no character is tried twice.
STRING = /"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\z)/m
NUMBER = /(?<![\w.+-])-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?(?![\w.+-])/
TOKENS = /#{STRING}|[ \t\r\n,:]+|#{NUMBER}|true|false|null/m
# What JRuby takes for infinity.
HUGE_ZERO = /(?<![\w.])0(?:\.0+)?[eE]\+?\d{4,}/
ESCAPE = /\\(?:["\\\/bfnrt]|u\h{4})/
# Escapes that together are one character, or that are one half of such a pair.
SURROGATES = /\\(?:[^u]|u[dD][89abAB]\h{2}\\u[dD][c-fC-F]\h{2}|u\h{4})/
LONE_SURROGATE = /\A\\u[dD][89a-fA-F]\h{2}\z/
CONTROL = /[\u0000-\u001f]/

BAD_NAME = /\A\z|\A\.|\.\.|\.\z|(?:\A|\.)\s+(?:\.|\z)/

DATE_TIME = /\A\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)\z/

# Logstash's dead letter queue can't write a document of more than 499 levels, and the output would try for ever: each takes
# two of the 1,000 that Jackson writes. One level may be added here. An event that counts as having been in the queue
# already is logged and left out.
QUEUED_DEPTH = 498

# No StandardError is what a full stack raises.
FAULTS = [StandardError, SystemStackError, Java::JavaLang::StackOverflowError]

class Misfit < StandardError
end

# What the index template says of a member: `kind` is :value, :values (one or a list), :object, :inside (a value, where
# there should be nothing) or :free. `others` is that of all members that are not named.
Mapped = Struct.new(:kind, :members, :others) do
  def [](name)
    members.fetch(name, others)
  end
end
FREE = Mapped.new(:free, {}).tap { |free| free.others = free }
INSIDE = Mapped.new(:inside, {}).tap { |inside| inside.others = inside }
VALUE = Mapped.new(:value, {}, INSIDE)

def register(params)
  @index = params["index"]
  @anomalies_topic = params["anomalies_topic"]
  @retention_seconds = params["retention_days"].to_i * 86_400

  @contract = JSON.parse(File.read(params["contract"]))
  @reasons = @contract["reasons"]
  @levels = @contract["levels"].flat_map { |level, synonyms| synonyms.map { |synonym| [synonym, level] } }.to_h
  @dotted_names = @contract["dottedNames"].map { |name| name.split(".") }
  @seconds, @milliseconds = %w[secondsDigits millisecondsDigits].map { |key| /\A\d{#{@contract[key].join(",")}}(\.\d+)?\z/ }
  @years = Range.new(*@contract["years"])
  @received = Time.utc(@years.begin).to_i * 1000...Time.utc(@years.end + 1).to_i * 1000
  @id = /\A[!-~]{#{@contract["idLength"].join(",")}}\z/
  @mapped = template
  @mapped_of_anomalies = template
  @contract["anomalyObjects"].each { |name| @mapped_of_anomalies.members[name] = Mapped.new(:object, {}, VALUE) }
end

def template
  root = Mapped.new(:object, {}, FREE)
  place = lambda do |path, mapped|
    *parents, name = path.split(".")
    parents.reduce(root) { |object, parent| object[parent] }.members[name] = mapped
  end
  @contract["objects"].each { |path| place.call(path, Mapped.new(:object, {}, FREE)) }
  @contract["values"].each { |path| place.call(path, VALUE) }
  @contract["listsOfValues"].each { |path| place.call(path, Mapped.new(:values, {}, INSIDE)) }
  root
end

def filter(event)
  kafka = event.get("[@metadata][kafka]")
  text = bytes = ""
  begin
    text, bytes = record(event)
    refused = event.get("[@metadata][dead_letter_queue][reason]")
    # The reason has the whole event in it, and at its end what Elasticsearch answered.
    raise Misfit, (refused[/, response: (.*)\z/m, 1] || refused)[0, 1000] if refused
    document, index, depth = normalised(event, text, bytes, kafka)
    id = document["event"]["id"]
    id = digest(bytes) unless id.is_a?(String) && id.match?(@id)
    result = made(document, index, id, text, kafka)
    result.set("[@metadata][dead_letter_queue]", {"depth" => depth}) if depth > QUEUED_DEPTH
  rescue *FAULTS => e
    # A fault of this script must not stop the pipeline either.
    reason = e.is_a?(Misfit) ? e.message : "#{e.class}: #{e.message}"
    result = made(dead_letter(bytes, kafka, reason), "#{@index}-dead-letter", digest(bytes), text, kafka)
  end
  [result]
end

# The record as characters that stand for bytes, and as bytes. Of a Beat there is only the event.
def record(event)
  text = event.get("[@metadata][record]") || (event.get("[@metadata][kafka]") && event.get("message"))
  return text, text.encode(Encoding::ISO_8859_1).b if text
  bytes = JSON.generate(sorted(contents(event)), max_nesting: 0).b
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
  document, depth = kafka ? parsed(bytes) : [contents(event), 0]
  anomaly = kafka && kafka["topic"] == @anomalies_topic
  @contract["droppedNames"].each { |name| document.delete(name) }
  check(document, anomaly ? @mapped_of_anomalies : @mapped)
  @dotted_names.each { |object, name| unfold(document, object, name) }
  move_labels(document)

  level(document)
  time = timestamp(document, received(kafka))
  document["event"] ||= {}
  document["event"]["id"] = digest(bytes) if blank(document["event"]["id"])
  document["service"] ||= {}
  document["service"]["name"] = @contract["unknownService"] if blank(document["service"]["name"])
  return document, "#{@index}#{"-anomalies" if anomaly}-#{day(time)}", depth
end

# The object, and how deep it is. JSON.parse takes more than JSON, and its recursion must end: both are looked at first.
def parsed(bytes)
  raise Misfit, @reasons["empty"] if bytes.empty?
  text = bytes.dup.force_encoding(Encoding::UTF_8)
  raise Misfit, @reasons["notUTF8"] unless text.valid_encoding?
  brackets = text.gsub(TOKENS, "")
  # What a C program has left behind the object.
  brackets = brackets[0..(brackets.rindex(/[^\0]/) || -1)] if brackets.end_with?("\0")
  depth = deepest(brackets)
  raise Misfit, @reasons["tooDeep"] if depth > @contract["depth"]
  strict = brackets.match?(/\A[{}\[\]]*+\z/) && !(text.include?("\\") && text.gsub(ESCAPE, "").include?("\\"))
  document = strict ? JSON.parse(repaired(text), max_nesting: @contract["depth"]) : nil
  raise Misfit, @reasons["notObject"] unless document.is_a?(Hash)
  return document, depth
rescue JSON::ParserError
  raise Misfit, @reasons["notObject"]
end

def deepest(brackets)
  deepest = open = 0
  brackets.each_byte do |byte|
    case byte
    when 0x7B, 0x5B
      open += 1
      deepest = open if open > deepest
    when 0x7D, 0x5D
      open -= 1 if open > 0
    end
  end
  deepest
end

# What senders write that is not quite JSON, or is not read as what it is, as JSON.
def repaired(text)
  text = text.gsub(/#{STRING}|#{HUGE_ZERO}/) { |part| part.start_with?('"') ? part : "0.0" } if text.match?(HUGE_ZERO)
  if text.match?(CONTROL)
    text = text[0..text.rindex(/[^\0 \t\r\n]/)]
    text = text.gsub(STRING) { |string| string.gsub(CONTROL) { |character| "\\u%04x" % character.ord } }
  end
  return text unless text.match?(/\\u[dD][89a-fA-F]/)
  text.gsub(SURROGATES) { |escape| escape.match?(LONE_SURROGATE) ? "\\ufffd" : escape }
end

def received(kafka)
  time = kafka && kafka["timestamp"]
  # A record without a time has -1, and one of a broken clock any.
  time if time && @received.cover?(time)
end

# Loggers write {"log.level": …} where {"log": {"level": …}} is meant.
def unfold(document, object, name)
  dotted = document.delete("#{object}.#{name}")
  return if dotted.nil?
  document[object] = {} if document[object].nil?
  document[object][name] = dotted if document[object].is_a?(Hash) && document[object][name].nil?
end

# Labels whose keys Lucene can't take are kept, and not indexed.
def move_labels(document)
  keyed = @contract["keyedObject"]
  moved = (document[keyed] || {}).reject { |key, label| indexable?(key, label) }
  document[keyed] = document[keyed].reject { |key, _| moved.key?(key) } unless moved.empty?
  dotted = document.select { |name, label| name.start_with?("#{keyed}.") && !indexable?(name.delete_prefix("#{keyed}."), label, name.count(".")) }
  dotted.each_key { |name| moved[name.delete_prefix("#{keyed}.")] = document.delete(name) }
  return if moved.empty?
  unindexed = object(document, "unindexed")
  unindexed[keyed] = object(unindexed, keyed).merge(moved)
end

# The member of this name, which is made if there is none.
def object(parent, name)
  parent[name] = {} if parent[name].nil?
  raise Misfit, @reasons["notObjectMember"] unless parent[name].is_a?(Hash)
  parent[name]
end

# Lucene gets the keys one below the other, joined by dots, with each value. Elasticsearch makes objects of the dots in a
# name at the top.
def indexable?(key, label, keys = 1)
  rest = [[key, key.bytesize, keys, label]]
  until rest.empty?
    key, bytes, keys, label = rest.pop
    return false if key.include?("\0") || keys > @contract["keyedDepth"]
    case label
    when Hash
      return false if keys == @contract["keyedDepth"]
      label.each { |name, inner| rest << [name, bytes + 1 + name.bytesize, keys + 1, inner] }
    when Array
      label.each { |inner| rest << ["", bytes, keys, inner] }
    else
      text = label.to_s
      return false if bytes + 1 + (text.length > 1024 ? 0 : text.bytesize) > @contract["keyedBytes"]
    end
  end
  true
end

# Refuses what Elasticsearch would refuse. Without recursion, and without the paths of the members: those are
# as long as the record is deep.
def check(document, mapped)
  wrong = {}
  wrong["badName"] = true if document.each_key.any? { |name| name.start_with?("_") }
  rest = [[document, mapped]]
  until rest.empty?
    value, mapped = rest.pop
    case value
    when Hash
      wrong["notValue"] = true if %i[value values inside].include?(mapped.kind)
      value.each do |name, inner|
        wrong["badName"] = true if name.match?(BAD_NAME)
        place = name.split(".").reduce(mapped) { |parent, part| parent[part] }
        wrong["notValue"] = true if place.kind == :inside
        rest << [inner, place]
      end
    when Array
      wrong["notObjectMember"] = true if mapped.kind == :object
      inner = {values: mapped, object: FREE}.fetch(mapped.kind, mapped.others)
      value.each { |item| rest << [item, inner] }
    else
      # A number too large for a double: JSON has no infinity.
      raise Misfit, @reasons["notObject"] if value.is_a?(Float) && !value.finite?
      wrong["notValue"] = true if mapped.kind == :inside
      wrong["notObjectMember"] = true if mapped.kind == :object && !value.nil?
    end
  end
  reason = %w[badName notObjectMember notValue].find { |name| wrong[name] }
  raise Misfit, @reasons[reason] if reason
end

def level(document)
  given = @contract["levelFields"].map { |field| field.split(".").reduce(document) { |object, name| object.is_a?(Hash) ? object[name] : nil } }
  level = blank(given.first) ? given.drop(1).find { |value| value.is_a?(String) && value != "" } : given.first
  return unless level.is_a?(String)
  level = level.downcase
  document["log"] ||= {}
  document["log"]["level"] = @levels.fetch(level, level)
end

# Sets @timestamp, and gives the time in seconds; nil for a year that is not reckoned with.
def timestamp(document, received)
  given = document["@timestamp"]
  times = @contract["timeFields"].to_h { |name| [name, reckon(document[name])] }
  name, milliseconds = times.find { |_, time| time }
  document["event"] = (document["event"] || {}).merge("original_timestamp" => given) unless blank(given) || times["@timestamp"]
  if milliseconds == :far
    document["@timestamp"] = document[name]
    return nil
  end
  milliseconds ||= received || (Time.now.to_f * 1000).to_i
  seconds = Rational(milliseconds, 1000)
  document["@timestamp"] = Time.at(seconds).utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")
  seconds
end

# Milliseconds since 1970, :far for a year out of reach, nil for what can't be read.
def reckon(value)
  text = value.is_a?(Numeric) ? value.to_s : value
  return nil unless text.is_a?(String)
  return (Float(text) * 1000.0 + 0.5).to_i if text.match?(@seconds)
  return (Float(text) + 0.5).to_i if text.match?(@milliseconds)
  return nil unless text.match?(DATE_TIME) && Date.valid_date?(text[0, 4].to_i, text[5, 2].to_i, text[8, 2].to_i, Date::GREGORIAN)
  return :far unless @years.cover?(text[0, 4].to_i)
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

# SHA-256 of the bytes; of their hexadecimal digits where they are not UTF-8.
def digest(bytes)
  Digest::SHA256.hexdigest(bytes.dup.force_encoding(Encoding::UTF_8).valid_encoding? ? bytes : bytes.unpack1("H*"))
end
