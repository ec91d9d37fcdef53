//go:build tools

// Package cli pins the Pulumi command line and the scripts shipped inside its SDK.
package cli

import (
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	_ "github.com/pulumi/pulumi/sdk/v3/go/common/version"
)
