package remote

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer/types"
)

// checkSource allows a text, a file on this machine, or a folder or archive file on it. As in
// the package's own plugin of this version, assets from the network and archives put together
// from single assets are refused.
func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	refuse := func(reason string) []p.CheckFailure {
		return []p.CheckFailure{{Property: "source", Reason: reason}}
	}
	asset, archive := source.Asset, source.Archive
	switch {
	case (asset == nil) == (archive == nil):
		return refuse("exactly one asset or archive must be given")
	case asset != nil && !asset.IsText() && !asset.IsPath():
		return refuse("an asset must be a text or the path of a file")
	case archive != nil && !archive.IsPath():
		return refuse("an archive must be the path of a folder or an archive file")
	}
	return nil
}

// putSource copies a checked source. An archive file is copied as it is, not unpacked.
func (t *target) putSource(source types.AssetOrArchive, destination string) error {
	switch {
	case source.Archive != nil:
		return t.putPath(source.Archive.Path, destination)
	case source.Asset.IsPath():
		return t.putPath(source.Asset.Path, destination)
	default:
		return t.put(strings.NewReader(source.Asset.Text), "", destination)
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
