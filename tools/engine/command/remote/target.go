package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// target is a server's file system, reached over SFTP.
type target struct {
	client *ssh.Client
	files  *sftp.Client
}

func openTarget(ctx context.Context, connection *Connection) (*target, error) {
	client, err := connection.dial(ctx)
	if err != nil {
		return nil, err
	}
	// Every file is written by one ReadFrom, so parts of it may be under way at once.
	files, err := sftp.NewClient(client, sftp.UseConcurrentWrites(true))
	if err != nil {
		_ = client.Close()
		return nil, fmt.Errorf("the server offers no SFTP: %w", err)
	}
	return &target{client: client, files: files}, nil
}

func (t *target) close() {
	_ = t.files.Close()
	_ = t.client.Close()
}

// stat gives nil, and no error, for what is not there.
func (t *target) stat(name string) (fs.FileInfo, error) {
	info, err := t.files.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // absence is an answer here
	}
	if err != nil {
		return nil, fmt.Errorf("remote path %s: %w", name, err)
	}
	return info, nil
}

// makeFolder makes the folder and its parents unless they are there.
func (t *target) makeFolder(name string) error {
	info, err := t.stat(name)
	if err != nil {
		return err
	}
	if info != nil && !info.IsDir() {
		return fmt.Errorf("remote path %s exists but is not a directory", name)
	}
	if info == nil {
		if err := t.files.MkdirAll(name); err != nil {
			return fmt.Errorf("failed to create remote directory %s: %w", name, err)
		}
	}
	return nil
}

// write replaces the file's content. A write is only done when the file is closed without error.
func (t *target) write(name string, content io.Reader) error {
	file, err := t.files.Create(name)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", name, err)
	}
	_, err = file.ReadFrom(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to write remote file %s: %w", name, err)
	}
	return nil
}

// put writes a file to a destination: into it, under the file's own name, where it is a folder;
// else at it, with the parents made.
func (t *target) put(content io.Reader, ownName, destination string) error {
	info, err := t.stat(destination)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		if ownName == "" {
			return fmt.Errorf("remote path %s is a directory; a source without a name needs "+
				"the path of a file", destination)
		}
		return t.write(path.Join(destination, ownName), content)
	}
	if info == nil {
		if err := t.makeFolder(path.Dir(destination)); err != nil {
			return err
		}
	}
	return t.write(destination, content)
}
