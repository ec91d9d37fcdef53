package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run runs a command at every preview and every update, keeping nothing.
type Run struct{}

// Annotate describes the function in the schema.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "Runs a command on this machine whenever the program runs.")
}

// RunInputs is what the program gives.
type RunInputs struct {
	Process
	Command string `pulumi:"command"`
}

// Annotate describes the field in the schema.
func (r *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&r.Command, "The command.")
}

// RunOutputs is what the program gets.
type RunOutputs struct {
	RunInputs
	BaseOutputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	result := RunOutputs{RunInputs: req.Input}
	err := run(ctx, req.Input.Command, &result.Process, &result.BaseOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: result}, err
}
