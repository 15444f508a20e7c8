// Package cluster makes and deletes kind clusters of this project's own. Each topology has its own cluster
// name, kubeconfig file and Docker network: what was on the machine before is never touched.
package cluster

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	kind "sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/constants"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"

	"sluice/internal/run"
	"sluice/internal/state"
	"sluice/internal/usage"
)

const (
	network      = "sluice" // the Docker network of all our clusters
	readyTimeout = 3 * time.Minute
)

// Cluster is one kind cluster, existing or not.
type Cluster struct {
	Name       string // of the kind cluster, sluice-<topology>
	Kubeconfig string // path of its own kubeconfig file

	topology string
	dir      string // its state
	config   []byte
	provider *kind.Provider
	detail   *detailLogger
}

// New describes the cluster of a topology ("dev", "zones" or "sim"); it creates nothing.
func New(topologyName string) (*Cluster, error) {
	config, err := topology(topologyName)
	if err != nil {
		return nil, err
	}
	dir, err := state.Dir(topologyName)
	if err != nil {
		return nil, err
	}
	// The only way in which kind's library takes a network of one's own.
	if err := os.Setenv("KIND_EXPERIMENTAL_DOCKER_NETWORK", network); err != nil {
		return nil, err
	}
	logger := &detailLogger{}
	return &Cluster{
		Name:       "sluice-" + topologyName,
		Kubeconfig: filepath.Join(dir, "kubeconfig"),
		topology:   topologyName,
		dir:        dir,
		config:     bytes.ReplaceAll(config, []byte("STATE"), []byte(dir)),
		provider:   kind.NewProvider(kind.ProviderWithDocker(), kind.ProviderWithLogger(logger)),
		detail:     logger,
	}, nil
}

// The state of a cluster is one file: written as "creating" before anything is created, and as "created"
// once the cluster is complete. Without the file, a cluster of that name is not ours.
func (c *Cluster) stateFile() string { return filepath.Join(c.dir, "state") }

func (c *Cluster) setState(s string) error { return os.WriteFile(c.stateFile(), []byte(s), 0o644) }

func (c *Cluster) state() string {
	text, err := os.ReadFile(c.stateFile())
	if err != nil {
		return ""
	}
	return string(text)
}

// Exists tells whether Docker has containers of a cluster of this name, running or not.
func (c *Cluster) Exists() (bool, error) {
	names, err := c.provider.List()
	return slices.Contains(names, c.Name), err
}

// Ensure returns once the cluster's API answers: by starting what is there, or by creating it with the
// given node image ("" is kind's default). What an earlier, killed run left half-made is made anew.
func (c *Cluster) Ensure(ctx context.Context, nodeImage string, detail func(string, ...any)) error {
	c.detail.to = detail
	exists, err := c.Exists()
	if err != nil {
		return err
	}
	if exists {
		switch c.state() {
		case "":
			return usage.Errorf("a kind cluster %q exists that Sluice did not create: rename or delete it (kind delete cluster --name %s)", c.Name, c.Name)
		case "created":
			if err := c.start(ctx); err == nil {
				detail("already there, kept")
				return nil
			} else if ctx.Err() != nil {
				return err
			}
			detail("the cluster of an earlier run does not come back: making it anew")
		default:
			detail("removing what an interrupted run left")
		}
		if err := c.Delete(ctx); err != nil {
			return err
		}
	}
	return c.create(ctx, nodeImage)
}

func (c *Cluster) create(ctx context.Context, nodeImage string) error {
	if err := checkHostPorts(c.config); err != nil {
		return err
	}
	if err := c.setState("creating"); err != nil {
		return err
	}
	options := []kind.CreateOption{
		kind.CreateWithRawConfig(c.config),
		kind.CreateWithKubeconfigPath(c.Kubeconfig),
		kind.CreateWithDisplayUsage(false),
		kind.CreateWithDisplaySalutation(false),
	}
	if nodeImage != "" {
		options = append(options, kind.CreateWithNodeImage(nodeImage))
	}
	if c.topology != "sim" { // its real node has no pod network to wait for
		options = append(options, kind.CreateWithWaitForReady(readyTimeout))
	}
	if err := c.provider.Create(c.Name, options...); err != nil {
		return fmt.Errorf("kind cluster %s: %w", c.Name, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.setState("created")
}

// start starts the cluster's containers (after a restart of the machine they are stopped) and waits for
// the API server and every node.
func (c *Cluster) start(ctx context.Context) error {
	all, err := c.Nodes()
	if err != nil {
		return err
	}
	for _, node := range all {
		if _, err := run.Command("docker", "start", node.String()).Run(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return waitForNodes(ctx, c.Kubeconfig, c.topology != "sim")
}

// Nodes are the cluster's node containers.
func (c *Cluster) Nodes() ([]nodes.Node, error) { return c.provider.ListInternalNodes(c.Name) }

// loadedImages is the file in each node that lists what Load last brought there, a line "id reference" each. It
// is asked instead of the node's containerd, which knows images by other ids than Docker does.
const loadedImages = "/kind/sluice-images"

// Load brings local images into every node that runs pods and does not have just these.
func (c *Cluster) Load(ctx context.Context, images []string) error {
	return c.load(ctx, images, loadedImages)
}

// LoadExtra brings one more image there, beside what Load brings.
func (c *Cluster) LoadExtra(ctx context.Context, image string) error {
	return c.load(ctx, []string{image}, loadedImages+"-extra")
}

// load brings images, and lists them in a file of each node.
func (c *Cluster) load(ctx context.Context, images []string, list string) error {
	all, err := c.Nodes()
	if err != nil {
		return err
	}
	if workers, err := nodeutils.SelectNodesByRole(all, constants.WorkerNodeRoleValue); err != nil {
		return err
	} else if len(workers) > 0 {
		all = workers
	}
	wanted, err := run.Command(append([]string{"docker", "image", "inspect", "-f", "{{.Id}} {{index .RepoTags 0}}"}, images...)...).Run(ctx)
	if err != nil {
		return err
	}
	stale := slices.DeleteFunc(all, func(node nodes.Node) bool {
		var loaded bytes.Buffer
		// A node that nothing was brought to has no such file.
		err := node.CommandContext(ctx, "cat", list).SetStdout(&loaded).Run()
		return err == nil && loaded.String() == wanted
	})
	if len(stale) == 0 {
		return nil
	}
	if err := bring(ctx, stale, images); err != nil {
		return err
	}
	for _, node := range stale {
		if err := nodeutils.WriteFile(node, list, wanted); err != nil {
			return err
		}
	}
	return nil
}

// bring imports local images into nodes, into all of them at the same time: Docker takes as long to give the images as a node
// to take them.
func bring(ctx context.Context, to []nodes.Node, images []string) error {
	group, ctx := errgroup.WithContext(ctx)
	var into []io.Writer
	var ends []*io.PipeWriter
	for _, node := range to {
		archive, end := io.Pipe()
		into, ends = append(into, end), append(ends, end)
		group.Go(func() error {
			err := importArchive(ctx, node, archive)
			go func() { _, _ = io.Copy(io.Discard, archive) }() // what this node takes no more must not stop the others
			return err
		})
	}
	err := save(ctx, io.MultiWriter(into...), images)
	if ctx.Err() != nil {
		err = nil // a node's error is the reason, and the one to tell
	}
	for _, end := range ends {
		end.CloseWithError(err) // without one the archive has ended
	}
	return cmp.Or(err, group.Wait())
}

// save writes local images as one archive.
func save(ctx context.Context, archive io.Writer, images []string) error {
	var problem bytes.Buffer
	command := exec.CommandContext(ctx, "docker", append([]string{"save"}, images...)...)
	command.Stdout, command.Stderr = archive, &problem
	if err := command.Run(); err != nil {
		return fmt.Errorf("docker save: %w\n%s", err, problem.Bytes())
	}
	return nil
}

// importArchive gives a node the images as they are. The first pod of an image unpacks it, so that a node is not
// filled with what it never runs; kind's own function unpacks everything everywhere.
func importArchive(ctx context.Context, node nodes.Node, archive io.Reader) error {
	var output bytes.Buffer
	command := node.CommandContext(ctx, "ctr", "--namespace=k8s.io", "images", "import", "--no-unpack", "--digests", "-")
	if err := command.SetStdin(archive).SetStdout(&output).SetStderr(&output).Run(); err != nil {
		return fmt.Errorf("images into %s: %w\n%s", node, err, output.Bytes())
	}
	return nil
}

// Delete deletes the cluster if it is ours, its kubeconfig, its state and, with the last cluster, the
// network. It returns without an error when there is nothing to delete.
func (c *Cluster) Delete(ctx context.Context) error {
	exists, err := c.Exists()
	if err != nil {
		return err
	}
	if exists && c.state() == "" {
		return usage.Errorf("the kind cluster %q was not created by Sluice: it is left alone", c.Name)
	}
	if err := c.stopKwok(); err != nil {
		return err
	}
	if exists {
		if err := c.provider.Delete(c.Name, c.Kubeconfig); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	return removeNetwork(ctx)
}

// removeNetwork removes our Docker network unless a container, running or not, still is on it.
func removeNetwork(ctx context.Context) error {
	users, err := run.Command("docker", "ps", "-aq", "--filter", "network="+network).Run(ctx)
	if err != nil || users != "" {
		return err
	}
	found, err := run.Command("docker", "network", "ls", "-q", "--filter", "name=^"+network+"$").Run(ctx)
	if err != nil || found == "" {
		return err
	}
	_, err = run.Command("docker", "network", "rm", network).Run(ctx)
	return err
}

// Memory is what all node containers use now, in bytes, page cache left out.
func (c *Cluster) Memory(ctx context.Context) (int64, error) {
	all, err := c.Nodes()
	if err != nil {
		return 0, err
	}
	var total int64
	for _, node := range all {
		used, err := nodeMemory(ctx, node)
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// nodeMemory reads the node's own cgroup, version 2 or 1, from inside.
func nodeMemory(ctx context.Context, node nodes.Node) (int64, error) {
	var out bytes.Buffer
	script := `cd /sys/fs/cgroup
if [ -f memory.current ]; then cat memory.current; awk '$1 == "inactive_file" {print $2}' memory.stat
else cat memory/memory.usage_in_bytes; awk '$1 == "total_inactive_file" {print $2}' memory/memory.stat; fi`
	if err := node.CommandContext(ctx, "sh", "-c", script).SetStdout(&out).Run(); err != nil {
		return 0, err
	}
	var used, cache int64
	if _, err := fmt.Fscan(strings.NewReader(out.String()), &used, &cache); err != nil {
		return 0, fmt.Errorf("memory of %s: %q: %w", node, out.String(), err)
	}
	return used - cache, nil
}
