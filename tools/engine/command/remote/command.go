package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"nutri.example/engine/command/lifecycle"
)

// Command runs commands on a server at the turns of its life.
type Command struct{}

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "Commands run on a server, as one resource.")
}

// CommandInputs is what the program gives.
type CommandInputs struct {
	lifecycle.Commands
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *Logging          `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection" provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the fields in the schema.
func (c *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Stdin, "The text the command reads on its standard input.")
	a.Describe(&c.Logging, "Which streams are shown while the command runs; by default both.")
	a.Describe(&c.Connection, "The server to run on.")
	a.Describe(&c.Environment, "Variables for the command; the server's AcceptEnv must allow them.")
	a.Describe(&c.AddPreviousOutputInEnv, "Whether the last run's output is given to the next "+
		"as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR; by default yes.")
}

// BaseOutputs is what the last run said.
type BaseOutputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the fields in the schema.
func (c *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Stdout, "What the last run wrote on its standard output.")
	a.Describe(&c.Stderr, "What the last run wrote on its standard error.")
}

// CommandOutputs is what the engine keeps.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// Create runs the create command, if there is one.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := newID(req.Name)
	if err == nil && !req.DryRun {
		err = state.run(ctx, req.Inputs.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the update command, or else the create command, with the last run's output.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, BaseOutputs: req.State.BaseOutputs}
	var err error
	if !req.DryRun {
		err = state.run(ctx, req.Inputs.OnUpdate())
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the delete command the resource was last updated with.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}

const idLength = 8 // random hexadecimal digits at the end of an id

func newID(name string) (string, error) { return resource.NewUniqueHex(name, idLength, 0) }
