package network

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"sluice/internal/kube"
	"sluice/internal/run"
)

// Connect opens a TCP connection from a running pod of a kind cluster to each address, host:port, and returns those
// that answer within 3 s. It enters the pod's network from its node, so the pod needs no program for it.
func Connect(ctx context.Context, from *corev1.Pod, addresses []string) (map[string]bool, error) {
	enter := fmt.Sprintf("nsenter --net --target $(cat %s)", kube.PIDFile(from.Status.ContainerStatuses[0].ContainerID))
	return connect(ctx, from.Spec.NodeName, enter, addresses)
}

// ConnectFromNode does the same from the node itself.
func ConnectFromNode(ctx context.Context, node string, addresses []string) (map[string]bool, error) {
	return connect(ctx, node, "", addresses)
}

func connect(ctx context.Context, node, enter string, addresses []string) (map[string]bool, error) {
	const try = `for address; do
  timeout 3 bash -c "exec 3<>/dev/tcp/${address/:/\/}" 2>/dev/null && echo "$address" &
done
wait`
	command := enter + ` bash -c "$0" connect "$@"`
	out, err := run.Command(append([]string{"docker", "exec", node, "bash", "-c", command, try}, addresses...)...).Run(ctx)
	if err != nil {
		return nil, err
	}
	answered := map[string]bool{}
	for _, address := range strings.Fields(out) {
		answered[address] = true
	}
	return answered, nil
}
