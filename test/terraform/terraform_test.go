//go:build terraform

package terraform

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFormat(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), binary(), "fmt", "-check", "-diff", "-recursive", filepath.Join(root, "terraform")).CombinedOutput()
	require.NoError(t, err, "run `bin/tofu fmt -recursive terraform`:\n%s", output)
}

var passed = regexp.MustCompile(`Success! (\d+) passed, 0 failed`)

// TestModules runs terraform/tests: every variable's good and bad values, and what must hold of the modules.
func TestModules(t *testing.T) {
	o := options(t, "")
	terraform.InitAndValidate(t, o)
	output, err := terraform.RunTerraformCommandE(t, o, "test", "-no-color")
	require.NoError(t, err)
	count := passed.FindStringSubmatch(output)
	require.NotNil(t, count, output)
	runs, err := strconv.Atoi(count[1])
	require.NoError(t, err)
	require.Greater(t, runs, 40, "runs of terraform/tests")
}

// TestBadConfigurations breaks the configuration: the provider, the stand-in too, must refuse it.
func TestBadConfigurations(t *testing.T) {
	for name, bad := range map[string]struct{ text, fault string }{
		"unknown argument":          {`resource "aws_vpc" "bad" { cidr = "10.0.0.0/16" }`, "Unsupported argument"},
		"missing argument":          {`resource "aws_eks_addon" "bad" { addon_name = "coredns" }`, "Missing required argument"},
		"wrong type":                {`resource "aws_vpc" "bad" { enable_dns_support = "maybe" }`, "a bool is required"},
		"unknown resource":          {`resource "aws_vcp" "bad" {}`, "Invalid resource type"},
		"unknown block":             {"resource \"aws_vpc\" \"bad\" {\n  taint {}\n}", "Unsupported block type"},
		"missing block":             {`resource "aws_eks_cluster" "bad" {` + "\n  name = \"a\"\n  role_arn = \"b\"\n}", "Insufficient vpc_config blocks"},
		"too many blocks":           {"resource \"aws_launch_template\" \"bad\" {\n  metadata_options {}\n  metadata_options {}\n}", "Too many metadata_options blocks"},
		"a computed attribute":      {`resource "aws_vpc" "bad" { arn = "mine" }`, "arn"},
		"gone in version 6":         {`resource "aws_eip" "bad" { vpc = true }`, "Unsupported argument"},
		"attribute of another type": {`output "bad" { value = module.network.vpc }`, "Unsupported attribute"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, "")
			require.NoError(t, os.WriteFile(filepath.Join(o.TerraformDir, "bad.tf"), []byte(bad.text), 0o644))
			terraform.Init(t, o)
			output, err := terraform.ValidateE(t, o)
			require.Error(t, err, "validate found nothing:\n%s", output)
			assert.Contains(t, output+err.Error(), bad.fault)
		})
	}
}

// TestApplyAndDestroy goes the whole way of each example: what was applied needs no change, and all of it can go.
func TestApplyAndDestroy(t *testing.T) {
	standInOnly(t)
	examples, err := filepath.Glob(filepath.Join(root, "terraform", "examples", "*.tfvars"))
	require.NoError(t, err)
	require.Len(t, examples, 3)
	for _, example := range examples {
		t.Run(filepath.Base(example), func(t *testing.T) {
			o := options(t, filepath.Base(example))
			o.PlanFilePath = "" // each step plans for itself
			terraform.InitAndApply(t, o)
			assert.Contains(t, terraform.Output(t, o, "update_kubeconfig"), "aws eks update-kubeconfig --region us-east-1 --name sluice")
			assert.Equal(t, terraform.DefaultSuccessExitCode, terraform.PlanExitCode(t, o), "a second plan changes something")
			terraform.Destroy(t, o)
			left, err := terraform.RunTerraformCommandAndGetStdoutE(t, o, "state", "list")
			require.NoError(t, err)
			assert.Empty(t, left, "what destroy left")
		})
	}
}
