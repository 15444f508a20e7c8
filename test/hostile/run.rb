# Runs Logstash's script over records, without Logstash: a line of JSON each on the standard input, one on the output.
# The event here has as much of Logstash's as the script uses, and each record has a thread, whose stack is as small as
# that of a worker of a pipeline.
require "json"

module LogStash
  class Event
    def initialize(document = {})
      @document = copy(document)
      @document["@timestamp"] ||= Time.now.utc.strftime("%Y-%m-%dT%H:%M:%S.%LZ")
      @document["@version"] = "1"
      @metadata = @document.delete("@metadata") || {}
    end

    def get(reference)
      path, object = resolve(reference)
      path.reduce(object) { |inner, name| inner.is_a?(Hash) ? inner[name] : nil }
    end

    def set(reference, value)
      path, object = resolve(reference)
      path[0..-2].reduce(object) { |inner, name| inner[name] ||= {} }[path.last] = value
    end

    def remove(name)
      @document.delete(name)
    end

    def to_hash
      copy(@document)
    end

    private

    # LogStash::Json, through which the output to Elasticsearch writes each document, recurs like this, and so needs more
    # of the stack for a level than anything else does.
    def copy(value)
      case value
      when Array then value.map { |inner| copy(inner) }
      when Hash then value.to_hash.transform_keys { |key| copy(key) }.transform_values { |inner| copy(inner) }
      else value
      end
    end

    def resolve(reference)
      path = reference.start_with?("[") ? reference[1..-2].split("][") : [reference]
      path.first == "@metadata" ? [path.drop(1), @metadata] : [path, @document]
    end
  end
end

script, parameters = ARGV
normaliser = Object.new
normaliser.instance_eval(File.read(script), script)
normaliser.register(JSON.parse(parameters))
$stdin.each_line do |line|
  input = JSON.parse(line)
  event = LogStash::Event.new("message" => [input["record"]].pack("H*").force_encoding("ISO-8859-1").encode("UTF-8"))
  time = input["time"] == 0 ? (Time.now.to_f * 1000).to_i : input["time"]
  event.set("[@metadata][kafka]", {"topic" => input["topic"], "partition" => 2, "offset" => 7, "timestamp" => time})
  event.set("[@metadata][dead_letter_queue]", {"reason" => input["refused"]}) if input["refused"]
  made = Thread.new { normaliser.filter(event) }.value
  raise "#{made.length} events of one" unless made.length == 1
  result = {"index" => "[@metadata][index]", "id" => "[@metadata][id]", "queued" => "[@metadata][dead_letter_queue]"}
  result = result.transform_values { |reference| made[0].get(reference) }
  puts JSON.generate(result.merge("document" => made[0].to_hash), max_nesting: 0)
end
