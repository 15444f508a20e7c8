// Package payload is what the producers of this module have in common: their flags, and the events that they send.
package payload

import (
	"bytes"
	"flag"
	"log"
	"os"
)

// Job says what to send, and where to.
type Job struct {
	Brokers, Topic, Compression string
	Count                       int
	Events                      [][]byte // sent again from the first when there are no more
}

// Parse reads the flags and the file of events, one a line.
func Parse() Job {
	var job Job
	flag.StringVar(&job.Brokers, "brokers", "localhost:9092", "host:port to find the cluster by")
	flag.StringVar(&job.Topic, "topic", "", "topic that gets the events")
	flag.StringVar(&job.Compression, "compression", "snappy", "none or snappy")
	flag.IntVar(&job.Count, "count", 0, "records to send")
	file := flag.String("events", "", "file with one event a line")
	flag.Parse()
	content, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	job.Events = bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	return job
}
