package remote

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"nutri.example/engine/command/ways"
)

// clientConfig is how to log in at the endpoint and which host key to accept. What it opens
// (the agent's socket) is closed by the function it returns.
func (e *Endpoint) clientConfig() (*ssh.ClientConfig, func(), error) {
	config := &ssh.ClientConfig{
		User:    orDefault(e.User, defaultUser),
		Timeout: e.dialTimeout(),
	}
	if err := e.pinHostKey(config); err != nil {
		return nil, nil, err
	}
	if err := e.addPrivateKey(config); err != nil {
		return nil, nil, err
	}
	e.addPassword(config)
	closeAgent, err := e.addAgent(config)
	return config, closeAgent, err
}

func (e *Endpoint) pinHostKey(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey() //nolint:gosec // the documented default
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("connection.hostKey: failed to parse host key: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	config.HostKeyAlgorithms = algorithmsOf(key)
	return nil
}

// algorithmsOf asks the server for the pinned key, whichever others it has. An RSA key signs
// under three names, the oldest of which today's servers refuse.
func algorithmsOf(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA && !ways.AreOriginal() {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{key.Type()}
}

func (e *Endpoint) addPrivateKey(config *ssh.ClientConfig) error {
	if e.PrivateKey == nil {
		return nil
	}
	signer, err := parsePrivateKey(*e.PrivateKey, e.PrivateKeyPassword)
	if err != nil {
		return fmt.Errorf("connection.privateKey: %w", err)
	}
	config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	return nil
}

func parsePrivateKey(text string, password *string) (ssh.Signer, error) {
	if password != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(text), []byte(*password))
	}
	return ssh.ParsePrivateKey([]byte(text))
}

// addPassword answers a request for the password, and every question a server asks instead.
func (e *Endpoint) addPassword(config *ssh.ClientConfig) {
	if e.Password == nil {
		return
	}
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = *e.Password
		}
		return answers, nil
	}
	config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(answer))
}

func (e *Endpoint) addAgent(config *ssh.ClientConfig) (func(), error) {
	path := orDefault(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
	if path == "" {
		return func() {}, nil
	}
	socket, err := net.Dial("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the SSH agent does not answer: %w", err)
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(socket).Signers))
	return func() { _ = socket.Close() }, nil
}
