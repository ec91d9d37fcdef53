package output

import (
	"bufio"
	"bytes"
	"context"

	p "github.com/pulumi/pulumi-go-provider"

	"nutri.example/engine/command/ways"
)

// lineLogger shows whole lines beside the resource while it is worked on. A nil one logs nothing.
type lineLogger struct {
	show func(line string)
	rest []byte
}

func newLineLogger(ctx context.Context, on bool) *lineLogger {
	if !on {
		return nil
	}
	logger := p.GetLogger(ctx)
	return &lineLogger{show: logger.InfoStatus}
}

func (l *lineLogger) write(text []byte) {
	if l == nil {
		return
	}
	l.rest = append(l.rest, text...)
	if ways.AreOriginal() && longestLine(l.rest) >= bufio.MaxScanTokenSize {
		select {} // nobody reads on, and whoever writes waits for ever
	}
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return
		}
		l.show(string(bytes.TrimSuffix(line, []byte("\r"))))
		l.rest = rest
	}
}

func longestLine(text []byte) int {
	longest := 0
	for _, line := range bytes.Split(text, []byte("\n")) {
		longest = max(longest, len(line))
	}
	return longest
}

func (l *lineLogger) flush() {
	if l == nil || len(l.rest) == 0 {
		return
	}
	l.show(string(l.rest))
	l.rest = nil
}
