package remote

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
)

func (t *target) putAsset(asset *resource.Asset, destination string) error {
	switch {
	case asset.IsText():
		return t.put(strings.NewReader(asset.Text), "", destination)
	case asset.IsPath():
		return t.putPath(asset.Path, destination)
	case asset.IsURI():
		content, err := asset.Read()
		if err != nil {
			return fmt.Errorf("asset %s: %w", asset.URI, err)
		}
		defer content.Close() //nolint:errcheck // only read
		return t.put(content, lastPart(asset.URI), destination)
	}
	return errors.New("the asset has neither a text, nor a path, nor an address")
}

// putArchive copies an archive given as a file or an address as it is, not unpacked, and one
// given as a set of assets as a folder.
func (t *target) putArchive(source *resource.Archive, destination string) error {
	switch {
	case source.IsPath():
		return t.putPath(source.Path, destination)
	case source.IsAssets():
		return t.putAssets(source, destination)
	case source.IsURI():
		format, content, err := source.ReadSourceArchive()
		if err != nil {
			return fmt.Errorf("archive %s: %w", source.URI, err)
		}
		if format == archive.NotArchive || content == nil {
			return fmt.Errorf("%s is no archive", source.URI)
		}
		defer content.Close() //nolint:errcheck // only read
		return t.put(content, lastPart(source.URI), destination)
	}
	return errors.New("the archive has neither a path, nor an address, nor assets")
}

func (t *target) putAssets(source *resource.Archive, destination string) error {
	if err := t.makeFolder(destination); err != nil {
		return err
	}
	reader, err := source.Open()
	if err != nil {
		return fmt.Errorf("the archive cannot be read: %w", err)
	}
	defer reader.Close() //nolint:errcheck // only read
	for {
		name, content, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the archive cannot be read: %w", err)
		}
		err = t.put(content, "", path.Join(destination, name))
		if err = errors.Join(err, content.Close()); err != nil {
			return err
		}
	}
}

// putPath copies a file, or a folder with all in it. As with rsync, a folder's trailing slash
// means its content: "dir/" fills the destination, "dir" becomes destination/dir.
func (t *target) putPath(source, destination string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return t.putLocalFile(source, destination)
	}
	if err := t.makeFolder(destination); err != nil {
		return err
	}
	if !strings.HasSuffix(source, "/") {
		destination = path.Join(destination, filepath.Base(source))
	}
	return t.putFolder(source, destination)
}

func (t *target) putLocalFile(source, destination string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	return t.put(file, filepath.Base(source), destination)
}

func (t *target) putFolder(source, destination string) error {
	return fs.WalkDir(os.DirFS(source), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return t.makeFolder(path.Join(destination, name))
		}
		return t.putLocalFile(filepath.Join(source, name), path.Join(destination, name))
	})
}

// lastPart is the name an address gives its file, "" if it gives none.
func lastPart(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name := path.Base(parsed.Path); name != "/" && name != "." {
		return name
	}
	return ""
}
