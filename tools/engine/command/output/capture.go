// Package output collects what a command says while it runs.
package output

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Names of the variables that carry a run's output into the next run.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Streams says which of a command's streams are logged as they come.
type Streams struct{ Stdout, Stderr bool }

// Capture keeps a command's two streams apart, keeps them once more in the order they came (for
// an error), and logs those asked for.
type Capture struct {
	mutex          sync.Mutex
	stdout, stderr bytes.Buffer
	both           bytes.Buffer
	out, err       *lineLogger
}

// NewCapture makes an empty one that logs to the resource of the context.
func NewCapture(ctx context.Context, logged Streams) *Capture {
	return &Capture{out: newLineLogger(ctx, logged.Stdout), err: newLineLogger(ctx, logged.Stderr)}
}

// Stdout takes the command's standard output.
func (c *Capture) Stdout() io.Writer { return stream{c, &c.stdout, c.out} }

// Stderr takes the command's standard error.
func (c *Capture) Stderr() io.Writer { return stream{c, &c.stderr, c.err} }

// Close logs what is left of an unfinished last line.
func (c *Capture) Close() {
	c.out.flush()
	c.err.flush()
}

// Text gives both streams, each without one final line end.
func (c *Capture) Text() (stdout, stderr string) {
	return strings.TrimSuffix(c.stdout.String(), "\n"), strings.TrimSuffix(c.stderr.String(), "\n")
}

// Failed says which command ended how, and what it had said.
func (c *Capture) Failed(command string, cause error) error {
	return fmt.Errorf("%w: running %q:\n%s", cause, command, c.both.String())
}

type stream struct {
	capture *Capture
	own     *bytes.Buffer
	log     *lineLogger
}

// Write is called for both streams at once, from two goroutines.
func (s stream) Write(text []byte) (int, error) {
	s.capture.mutex.Lock()
	defer s.capture.mutex.Unlock()
	s.own.Write(text)
	s.capture.both.Write(text)
	s.log.write(text)
	return len(text), nil
}
