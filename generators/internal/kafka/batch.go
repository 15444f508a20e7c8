package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/segmentio/kafka-go"
)

// batch is a record batch of version 2 that is being filled (KIP-98): its records as they are sent, before compression.
// kafka-go's Writer makes one too, from a structure for each record; that took most of this program's time.
type batch struct {
	records []byte
	count   int
	opened  time.Time // the records' time
	done    chan struct{}
	err     error // once done is closed
}

func newBatch(now time.Time) *batch { return &batch{opened: now, done: make(chan struct{})} }

// recordOverhead is the most that a record takes besides its key and value: lengths, numbers, and no headers.
const recordOverhead = 5 + 1 + 1 + 5 + 5 + 5 + 1

// append adds a record, its time that of the batch.
func (b *batch) append(key, value []byte) {
	delta := int64(b.count)
	length := 1 + varintLen(0) + varintLen(delta) + varintLen(int64(len(key))) + len(key) + varintLen(int64(len(value))) + len(value) + varintLen(0)
	r := binary.AppendVarint(b.records, int64(length))
	r = append(r, 0)                  // attributes
	r = binary.AppendVarint(r, 0)     // time, after the batch's
	r = binary.AppendVarint(r, delta) // offset, after the batch's
	r = binary.AppendVarint(r, int64(len(key)))
	r = append(r, key...)
	r = binary.AppendVarint(r, int64(len(value)))
	r = append(r, value...)
	b.records = binary.AppendVarint(r, 0) // headers
	b.count++
}

func varintLen(n int64) int {
	length := 1
	for zigzag := uint64(n<<1) ^ uint64(n>>63); zigzag >= 0x80; zigzag >>= 7 {
		length++
	}
	return length
}

// Where the fields of a batch's head are, behind its size in bytes.
const (
	lengthAt     = 4 + 8
	crcAt        = 4 + 17
	attributesAt = 4 + 21
	headSize     = 4 + 61
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// compress appends the records to out. Snappy is one block without xerial's frame around each 32 KiB, as franz-go sends it and all
// clients read it, and found by the plain encoder: kafka-go's looks longer for repetitions than Snappy does elsewhere.
func compress(out *bytes.Buffer, records []byte, compression kafka.Compression) error {
	switch compression {
	case 0:
		out.Write(records)
		return nil
	case kafka.Snappy:
		out.Grow(s2.MaxEncodedLen(len(records)))
		room := out.AvailableBuffer()
		out.Write(s2.EncodeSnappy(room[:cap(room)], records))
		return nil
	default:
		w := compression.Codec().NewWriter(out)
		if _, err := w.Write(records); err != nil {
			return err
		}
		return w.Close()
	}
}

// encode writes the batch as a request has it: its size, its head, its records compressed.
func (b *batch) encode(out *bytes.Buffer, compression kafka.Compression) error {
	out.Reset()
	head := make([]byte, 0, headSize)
	head = binary.BigEndian.AppendUint32(head, 0)          // size, see below
	head = binary.BigEndian.AppendUint64(head, 0)          // base offset, which the broker sets
	head = binary.BigEndian.AppendUint32(head, 0)          // length, see below
	head = binary.BigEndian.AppendUint32(head, ^uint32(0)) // leader epoch: not known
	head = append(head, 2)                                 // version
	head = binary.BigEndian.AppendUint32(head, 0)          // checksum, see below
	head = binary.BigEndian.AppendUint16(head, uint16(compression))
	head = binary.BigEndian.AppendUint32(head, uint32(b.count-1)) // last offset
	head = binary.BigEndian.AppendUint64(head, uint64(b.opened.UnixMilli()))
	head = binary.BigEndian.AppendUint64(head, uint64(b.opened.UnixMilli()))
	head = binary.BigEndian.AppendUint64(head, ^uint64(0)) // no producer id,
	head = binary.BigEndian.AppendUint16(head, ^uint16(0)) // epoch
	head = binary.BigEndian.AppendUint32(head, ^uint32(0)) // and sequence: the event's own id tells a repetition
	head = binary.BigEndian.AppendUint32(head, uint32(b.count))
	out.Write(head)
	if err := compress(out, b.records, compression); err != nil {
		return err
	}
	all := out.Bytes()
	binary.BigEndian.PutUint32(all, uint32(len(all)-4))
	binary.BigEndian.PutUint32(all[lengthAt:], uint32(len(all)-lengthAt-4))
	binary.BigEndian.PutUint32(all[crcAt:], crc32.Checksum(all[attributesAt:], castagnoli))
	return nil
}
