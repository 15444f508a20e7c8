package consumers

import "slices"

// Result is what one run came to.
type Result struct {
	Peer       string `json:"peer"`
	Run        int    `json:"run"`
	Scale      bool   `json:"scale,omitempty"` // of the table of partitions and processes
	Partitions int    `json:"partitions"`
	Processes  int    `json:"processes"`

	Events   int64 `json:"events"`   // that the topic holds
	Indexed  int64 `json:"indexed"`  // documents in the end
	Distinct int64 `json:"distinct"` // of them, by the event's id
	Again    int64 `json:"again"`    // writes of a document that was there already, refused or not

	First            float64   `json:"first"`       // seconds from the start to the first document
	Seconds          float64   `json:"seconds"`     // from the start to the last one
	Rate             float64   `json:"rate"`        // documents a second between the two
	CPUSeconds       float64   `json:"cpu_seconds"` // of all processes to their end, from their start, or from the first event if they waited for it
	Memory           []float64 `json:"memory"`      // resident at most, in bytes, of each
	ElasticsearchCPU float64   `json:"elasticsearch_cpu_seconds"`
}

// PerCPU is in events per CPU-second of all processes.
func (r Result) PerCPU() float64 { return float64(r.Indexed) / r.CPUSeconds }

// ElasticsearchPerCPU is in events per CPU-second of Elasticsearch.
func (r Result) ElasticsearchPerCPU() float64 { return float64(r.Indexed) / r.ElasticsearchCPU }

// MaxMemory is that of the largest process.
func (r Result) MaxMemory() float64 { return slices.Max(r.Memory) }

// Lost are events that are in no document.
func (r Result) Lost() int64 { return r.Events - r.Distinct }

// Doubled are documents of an event that has another one.
func (r Result) Doubled() int64 { return r.Indexed - r.Distinct }
