package kafka

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"sluice/generators/internal/logs"
)

// enough bytes in a batch are sent without a wait for more: as many as Kafka's own producer calls a full batch.
const enough = 16 << 10

// partition sends the batches of one partition, one at a time and in order. What arrives while one is on its way makes the next.
type partition struct {
	sender *Sender
	id     int

	mu      sync.Mutex
	open    *batch // that is being filled, or nil
	queue   []*batch
	sending bool
	spares  [][]byte // records of batches that were sent, to be filled again

	out bytes.Buffer // of the batch that is on its way
}

// share is those of a sender's records that are in one batch.
type share struct {
	batch *batch
	which []int // their indices
}

// add puts which of the records into the open batch, or a new one when that is full, and appends to shares where they are. A batch
// that is ready is sent; while another is on its way, that one's end does it.
func (p *partition) add(shares []share, records []logs.Record, which []int) []share {
	p.mu.Lock()
	defer p.mu.Unlock()
	begin := 0 // of the present share
	for i, index := range which {
		key, value := records[index].Key, records[index].Value
		if p.open != nil && !p.takes(len(key)+len(value)+recordOverhead) {
			if i > begin {
				shares = append(shares, share{p.open, which[begin:i]})
				begin = i
			}
			p.close()
		}
		if p.open == nil {
			p.begin()
		}
		p.open.append(key, value)
	}
	if begin < len(which) {
		shares = append(shares, share{p.open, which[begin:]})
	}
	if !p.sending && p.ready() {
		p.close()
	}
	return shares
}

// takes tells whether the open batch has room for so many bytes. The lock must be held.
func (p *partition) takes(size int) bool {
	return p.open.count < p.sender.batchSize && len(p.open.records)+size <= p.sender.batchBytes
}

// begin opens a batch. The lock must be held.
func (p *partition) begin() {
	b := newBatch(time.Now())
	if last := len(p.spares) - 1; last >= 0 {
		b.records, p.spares = p.spares[last], p.spares[:last]
	}
	p.open = b
	if p.sender.linger > 0 {
		time.AfterFunc(p.sender.linger, func() { p.due(b) })
	}
}

// ready tells whether the open batch waits for nothing more. The lock must be held.
func (p *partition) ready() bool {
	return p.open != nil && (len(p.open.records) >= enough || p.open.count >= p.sender.batchSize || p.sender.linger == 0)
}

// due sends a batch that has waited long enough.
func (p *partition) due(b *batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == b {
		p.close()
	}
}

// close ends the filling of the open batch and has it sent. The lock must be held.
func (p *partition) close() {
	p.queue = append(p.queue, p.open)
	p.open = nil
	if !p.sending {
		p.sending = true
		go p.drain()
	}
}

// drain sends batches until none is left that may go.
func (p *partition) drain() {
	for {
		b := p.next()
		if b == nil {
			return
		}
		b.err = p.send(b)
		p.mu.Lock()
		if len(p.spares) < 2 { // one is filled while another is on its way
			p.spares = append(p.spares, b.records[:0])
		}
		b.records = nil
		p.mu.Unlock()
		close(b.done)
	}
}

// next is the batch to send, or nil.
func (p *partition) next() *batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 && p.ready() {
		b := p.open
		p.open = nil
		return b
	}
	if len(p.queue) == 0 {
		p.sending = false
		return nil
	}
	b := p.queue[0]
	p.queue = p.queue[1:]
	return b
}

func (p *partition) send(b *batch) error {
	s := p.sender
	if err := b.encode(&p.out, s.compression); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), attemptTime*2)
	defer cancel()
	response, err := s.client.RawProduce(ctx, &kafka.RawProduceRequest{
		Topic: s.topic, Partition: p.id, RequiredAcks: s.acks,
		RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(p.out.Bytes())},
	})
	if err != nil || response == nil { // no response: none was asked for
		return err
	}
	return response.Error
}
