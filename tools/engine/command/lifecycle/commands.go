// Package lifecycle holds what the commands of a resource have in common: which one runs when.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Commands are run at the turns of a resource's life.
type Commands struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the fields in the schema.
func (c *Commands) Annotate(a infer.Annotator) {
	a.Describe(&c.Triggers, "Values of any type; a change to one of them replaces the resource.")
	a.Describe(&c.Create, "Runs when the resource is created, "+
		"and when its inputs change if there is no update command.")
	a.Describe(&c.Update, "Runs when the resource's inputs change.")
	a.Describe(&c.Delete, "Runs when the resource is deleted.")
}

// OnUpdate is the command for a change of inputs: update if there is one, create otherwise.
func (c *Commands) OnUpdate() *string {
	if c.Update != nil {
		return c.Update
	}
	return c.Create
}
