package remote

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"nutri.example/engine/command/output"
)

// Logging says which of a command's streams are shown while it runs; both are always kept.
type Logging string

// What Logging may be.
const (
	LogStdout          Logging = "stdout"
	LogStderr          Logging = "stderr"
	LogStdoutAndStderr Logging = "stdoutAndStderr"
	LogNothing         Logging = "none"
)

// Values makes Logging an enumeration in the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: string(LogStdout), Value: LogStdout, Description: "Standard output alone"},
		{Name: string(LogStderr), Value: LogStderr, Description: "Standard error alone"},
		{Name: string(LogStdoutAndStderr), Value: LogStdoutAndStderr, Description: "Both"},
		{Name: string(LogNothing), Value: LogNothing, Description: "Neither"},
	}
}

// streams turns the choice, both if there is none, into switches.
func (l *Logging) streams() output.Streams {
	chosen := LogStdoutAndStderr
	if l != nil {
		chosen = *l
	}
	return output.Streams{
		Stdout: chosen == LogStdout || chosen == LogStdoutAndStderr,
		Stderr: chosen == LogStderr || chosen == LogStdoutAndStderr,
	}
}
