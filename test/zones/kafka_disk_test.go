//go:build zones

package zones

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/test/live"
)

// The disk of a broker fills to the last byte: the broker stops, the other two go on, and it comes back when there is room.
func TestFullKafkaDisk(t *testing.T) {
	live.SoakOnly(t)
	r, l := underLoad(t)
	const victim = 2
	fill, free := r.smallDisk(t, broker(victim))
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	_, running, err := r.Process(t.Context(), broker(victim))
	require.NoError(t, err)
	full := time.Now()
	fill()
	require.Eventually(t, func() bool {
		_, now, err := r.Process(t.Context(), broker(victim))
		return err == nil && (now.State.Running == nil || now.ContainerID != running.ContainerID)
	}, 3*time.Minute, 200*time.Millisecond, "a broker that can't write must end")
	before := l.count()
	r.awaitAlert(t, "KafkaBrokerDown", full, 2*time.Minute)
	require.Greater(t, l.count(), before, "two brokers go on")
	free()
	began := time.Now()
	r.waitPod(t, broker(victim), 8*time.Minute)
	t.Logf("%s is back %.0f s after there was room", broker(victim), time.Since(began).Seconds())
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	l.stop(t)
	l.check(t)
}

// smallDisk puts a file system of its own, in the memory of the node, under the volume of a pod, which restarts on a copy of
// its data: no test may fill the disk of the machine itself. fill leaves no room on it, free takes that back.
func (r *release) smallDisk(t *testing.T, pod string) (fill, free func()) {
	t.Helper()
	node, _, err := r.Process(t.Context(), pod)
	require.NoError(t, err)
	claim, err := r.CoreV1().PersistentVolumeClaims(name).Get(t.Context(), "data-"+pod, metav1.GetOptions{})
	require.NoError(t, err)
	volume, err := r.CoreV1().PersistentVolumes().Get(t.Context(), claim.Spec.VolumeName, metav1.GetOptions{})
	require.NoError(t, err)
	var folder string
	switch source := volume.Spec.PersistentVolumeSource; {
	case source.HostPath != nil:
		folder = source.HostPath.Path
	case source.Local != nil:
		folder = source.Local.Path
	default:
		require.Fail(t, "the volume is no folder of its node")
	}
	shell := func(ctx context.Context, script string) {
		out, err := live.Docker(ctx, "exec", node, "sh", "-euc", script)
		require.NoError(t, err, out)
	}
	restart := func(ctx context.Context) {
		require.NoError(t, r.CoreV1().Pods(name).Delete(ctx, pod, metav1.DeleteOptions{}))
	}
	t.Cleanup(func() { // back to the true disk; what the broker lacks there it copies from the others
		ctx := context.WithoutCancel(t.Context())
		shell(ctx, "umount --lazy "+folder+" /run/small-disk")
		restart(ctx)
		require.Eventually(t, func() bool { return r.NotReady(ctx, "kafka") == "" }, 5*time.Minute, time.Second)
	})
	const spare = 64 << 20
	shell(t.Context(), strings.ReplaceAll(fmt.Sprintf(`
		used=$(du -sb FOLDER | cut -f1)
		mkdir -p /run/small-disk
		mount -t tmpfs -o size=$((used + used / 4 + %d)),mode=$(stat -c %%a FOLDER),uid=$(stat -c %%u FOLDER),gid=$(stat -c %%g FOLDER) small-disk /run/small-disk
		cp -a FOLDER/. /run/small-disk/ || true # files that the broker deletes meanwhile
		mount --bind /run/small-disk FOLDER`, spare), "FOLDER", folder))
	restart(t.Context())
	fill = func() { shell(t.Context(), "cat /dev/zero > "+folder+"/ballast || true") }
	free = func() { shell(t.Context(), "rm "+folder+"/ballast") }
	return fill, free
}
