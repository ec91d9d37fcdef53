package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"nutri.example/engine/command/output"
	"nutri.example/engine/command/ways"
)

// run runs the command, if there is one, and keeps what it said. A failed run keeps nothing.
func (c *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	client, err := c.Connection.dial(ctx)
	if err != nil {
		return err
	}
	if !ways.AreOriginal() {
		defer client.Close() //nolint:errcheck // the command has ended, well or not
	}
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close() //nolint:errcheck // same
	if err := c.setEnvironment(ctx, session); err != nil {
		return err
	}
	return c.runIn(ctx, session, *command)
}

func (c *CommandOutputs) runIn(ctx context.Context, session *ssh.Session, command string) error {
	capture := output.NewCapture(ctx, c.Logging.streams())
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	if c.Stdin != nil && *c.Stdin != "" {
		session.Stdin = strings.NewReader(*c.Stdin)
	}
	err := session.Run(command)
	capture.Close()
	if err != nil {
		return capture.Failed(command, err)
	}
	c.Stdout, c.Stderr = capture.Text()
	return nil
}

// setEnvironment sets the program's variables or fails; the last run's output is a courtesy, so
// a server that does not accept it is only worth a warning.
func (c *CommandOutputs) setEnvironment(ctx context.Context, session *ssh.Session) error {
	for name, value := range c.Environment {
		if err := session.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Error(refused(name))
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	if !orDefault(c.AddPreviousOutputInEnv, true) {
		return nil
	}
	previous := [...]struct{ name, value string }{
		{output.PreviousStdout, c.Stdout}, {output.PreviousStderr, c.Stderr},
	}
	for _, variable := range previous {
		if variable.value != "" && session.Setenv(variable.name, variable.value) != nil {
			p.GetLogger(ctx).Warning(refused(variable.name))
		}
	}
	return nil
}

func refused(name string) string {
	return fmt.Sprintf("The SSH server refuses the variable '%s'. Allow it there with AcceptEnv, "+
		"or write it before the command: %s=value command", name, name)
}
