// Command schema writes the provider's schema.json and bridge-metadata.json (flags: as tfgen).
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"nutri.example/engine/hcloud/provider"
)

func main() {
	tfgen.MainWithMuxer(provider.Name, provider.Info([]byte("{}")))
}
