package local

import (
	"context"
	"os"
	"os/exec"
	"strings"

	"nutri.example/engine/command/output"
)

// run runs the command and puts what it said and made in place of the last run's. A failed run
// changes nothing.
func run(ctx context.Context, command string, how *Process, result *BaseOutputs) error {
	capture := output.NewCapture(ctx, how.Logging.streams())
	process := how.prepare(ctx, command)
	process.Env = append(process.Environ(), how.environment(result)...)
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()
	err := process.Run()
	capture.Close()
	if err != nil {
		return capture.Failed(command, err)
	}
	if err := result.collect(process.Dir, how); err != nil {
		return err
	}
	result.Stdout, result.Stderr = capture.Text()
	return nil
}

func (p *Process) prepare(ctx context.Context, command string) *exec.Cmd {
	line := []string{"/bin/sh", "-c"}
	if p.Interpreter != nil && len(*p.Interpreter) > 0 {
		line = *p.Interpreter
	}
	arguments := append(append([]string{}, line[1:]...), command)
	process := exec.CommandContext(ctx, line[0], arguments...) //nolint:gosec // the purpose of it all
	process.Dir = "."
	if p.Dir != nil {
		process.Dir = *p.Dir
	}
	if p.Stdin != nil && *p.Stdin != "" {
		process.Stdin = strings.NewReader(*p.Stdin)
	}
	return process
}

// environment is the program's variables and the last run's output.
func (p *Process) environment(last *BaseOutputs) []string {
	var variables []string
	if p.Environment != nil {
		for name, value := range *p.Environment {
			variables = append(variables, name+"="+value)
		}
	}
	if p.AddPreviousOutputInEnv != nil && !*p.AddPreviousOutputInEnv {
		return variables
	}
	if last.Stdout != "" {
		variables = append(variables, output.PreviousStdout+"="+last.Stdout)
	}
	if last.Stderr != "" {
		variables = append(variables, output.PreviousStderr+"="+last.Stderr)
	}
	return variables
}

// workingFolder is absolute, for assets are read after the plugin's own folder may have changed.
func workingFolder(dir string) (string, error) {
	if dir != "." {
		return dir, nil
	}
	return os.Getwd()
}
