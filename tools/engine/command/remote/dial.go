package remote

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"nutri.example/engine/command/ways"
)

// Pauses between attempts to connect: the first, the longest, and how fast they grow.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	pauseGrowth  = 1.5
)

// dial connects to the server, through the proxy if there is one. Closing the client closes
// all of it; so does the end of the context.
func (c *Connection) dial(ctx context.Context) (*ssh.Client, error) {
	reach := (&net.Dialer{}).DialContext
	if c.Proxy != nil {
		bastion, err := connect(ctx, "Dial proxy", &c.Proxy.Endpoint, reach)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		context.AfterFunc(ctx, func() { _ = bastion.Close() })
		client, err := connect(ctx, "Dial from proxy", &c.Endpoint, bastion.DialContext)
		if err != nil {
			_ = bastion.Close()
			return nil, fmt.Errorf("through the proxy: %w", err)
		}
		go func() { _, _ = client.Wait(), bastion.Close() }()
		return client, nil
	}
	return connect(ctx, "Dial", &c.Endpoint, reach)
}

type reachFunc func(ctx context.Context, network, address string) (net.Conn, error)

// connect tries until it is logged in or has failed as often as the endpoint allows.
func connect(ctx context.Context, what string, end *Endpoint, reach reachFunc) (*ssh.Client, error) {
	config, closeAgent, err := end.clientConfig()
	if err != nil {
		return nil, err
	}
	defer closeAgent()
	limit := orDefault(end.DialErrorLimit, defaultDialErrorLimit)
	return retry(ctx, what, limit, func() (*ssh.Client, error) {
		return logIn(ctx, end.address(), config, reach)
	})
}

func retry[T any](ctx context.Context, what string, limit int, attempt func() (T, error)) (T, error) {
	pause := firstPause
	for failures := 1; ; failures++ {
		result, err := attempt()
		if err == nil {
			return result, nil
		}
		if limit > unlimited && failures > limit {
			return result, fmt.Errorf("after %d failed attempts: %w", failures, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failures, inWords(limit))
		select {
		case <-ctx.Done():
			return result, fmt.Errorf("%w (last attempt: %w)", ctx.Err(), err)
		case <-time.After(pause):
		}
		pause = min(time.Duration(float64(pause)*pauseGrowth), longestPause)
	}
}

func inWords(limit int) string {
	if limit <= unlimited {
		return "inf"
	}
	return strconv.Itoa(limit)
}

// logIn makes one attempt. Its bound covers the handshake as well as the connection: a server
// that accepts and then says nothing fails the attempt.
func logIn(
	ctx context.Context, address string, config *ssh.ClientConfig, reach reachFunc,
) (*ssh.Client, error) {
	bounded, cancel := withTimeout(ctx, config.Timeout)
	defer cancel()
	conn, err := reach(bounded, "tcp", address)
	if err != nil {
		return nil, err
	}
	if ways.AreOriginal() {
		return logInUnbounded(conn, address, config)
	}
	stop := context.AfterFunc(bounded, func() { _ = conn.Close() })
	sshConn, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if !stop() && err == nil {
		err = bounded.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, explain(bounded, address, config.Timeout, err)
	}
	client := ssh.NewClient(sshConn, channels, requests)
	context.AfterFunc(ctx, func() { _ = client.Close() })
	return client, nil
}

func logInUnbounded(conn net.Conn, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	sshConn, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(sshConn, channels, requests), nil
}

func withTimeout(ctx context.Context, bound time.Duration) (context.Context, context.CancelFunc) {
	if bound <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, bound)
}

func explain(bounded context.Context, address string, bound time.Duration, err error) error {
	if bounded.Err() != nil {
		return fmt.Errorf("%s accepted the connection but no SSH login within %s: %w", address, bound, err)
	}
	return fmt.Errorf("%s: %w", address, err)
}
