package logs

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
)

// ids makes the event ids of one run: UUIDs of version 7 (RFC 9562) with the time of the run, a 42-bit
// counter, which is the event's number, and 32 bits that are the run's own. An id depends on the run id and
// the number only, so that a run that is sent again, after its node died say, is a replay and no duplicate.
// They ascend within a run, which Elasticsearch stores well.
type ids struct{ high, low uint64 }

// newIDs takes the run's time from its id when that is a UUID of version 7, and start otherwise.
func newIDs(runID string, start time.Time) ids {
	millis := start.UnixMilli()
	if id, err := uuid.Parse(runID); err == nil && id.Version() == 7 {
		seconds, nanos := id.Time().UnixTime()
		millis = time.Unix(seconds, nanos).UnixMilli()
	}
	hash := fnv.New32a()
	hash.Write([]byte(runID))
	return ids{high: uint64(millis)<<16 | 7<<12, low: 0b10<<62 | uint64(hash.Sum32())}
}

// at is the id of the event with the given number, which has 42 bits.
func (i ids) at(sequence uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], i.high|sequence>>30&0xfff)
	binary.BigEndian.PutUint64(id[8:], i.low|sequence&(1<<30-1)<<32)
	return id
}
