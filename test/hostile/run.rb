# Runs Logstash's script over records, without Logstash: a line of JSON each on the standard input, one on the output.
# The event here has as much of Logstash's as the script uses.
require "json"

module LogStash
  class Event
    def initialize(document = {})
      @document = JSON.parse(JSON.generate(document))
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
      JSON.parse(JSON.generate(@document))
    end

    private

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
  event.set("[@metadata][kafka]", {"topic" => input["topic"], "partition" => 2, "offset" => 7, "timestamp" => (Time.now.to_f * 1000).to_i})
  made = normaliser.filter(event)
  raise "#{made.length} events of one" unless made.length == 1
  puts JSON.generate("index" => made[0].get("[@metadata][index]"), "id" => made[0].get("[@metadata][id]"), "document" => made[0].to_hash)
end
