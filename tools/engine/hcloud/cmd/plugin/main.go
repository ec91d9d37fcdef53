// Command plugin serves the Hetzner Cloud provider to the Pulumi engine.
//
// The two embedded files come from cmd/schema; the build writes them beside this file in its
// own copy of the sources, so they are not in the repository.
package main

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"nutri.example/engine/hcloud/provider"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

func main() {
	tfbridge.MainWithMuxer(context.Background(), provider.Name, provider.Info(metadata), schema)
}
