//go:build pin

package main

// Pinned here, and read as text by ./schemas: compiling the whole module would take minutes.
import _ "github.com/lonegunmanb/terraform-aws-schema/v5/generated/resource"
