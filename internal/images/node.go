package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sluice/internal/run"
)

const (
	nodeBase    = "sluice/node-base"
	nodeBuilder = "sluice-node-build" // the container in which Kubernetes' images are imported
	rootfs      = "sluice/node-rootfs:trixie"
)

// nodeBuild makes a complete kind node image: the node itself, with the images that kubeadm and kind start
// already in its containerd. kind's own image builder pulls what it is not given, so it cannot serve here.
func (b *Builder) nodeBuild(ctx context.Context, spec Spec, hash string) error {
	dir, err := b.context(ctx, spec)
	defer os.RemoveAll(dir)
	if err != nil {
		return err
	}
	if err := build(ctx, dir, nodeBase, hash); err != nil {
		return err
	}
	inside, err := systemImages(ctx, dir, hash, spec)
	if err != nil {
		return err
	}
	archive := filepath.Join(dir, "images.tar")
	if _, err := run.Command(append([]string{"docker", "save", "-o", archive}, inside...)...).Run(ctx); err != nil {
		return err
	}
	return commitNode(ctx, spec, hash, archive)
}

// systemImages builds the images of Kubernetes' own pods and returns their names.
func systemImages(ctx context.Context, dir, hash string, spec Spec) ([]string, error) {
	version := versionOf(spec)
	list, err := run.Command(filepath.Join(dir, "bin", "kubeadm"), "config", "images", "list", "--kubernetes-version", version).Run(ctx)
	if err != nil {
		return nil, err
	}
	containerd, err := os.ReadFile(filepath.Join(dir, "files/etc/containerd/config.toml"))
	if err != nil {
		return nil, err
	}
	pause := regexp.MustCompile(`sandbox_image = "(.*)"`).FindSubmatch(containerd)
	if pause == nil {
		return nil, fmt.Errorf("kind's containerd configuration names no sandbox_image")
	}
	images := map[string]string{ // reference: program
		string(pause[1]):                        "pause",
		"cloudnativelabs/kube-router:v2.1.0":    "kube-router",
		"sluice/local-path-provisioner:v0.0.30": "local-path-provisioner",
	}
	for _, ref := range strings.Fields(list) {
		name := ref[strings.LastIndex(ref, "/")+1 : strings.LastIndex(ref, ":")]
		if name != "pause" {
			images[ref] = name
		}
	}
	built := []string{rootfs} // local-path-provisioner's helper needs a shell
	for ref, program := range images {
		if err := systemImage(ctx, dir, hash, ref, program); err != nil {
			return nil, err
		}
		built = append(built, ref)
	}
	return built, nil
}

// systemImage builds an image that holds one program, and iptables where the program calls it.
func systemImage(ctx context.Context, dir, hash, ref, program string) error {
	from := "scratch"
	if program == "kube-proxy" || program == "kube-router" {
		from = rootfs
	}
	folder, err := os.MkdirTemp(dir, program)
	if err != nil {
		return err
	}
	if err := os.Link(filepath.Join(dir, "bin", program), filepath.Join(folder, program)); err != nil {
		return err
	}
	dockerfile := fmt.Sprintf("FROM %s\nENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nCOPY %s /usr/local/bin/\nENTRYPOINT [%q]\n",
		from, program, "/usr/local/bin/"+program)
	if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		return err
	}
	return build(ctx, folder, ref, hash)
}

// commitNode imports the archive into the containerd of a node base container and commits that.
func commitNode(ctx context.Context, spec Spec, hash, archive string) error {
	remove := func() { _, _ = run.Command("docker", "rm", "-f", "-v", nodeBuilder).Run(ctx) }
	remove() // left by one that was killed
	defer remove()
	_, err := run.Command("docker", "run", "-d", "--name", nodeBuilder, "--network", "none",
		"--security-opt", "seccomp=unconfined", "--entrypoint", "sleep", nodeBase, "infinity").Run(ctx)
	if err != nil {
		return err
	}
	inside := func(args ...string) run.Cmd {
		return run.Command(append([]string{"docker", "exec", "-i", nodeBuilder}, args...)...)
	}
	version := inside("sh", "-c", "cat >/kind/version")
	version.Stdin = strings.NewReader(versionOf(spec))
	if _, err := version.Run(ctx); err != nil {
		return err
	}
	if _, err := run.Command("docker", "exec", "-d", nodeBuilder, "containerd").Run(ctx); err != nil {
		return err
	}
	if err := waitFor(ctx, 30*time.Second, func() bool { _, err := inside("ctr", "info").Run(ctx); return err == nil }); err != nil {
		return fmt.Errorf("containerd in %s does not answer: %w", nodeBuilder, err)
	}
	images, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer images.Close()
	load := inside("ctr", "-n", "k8s.io", "images", "import", "--label=io.cri-containerd.pinned=pinned", "--no-unpack", "--digests", "-")
	load.Stdin = images
	if _, err := load.Run(ctx); err != nil {
		return err
	}
	if _, err := inside("sh", "-c", "kill $(pidof containerd)").Run(ctx); err != nil {
		return err
	}
	_, err = run.Command("docker", "commit", "-c", `ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]`,
		"-c", "LABEL "+hashLabel+"="+hash, nodeBuilder, spec.Image).Run(ctx)
	return err
}

// versionOf is the Kubernetes version, which is the node image's tag.
func versionOf(spec Spec) string { return spec.Image[strings.LastIndex(spec.Image, ":")+1:] }

func waitFor(ctx context.Context, limit time.Duration, ready func() bool) error {
	for began := time.Now(); !ready(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Since(began) > limit {
			return fmt.Errorf("not ready after %s", limit)
		}
		time.Sleep(300 * time.Millisecond)
	}
	return nil
}
