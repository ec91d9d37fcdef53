package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// CopyFile is the older way to copy one file.
type CopyFile struct{}

// Annotate describes the resource in the schema.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "A file copied to a server.")
	a.Deprecate(&c, "Use CopyToRemote instead.")
}

// CopyFileInputs is what the program gives; a change to any of it copies again.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate describes the fields in the schema.
func (c *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "The server to copy to.")
	a.Describe(&c.Triggers, "Values of any type; a change to one of them copies again.")
	a.Describe(&c.LocalPath, "The file to copy.")
	a.Describe(&c.RemotePath, "The path of the copy.")
}

// CopyFileOutputs is what the engine keeps.
type CopyFileOutputs struct{ CopyFileInputs }

// Create copies.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	response := infer.CreateResponse[CopyFileOutputs]{Output: CopyFileOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	to, err := openTarget(ctx, req.Inputs.Connection)
	if err != nil {
		return response, err
	}
	defer to.close()
	if err := to.putLocalFile(req.Inputs.LocalPath, req.Inputs.RemotePath); err != nil {
		return response, err
	}
	response.ID, err = newID("")
	return response, err
}
