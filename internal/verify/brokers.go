package verify

import (
	"github.com/segmentio/kafka-go"

	"sluice/internal/kube"
)

// Brokers is a client of the release's Kafka, which it reaches as a verification does.
func Brokers(client *kube.Client, namespace, release string) *kafka.Client {
	return newTopic(client, namespace, release+"-kafka", "").client
}
