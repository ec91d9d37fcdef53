package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"

	"nutri.example/engine/command/ways"
)

// CopyToRemote puts an asset or an archive on a server.
type CopyToRemote struct{}

// Annotate describes the resource in the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "A file or a folder copied to a server. Deleting the resource leaves it there.")
}

// CopyToRemoteInputs is what the program gives.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection"        provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate describes the fields in the schema.
func (c *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "The server to copy to.")
	a.Describe(&c.Triggers, "Values of any type; a change to one of them copies again.")
	a.Describe(&c.Source, "What to copy. Archive files are not unpacked; folders are copied whole.")
	a.Describe(&c.RemotePath, "Where to. Missing parent folders are made; into a folder that is "+
		"there, the source is copied under its own name.")
}

func (c *CopyToRemoteInputs) hash() string {
	if c.Source.Archive != nil {
		return c.Source.Archive.Hash
	}
	return c.Source.Asset.Hash
}

// CopyToRemoteOutputs is what the engine keeps.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Check wants a source that can be copied, once it is known.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	source, given := req.NewInputs.GetOk("source")
	if !given || !source.IsComputed() || ways.AreOriginal() {
		failures = append(failures, checkSource(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

// Create copies.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	response := infer.CreateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	err := req.Inputs.upload(ctx)
	if err == nil {
		response.ID, err = newID("")
	}
	return response, err
}

// Update copies again when the source or the destination is another; a new way to the server
// is no reason to.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	var err error
	moved := req.Inputs.RemotePath != req.State.RemotePath
	if !req.DryRun && (moved || req.Inputs.hash() != req.State.hash()) {
		err = req.Inputs.upload(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}, err
}

func (c *CopyToRemoteInputs) upload(ctx context.Context) error {
	to, err := openTarget(ctx, c.Connection)
	if err != nil {
		return err
	}
	defer to.close()
	return to.putSource(c.Source, c.RemotePath)
}
