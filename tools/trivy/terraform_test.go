package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const open = `
variable "source_range" { type = string }

resource "aws_security_group" "example" {
  description = "An example."
}

resource "aws_vpc_security_group_ingress_rule" "example" {
  security_group_id = aws_security_group.example.id
  description       = "An example."
  # here
  cidr_ipv4   = var.source_range
  ip_protocol = "tcp"
  from_port   = 22
  to_port     = 22
}
`

func TestTerraform(t *testing.T) {
	for name, test := range map[string]struct {
		configuration, variables string
		want                     int
		said                     string
	}{
		"open to everybody":           {open, `source_range = "0.0.0.0/0"`, 1, "found    HIGH     AWS-0107 main.tf:"},
		"open to one network":         {open, `source_range = "10.0.0.0/16"`, 0, "0 of them HIGH or CRITICAL"},
		"accepted":                    {strings.Replace(open, "# here", "#trivy:ignore:AWS-0107 An example.", 1), `source_range = "0.0.0.0/0"`, 0, "accepted HIGH     AWS-0107 main.tf:"},
		"another finding is accepted": {strings.Replace(open, "# here", "#trivy:ignore:AWS-0001 An example.", 1), `source_range = "0.0.0.0/0"`, 1, "found    HIGH     AWS-0107"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			found, err := checkTerraform(t.Context(), &out, folder(t, test.configuration, test.variables), "example.tfvars")
			if err != nil {
				t.Fatal(err)
			}
			if found != test.want || !strings.Contains(out.String(), test.said) {
				t.Errorf("%d serious findings, want %d and %q in:\n%s", found, test.want, test.said, out.String())
			}
		})
	}
}

// What can't be checked never passes.
func TestTerraformRefuses(t *testing.T) {
	for name, test := range map[string]struct{ configuration, variables string }{
		"no configuration":    {"", "example.tfvars"},
		"no such variables":   {open, "other.tfvars"},
		"not a configuration": {"resource {", "example.tfvars"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if found, err := checkTerraform(t.Context(), &out, folder(t, test.configuration, ""), test.variables); err == nil {
				t.Errorf("no error, but %d findings:\n%s", found, out.String())
			}
		})
	}
}

func folder(t *testing.T, configuration, variables string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.tf": configuration, "example.tfvars": variables} {
		if name == "main.tf" && text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
