package kafka

import (
	"net"
	"strconv"
	"testing"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/describeconfigs"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/stretchr/testify/require"
)

// broker speaks the first version of Kafka's protocol that logs in. What answer returns nil for it answers as one that has the
// topic that is asked for, and tells nothing of its configuration.
func broker(t *testing.T, answer func(protocol.Message) protocol.Message) string {
	t.Helper()
	return serve(t, func(c net.Conn) {
		host, portText, err := net.SplitHostPort(c.LocalAddr().String())
		require.NoError(t, err)
		port, err := strconv.Atoi(portText)
		require.NoError(t, err)
		for {
			version, id, _, request, err := protocol.ReadRequest(c)
			if err != nil {
				return
			}
			response := answer(request)
			if response == nil {
				switch r := request.(type) {
				case *apiversions.Request:
					// Logins of the very first version are no messages of the protocol.
					response = &apiversions.Response{ApiKeys: []apiversions.ApiKeyResponse{{ApiKey: int16(protocol.SaslHandshake), MaxVersion: 1}}}
				case *metadata.Request:
					response = &metadata.Response{
						Brokers: []metadata.ResponseBroker{{Host: host, Port: int32(port)}},
						Topics:  []metadata.ResponseTopic{{Name: r.TopicNames[0], Partitions: []metadata.ResponsePartition{{}}}},
					}
				case *describeconfigs.Request:
					response = &describeconfigs.Response{}
				}
			}
			if protocol.WriteResponse(c, version, id, response) != nil {
				return
			}
		}
	})
}
