//go:build terraform

// Package terraform checks terraform/ with OpenTofu, which reads the same language: with the real AWS provider where the
// provider registry answers, and with tools/aws-standin otherwise.
package terraform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
)

const (
	registry        = "registry.opentofu.org" // the host of the provider's address, hashicorp/aws
	providerVersion = "6.28.0"
)

// What TestMain finds out.
var (
	root    string
	standIn bool   // whether the provider is tools/aws-standin
	config  string // OpenTofu's own configuration file; empty with the real provider
)

func TestMain(m *testing.M) {
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "terraform:", err)
		code = 1
	}
	os.Exit(code)
}

func prepare(m *testing.M) (int, error) {
	var err error
	if root, err = state.Repository(); err != nil {
		return 0, err
	}
	if _, err := os.Stat(binary()); err != nil {
		return 0, fmt.Errorf("OpenTofu is not built: run `go run ./test/tiers --only terraform`: %w", err)
	}
	standIn = !registryAnswers()
	if !standIn {
		fmt.Printf("provider: hashicorp/aws from %s\n", registry)
		return m.Run(), nil
	}
	fmt.Printf("provider: tools/aws-standin, since %s does not answer: the real schemas, no cloud behind them\n", registry)
	dir, err := os.MkdirTemp("", "sluice-terraform")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if config, err = mirror(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func binary() string { return filepath.Join(root, "bin", "tofu") }

func registryAnswers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+registry+"/v1/providers/hashicorp/aws/versions", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// mirror lays the stand-in out as a provider that was downloaded, and writes the configuration that makes it the only source.
func mirror(dir string) (string, error) {
	built := filepath.Join(root, "bin", "aws-standin")
	place := filepath.Join(dir, registry, "hashicorp", "aws", providerVersion, runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(place, 0o755); err != nil {
		return "", err
	}
	for from, to := range map[string]string{
		"terraform-provider-aws": "terraform-provider-aws_v" + providerVersion,
		"schemas.json":           "schemas.json",
	} {
		if err := copyFile(filepath.Join(built, from), filepath.Join(place, to)); err != nil {
			return "", err
		}
	}
	file := filepath.Join(dir, "tofu.rc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir)
	return file, os.WriteFile(file, []byte(text), 0o644)
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode())
}

// options are those of a copy of the configuration, so that neither state nor lock file come into the repository.
func options(t *testing.T, variables string) *terraform.Options {
	t.Helper()
	dir := t.TempDir()
	source := os.DirFS(filepath.Join(root, "terraform"))
	require.NoError(t, fs.WalkDir(source, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == ".terraform":
			return fs.SkipDir
		case entry.IsDir():
			err := os.Mkdir(filepath.Join(dir, path), 0o755)
			if errors.Is(err, fs.ErrExist) {
				return nil
			}
			return err
		case filepath.Ext(path) == ".tfstate" || entry.Name() == ".terraform.lock.hcl" || entry.Name() == "backend.tf":
			return nil
		}
		return copyFile(filepath.Join(root, "terraform", path), filepath.Join(dir, path))
	}))
	o := &terraform.Options{
		TerraformBinary: binary(), TerraformDir: dir, NoColor: true, BackendConfig: map[string]any{},
		EnvVars:      map[string]string{"TF_CLI_CONFIG_FILE": config, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"},
		PlanFilePath: filepath.Join(dir, "plan"),
	}
	if variables != "" {
		o.VarFiles = []string{filepath.Join(dir, "examples", variables)}
	}
	return o
}

// standInOnly leaves a test out that would plan with the real provider: that one asks AWS, with somebody's credentials.
func standInOnly(t *testing.T) {
	t.Helper()
	if !standIn {
		t.Skip("the real provider plans with credentials for AWS only; `make tf-plan` does")
	}
}
