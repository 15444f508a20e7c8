package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"sluice/internal/run"
	"sluice/internal/state"
	"sluice/internal/usage"
)

// kwokModule is what tools/kwok pins: the program, and the stages that say how simulated objects behave.
const kwokModule = "sigs.k8s.io/kwok"

// stageFolders of the module: nodes get Ready and stay so, pods run or complete, claims get a volume.
var stageFolders = []string{"node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"}

type kwok struct {
	binary string
	stages string // folder
}

// buildKwok builds the pinned KWOK into the user's cache, once per version of it and of Go.
func buildKwok(ctx context.Context, detail func(string, ...any)) (kwok, error) {
	repository, err := state.Repository()
	if err != nil {
		return kwok{}, err
	}
	if _, err := exec.LookPath("go"); err != nil {
		return kwok{}, usage.Errorf("go is not on PATH: the simulator KWOK is built from source, install Go (https://go.dev/dl)")
	}
	source := filepath.Join(repository, "tools", "kwok")
	binary, err := kwokCache(ctx, source)
	if err != nil {
		return kwok{}, err
	}
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		detail("building kwok, which takes minutes the first time")
		if err := goBuild(ctx, source, kwokModule+"/cmd/kwok", binary); err != nil {
			return kwok{}, err
		}
	}
	// After the build: it has downloaded the module.
	module, err := run.Cmd{Dir: source, Args: []string{"go", "list", "-m", "-f", "{{.Dir}}", kwokModule}}.Run(ctx)
	return kwok{binary: binary, stages: filepath.Join(module, "kustomize", "stage")}, err
}

// kwokCache is the path of the binary, which names everything it is built from.
func kwokCache(ctx context.Context, source string) (string, error) {
	version, err := run.Cmd{Dir: source, Args: []string{"go", "env", "GOVERSION", "GOOS", "GOARCH"}}.Run(ctx)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write([]byte(version))
	for _, pin := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(source, pin))
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", usage.Errorf("no cache directory: set HOME or XDG_CACHE_HOME: %w", err)
	}
	dir := filepath.Join(cache, "sluice", "bin")
	return filepath.Join(dir, "kwok-"+hex.EncodeToString(hash.Sum(nil))[:16]), os.MkdirAll(dir, 0o755)
}

// goBuild builds beside its target first, so that an interrupted build leaves no half binary.
func goBuild(ctx context.Context, source, pkg, target string) error {
	partial := fmt.Sprintf("%s.%d", target, os.Getpid())
	defer os.Remove(partial)
	_, err := run.Cmd{
		Dir:  source,
		Env:  []string{"CGO_ENABLED=0"},
		Args: []string{"go", "build", "-trimpath", "-buildvcs=false", "-o", partial, pkg},
	}.Run(ctx)
	if err != nil {
		return err
	}
	return os.Rename(partial, target)
}

// stageFiles are the files of the stages; KWOK takes no folders.
func (k kwok) stageFiles() ([]string, error) {
	var files []string
	for _, folder := range stageFolders {
		found, err := filepath.Glob(filepath.Join(k.stages, folder, "*.yaml"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no stages in %s: its version in tools/kwok/go.mod keeps them elsewhere", kwokModule, filepath.Join(k.stages, folder))
		}
		files = append(files, found...)
	}
	return slices.DeleteFunc(files, func(path string) bool { return filepath.Base(path) == "kustomization.yaml" }), nil
}

func (c *Cluster) kwokFile(extension string) string { return filepath.Join(c.dir, "kwok."+extension) }

// runKwok starts KWOK as a process that outlives this one, unless it runs already. The process inherits the
// descriptor of its pid file and with it a lock on that file. Since the kernel drops the lock when the process
// ends, however it ends, the pid is known to be KWOK's as long as the file is locked.
func (c *Cluster) runKwok(ctx context.Context, client kubernetes.Interface, program kwok) error {
	pidFile, err := os.OpenFile(c.kwokFile("pid"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer pidFile.Close()
	switch err := lock(pidFile); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil
	case err != nil:
		return err
	}
	// The leases of a KWOK that was killed would keep this one from serving the nodes until they expire. The
	// kubelet of the real node makes its own anew.
	err = client.CoordinationV1().Leases(corev1.NamespaceNodeLease).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
	if err != nil {
		return err
	}
	stages, err := program.stageFiles()
	if err != nil {
		return err
	}
	log, err := os.Create(c.kwokFile("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	process := exec.Command(program.binary, "--kubeconfig", c.Kubeconfig,
		"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector="+fakeNode+"=fake",
		// By default KWOK makes no leases, and nodes turn not ready. A kubelet's last 40 s: a thousand nodes would
		// renew a hundred of them a second. topologies/sim.yaml waits as long for a node.
		"--node-lease-duration-seconds=240")
	for _, stage := range stages {
		process.Args = append(process.Args, "--config", stage)
	}
	process.Stdout, process.Stderr = log, log
	process.ExtraFiles = []*os.File{pidFile}
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := process.Start(); err != nil {
		return err
	}
	if err := pidFile.Truncate(0); err != nil {
		return err
	}
	if _, err := pidFile.WriteAt([]byte(strconv.Itoa(process.Process.Pid)), 0); err != nil {
		return err
	}
	return process.Process.Release()
}

// kwokPid is the pid of the cluster's KWOK, 0 if it does not run.
func (c *Cluster) kwokPid() (int, error) {
	pidFile, err := os.Open(c.kwokFile("pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer pidFile.Close()
	switch err := lock(pidFile); {
	case err == nil:
		return 0, nil // and closing unlocks it
	case !errors.Is(err, syscall.EWOULDBLOCK):
		return 0, err
	}
	text, err := io.ReadAll(pidFile)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// stopKwok ends the cluster's KWOK, if it runs. It keeps nothing that it would have to save.
func (c *Cluster) stopKwok() error {
	pid, err := c.kwokPid()
	if err != nil || pid == 0 {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}
