// Package provider describes the Hetzner Cloud provider to the Terraform bridge.
package provider

import (
	"context"

	"github.com/hetznercloud/terraform-provider-hcloud/hcloud"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Name is the provider's package name; Version is the one the Python SDK asks the engine for.
const (
	Name    = "hcloud"
	Version = "1.41.0"
)

// Longest name autonaming makes, and what it puts before the random suffix.
const (
	longestName   = 255
	nameSeparator = "-"
)

// Info is all the bridge needs to know. The metadata is what an earlier run of cmd/schema
// wrote, "{}" before the first.
func Info(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: pf.MuxShimWithPF(context.Background(),
			sdkv2.NewProvider(hcloud.Provider()), hcloud.NewPluginProvider()),
		Name:         Name,
		Version:      Version,
		GitHubOrg:    "hetznercloud",
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"hcloud_server": {PreCheckCallback: emptyAliasIPs},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("hcloud_", "index", tokens.MakeStandard(Name)))
	info.MustApplyAutoAliases()
	idsAreStrings(&info)
	info.SetAutonaming(longestName, nameSeparator)
	return info
}

// idsAreStrings makes every resource's id a string, as the engine wants it: the newer half of
// the provider declares numbers.
func idsAreStrings(info *tfbridge.ProviderInfo) {
	info.P.ResourcesMap().Range(func(name string, res shim.Resource) bool {
		id, declared := res.Schema().GetOk("id")
		if known := info.Resources[name]; known != nil && declared && id.Type() != shim.TypeString {
			if known.Fields == nil {
				known.Fields = map[string]*tfbridge.SchemaInfo{}
			}
			known.Fields["id"] = &tfbridge.SchemaInfo{Type: "string"}
		}
		return true
	})
}

// emptyAliasIPs gives each of a server's network attachments a list of alias addresses: the
// provider plans a change at every run for one without (its issue 650).
func emptyAliasIPs(
	_ context.Context, config, _ resource.PropertyMap,
) (resource.PropertyMap, error) {
	networks := config["networks"]
	if !networks.IsArray() {
		return config, nil
	}
	for _, network := range networks.ArrayValue() {
		if !network.IsObject() {
			continue
		}
		if _, given := network.ObjectValue()["aliasIps"]; !given {
			network.ObjectValue()["aliasIps"] = resource.NewArrayProperty(nil)
		}
	}
	return config, nil
}
