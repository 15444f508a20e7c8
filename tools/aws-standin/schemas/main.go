// schemas writes the schemas of the AWS resources and data sources that a Terraform configuration uses, for the stand-in.
// They come from the text of the Go module that pin.go pins, which holds them as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const module = "github.com/lonegunmanb/terraform-aws-schema/v5"

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the folder of the configuration, not %q", args)
	}
	used, err := usedTypes(args[0])
	if err != nil {
		return err
	}
	source, err := moduleDir()
	if err != nil {
		return err
	}
	all := schemas{"resources": {}, "data_sources": {}}
	for _, t := range used {
		schema, err := t.read(source)
		if err != nil {
			return err
		}
		all[t.group()][t.name] = schema
	}
	if err := all.overlay(overlayText); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(all)
}

// usedType is a resource or data source.
type usedType struct {
	data bool
	name string
}

func (t usedType) group() string {
	if t.data {
		return "data_sources"
	}
	return "resources"
}

var header = regexp.MustCompile(`(?m)^(resource|data) "(aws_[a-z0-9_]+)"`)

// usedTypes finds the types below a folder. `terraform fmt` puts each header at the start of its line.
func usedTypes(dir string) ([]usedType, error) {
	seen := map[usedType]bool{}
	var all []usedType
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tf" {
			return err
		}
		content, err := os.ReadFile(path)
		for _, match := range header.FindAllStringSubmatch(string(content), -1) {
			t := usedType{match[1] == "data", match[2]}
			if !seen[t] {
				seen[t] = true
				all = append(all, t)
			}
		}
		return err
	})
	return all, err
}

// moduleDir downloads the module, if need be.
func moduleDir() (string, error) {
	output, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	var downloaded struct{ Dir string }
	err = json.Unmarshal(output, &downloaded)
	return downloaded.Dir, err
}

// read finds the schema in the module: the one string constant of the file that has the type's name.
func (t usedType) read(source string) (schema, error) {
	folder := "resource"
	if t.data {
		folder = "data"
	}
	path := filepath.Join(source, "generated", folder, camelCase(t.name)+".go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return schema{}, fmt.Errorf("%s %s is not known to the provider: %w", folder, t.name, err)
	}
	var found schema
	ast.Inspect(file, func(node ast.Node) bool {
		constant, is := node.(*ast.ValueSpec)
		if !is || len(constant.Values) != 1 {
			return true
		}
		literal, is := constant.Values[0].(*ast.BasicLit)
		if !is {
			return true
		}
		var content string
		if content, err = strconv.Unquote(literal.Value); err == nil {
			err = json.Unmarshal([]byte(content), &found)
		}
		return false
	})
	if err == nil && found.Block.Attributes == nil {
		err = fmt.Errorf("%s has no schema", path)
	}
	return found, err
}

// camelCase makes aws_eks_cluster awsEksCluster.
func camelCase(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
