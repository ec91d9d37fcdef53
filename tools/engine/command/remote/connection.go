// Package remote runs commands and copies files over SSH.
package remote

import (
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Defaults of an Endpoint: they are filled in when the engine checks the inputs.
const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15 // seconds
	unlimited             = -1 // as a dial error limit
)

// Endpoint is an SSH server and how to log in there.
type Endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"           provider:"secret"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"         provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Annotate describes the fields in the schema and sets their defaults.
func (e *Endpoint) Annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The user's password, also for keyboard-interactive questions.")
	a.Describe(&e.Host, "The server's name or address.")
	a.Describe(&e.Port, "The server's port.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The text of a private key; tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "The password of an encrypted private key.")
	a.Describe(&e.AgentSocketPath, "The socket of an SSH agent; by default SSH_AUTH_SOCK.")
	a.Describe(&e.DialErrorLimit, "How many failed attempts to connect are tolerated; -1: any number.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "Seconds an attempt to connect may take; 0: no bound.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	a.Describe(&e.HostKey, "The server's public key, a line as in authorized_keys. "+
		"Without it any key is accepted.")
}

func (e *Endpoint) address() string {
	return net.JoinHostPort(*e.Host, strconv.Itoa(int(orDefault(e.Port, defaultPort))))
}

func (e *Endpoint) dialTimeout() time.Duration {
	return time.Duration(orDefault(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second
}

// Connection is the server to work on, perhaps reached through another one.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// Annotate describes the type in the schema.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to reach a server over SSH.")
	a.Describe(&c.Proxy, "The bastion host to go through.")
}

// ProxyConnection is a bastion host.
type ProxyConnection struct{ Endpoint }

// Annotate describes the type in the schema.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to reach a bastion host over SSH.")
}

func orDefault[T any](given *T, fallback T) T {
	if given != nil {
		return *given
	}
	return fallback
}
