// Package local runs commands on the machine the engine runs on.
package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Process is how a command is run.
type Process struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the fields in the schema.
func (p *Process) Annotate(a infer.Annotator) {
	a.Describe(&p.Stdin, "The text the command reads on its standard input.")
	a.Describe(&p.Logging, "Which streams are shown while the command runs; by default both.")
	a.Describe(&p.Interpreter, "The program, with arguments, that gets the command as its last "+
		"argument; by default /bin/sh -c.")
	a.Describe(&p.Dir, "The folder to run in.")
	a.Describe(&p.Environment, "Variables for the command, besides the engine's own.")
	a.Describe(&p.AssetPaths, "Patterns of files to give back as assets: * stops at a slash, "+
		"** does not, a leading ! takes files out again; the last pattern that fits decides.")
	a.Describe(&p.ArchivePaths, "Patterns, as in assetPaths, of files to give back as one archive.")
	a.Describe(&p.AddPreviousOutputInEnv, "Whether the last run's output is given to the next "+
		"as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR; by default yes.")
}

// BaseOutputs is what the last run said and made.
type BaseOutputs struct {
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// Annotate describes the fields in the schema.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "What the last run wrote on its standard output.")
	a.Describe(&o.Stderr, "What the last run wrote on its standard error.")
	a.Describe(&o.Assets, "The files found by assetPaths, by their path in the folder.")
	a.Describe(&o.Archive, "The files found by archivePaths.")
}
