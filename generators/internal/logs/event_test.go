package logs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// document is the contract's JSON, read with encoding/json.
type document struct {
	Timestamp time.Time `json:"@timestamp"`
	Event     struct {
		ID       string        `json:"id"`
		Sequence uint64        `json:"sequence"`
		Duration time.Duration `json:"duration"`
	} `json:"event"`
	Log struct {
		Level string `json:"level"`
	} `json:"log"`
	Service struct {
		Name string `json:"name"`
	} `json:"service"`
	Host struct {
		Name string `json:"name"`
	} `json:"host"`
	Message string `json:"message"`
	Trace   struct {
		ID string `json:"id"`
	} `json:"trace"`
	Labels struct {
		RunID string `json:"run_id"`
	} `json:"labels"`
	HTTP struct {
		Request struct {
			Method string `json:"method"`
		} `json:"request"`
		Response struct {
			StatusCode int `json:"status_code"`
		} `json:"response"`
	} `json:"http"`
	URL struct {
		Path string `json:"path"`
	} `json:"url"`
	Error *struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

func parseDocument(t testing.TB, data []byte) document {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal(data, &d), "%s", data)
	return d
}

func exampleEvent() Event {
	return Event{
		Time:     time.Date(2026, 11, 24, 23, 50, 0, 123456789, time.FixedZone("CET", 3600)),
		ID:       [16]byte{0x01, 0x9a, 0xb8, 0x2f, 0x5e, 0xbb, 0x70, 0x00, 0x80, 15: 0xff},
		Sequence: 7, Duration: 20500 * time.Microsecond, Level: LevelInfo, Service: "checkout", Host: "pod-1", Message: []byte("request served"),
		TraceID: [16]byte{15: 0xab}, RunID: "run", Method: "GET", Status: 200, Path: "/api/cart",
		ErrorType: "TimeoutError", ErrorMessage: "no answer",
	}
}

func TestAppendJSONKeepsTheContract(t *testing.T) {
	e := exampleEvent()
	const head = `{"@timestamp":"2026-11-24T22:50:00.123Z",` +
		`"event":{"id":"019ab82f-5ebb-7000-8000-0000000000ff","sequence":7,"duration":20500000},`
	const tail = `"service":{"name":"checkout"},"host":{"name":"pod-1"},"message":"request served",` +
		`"trace":{"id":"000000000000000000000000000000ab"},"labels":{"run_id":"run"},` +
		`"http":{"request":{"method":"GET"},"response":{"status_code":200}},"url":{"path":"/api/cart"}`

	require.Equal(t, head+`"log":{"level":"info"},`+tail+`}`, string(e.AppendJSON(nil)))
	for level, name := range map[Level]string{LevelError: "error", LevelFatal: "fatal"} {
		e.Level = level
		require.Equal(t, head+`"log":{"level":"`+name+`"},`+tail+
			`,"error":{"type":"TimeoutError","message":"no answer"}}`, string(e.AppendJSON(nil)))
	}
}

// FuzzAppendJSON: whatever the strings hold, encoding/json reads back what encoding/json
// would have made of them.
func FuzzAppendJSON(f *testing.F) {
	f.Add("checkout", "plain", uint64(0), int64(0))
	f.Add("", "", uint64(1<<63), int64(1<<62))
	f.Add("quote\" back\\slash /", "\x00\x01\b\f\n\r\t\x1f\x7f", uint64(1), int64(1))
	f.Add("\xff\xfe\xc3\x28", "cut \xe2\x82", uint64(2), int64(-1))
	f.Add("\u2028\u2029\ufffd", "€ 😀 \xed\xa0\x80", uint64(3), int64(20_500_000))
	f.Fuzz(func(t *testing.T, a, b string, sequence uint64, duration int64) {
		e := exampleEvent()
		e.Level = LevelError
		e.Sequence, e.Duration = sequence, time.Duration(duration)
		e.Service, e.Host, e.RunID, e.Method, e.Path = a, b, a, b, a
		e.Message, e.ErrorType, e.ErrorMessage = []byte(b), a, b

		data := e.AppendJSON(nil)
		require.NotContains(t, string(data), "\n")
		d := parseDocument(t, data)
		a, b = throughJSON(t, a), throughJSON(t, b)
		require.Equal(t, sequence, d.Event.Sequence)
		require.Equal(t, time.Duration(duration), d.Event.Duration)
		require.Equal(t, []string{a, b, a, b, a, b, a, b},
			[]string{d.Service.Name, d.Host.Name, d.Labels.RunID, d.HTTP.Request.Method, d.URL.Path, d.Message, d.Error.Type, d.Error.Message})
	})
}

func throughJSON(t *testing.T, s string) (back string) {
	t.Helper()
	data, err := json.Marshal(s)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &back))
	return back
}

func TestAppendJSONAllocatesNothing(t *testing.T) {
	e := exampleEvent()
	e.Level = LevelError
	e.Message = []byte("ünï \xff \n" + strings.Repeat("x", 500))
	buf := make([]byte, 0, 4096)
	require.Zero(t, testing.AllocsPerRun(1000, func() { buf = e.AppendJSON(buf[:0]) }))
}

// BenchmarkEncodingJSON is what BenchmarkAppendJSON is held against: the same event by encoding/json.
func BenchmarkEncodingJSON(b *testing.B) {
	e := exampleEvent()
	e.Time = e.Time.Truncate(time.Millisecond)
	d := parseDocument(b, e.AppendJSON(nil))
	same, err := json.Marshal(d)
	require.NoError(b, err)
	require.Equal(b, string(e.AppendJSON(nil)), string(same))
	b.SetBytes(int64(len(same)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	e := exampleEvent()
	buf := e.AppendJSON(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
}

func TestAppendTime(t *testing.T) {
	for _, at := range []time.Time{
		{}, testStart(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 1, 0, 30, 0, 1e6, time.FixedZone("CET", 3600)),
	} {
		require.Equal(t, at.UTC().Format("2006-01-02T15:04:05.000Z"), string(appendTime(nil, at)))
	}
}

func TestAppendStatus(t *testing.T) {
	for _, status := range []int{-1, 0, 7, 99, 100, 204, 504, 999, 1000} {
		require.Equal(t, strconv.Itoa(status), string(appendStatus(nil, status)))
	}
}

func TestHexadecimalDigits(t *testing.T) {
	for b := range 256 {
		id := [16]byte{0: byte(b), 5: byte(b), 10: byte(b), 15: byte(b)}
		require.Equal(t, fmt.Sprintf("%x", id), string(appendHex(nil, id)))
		require.Equal(t, uuid.UUID(id).String(), string(appendUUID(nil, id)))
	}
}
