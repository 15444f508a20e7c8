package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/stretchr/testify/require"
)

// What kafka-go reads is what was written, whatever the lengths and the compression.
func TestBatch(t *testing.T) {
	for _, compression := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		b := newBatch(time.UnixMilli(1_800_000_000_123))
		var want []string
		for i := range 300 {
			key, value := fmt.Sprint("key", i), bytes.Repeat([]byte{byte(i)}, i*7)
			want = append(want, key+string(value))
			b.append([]byte(key), value)
		}
		var out bytes.Buffer
		require.NoError(t, b.encode(&out, compression))
		require.NoError(t, b.encode(&out, compression), "the buffer is used again")

		all := readBatch(t, out.Bytes())
		require.Equal(t, int8(compression), int8(all.Attributes&7))
		var got []string
		for i := 0; ; i++ {
			record, err := all.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			require.Equal(t, int64(i), record.Offset)
			require.Equal(t, int64(1_800_000_000_123), record.Time.UnixMilli())
			key, err := protocol.ReadAll(record.Key)
			require.NoError(t, err)
			value, err := protocol.ReadAll(record.Value)
			require.NoError(t, err)
			got = append(got, string(key)+string(value))
		}
		require.Equal(t, want, got)
	}
}

// readBatch checks the checksum too.
func readBatch(t *testing.T, content []byte) protocol.RecordSet {
	t.Helper()
	var set protocol.RecordSet
	_, err := set.ReadFrom(bytes.NewReader(content))
	require.NoError(t, err)
	return set
}

func TestVarintLen(t *testing.T) {
	for _, n := range []int64{0, 1, 63, 64, 8191, 8192, 1 << 30, -1, -64, -65} {
		require.Len(t, binary.AppendVarint(nil, n), varintLen(n), "%d", n)
	}
}
