package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func configure(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is used is there, as version 6 has it, and nothing else.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{configure(t, "resource \"aws_eip\" \"a\" {}\ndata \"aws_region\" \"b\" {}\n")}, &out); err != nil {
		t.Fatal(err)
	}
	var got schemas
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got["resources"]) != 1 || len(got["data_sources"]) != 1 {
		t.Fatalf("%d resources and %d data sources, want one of each", len(got["resources"]), len(got["data_sources"]))
	}
	arguments := got["resources"]["aws_eip"].Block.Attributes
	if arguments["domain"] == nil || arguments["region"] == nil || arguments["vpc"] != nil {
		t.Error("want domain of version 5, region of version 6, and no vpc, which 6 took away")
	}
}

func TestUnknownType(t *testing.T) {
	if err := run([]string{configure(t, "resource \"aws_vcp\" \"a\" {}\n")}, &bytes.Buffer{}); err == nil {
		t.Error("aws_vcp has a schema")
	}
}

func TestOverlayOfNonsense(t *testing.T) {
	if err := (schemas{}).overlay("* aws_vpc arn"); err == nil {
		t.Error("a line that is none was taken")
	}
}
