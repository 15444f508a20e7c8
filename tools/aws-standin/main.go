// terraform-provider-aws stands in for the provider hashicorp/aws where no provider registry can be reached. It has the
// real provider's schemas, so that configurations are checked against them, and no cloud behind it: what AWS would
// decide is made up. It knows neither which changes replace a resource, nor most of the values that AWS refuses.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// serve reads the schemas beside the program, where the tests put them (see ./schemas).
func serve() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schemas.json"))
	if err != nil {
		return err
	}
	p, err := newProvider(content)
	if err != nil {
		return err
	}
	return tf5server.Serve("registry.terraform.io/hashicorp/aws", func() tfprotov5.ProviderServer { return p })
}
