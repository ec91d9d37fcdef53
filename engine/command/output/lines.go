package output

import (
	"bytes"
	"context"

	p "github.com/pulumi/pulumi-go-provider"
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
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return
		}
		l.show(string(bytes.TrimSuffix(line, []byte("\r"))))
		l.rest = rest
	}
}

func (l *lineLogger) flush() {
	if l == nil || len(l.rest) == 0 {
		return
	}
	l.show(string(l.rest))
	l.rest = nil
}
