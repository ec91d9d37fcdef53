// Command plugin runs shell commands here or over SSH as part of a Pulumi program. It serves
// the resources of the Python package pulumi-command, written on Pulumi's provider library.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"nutri.example/engine/command/local"
	"nutri.example/engine/command/remote"
)

// The version is the one the Python package asks the engine for.
const (
	name    = "command"
	version = "1.2.1"
)

func provider() p.Provider {
	served := infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "Commands, run here or over SSH, as resources.",
			License:     "Apache-2.0",
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
		},
		Functions: []infer.InferredFunction{infer.Function(&local.Run{})},
	})
	// There is no configuration to check, and the library's check leaves a note of its version
	// in the result, which makes the engine warn at every run.
	served.CheckConfig = nil
	return served
}

func main() {
	if err := provider().Run(context.Background(), name, version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
