package local

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect finds the files the program asked for.
func (o *BaseOutputs) collect(dir string, how *Process) error {
	folder, err := workingFolder(dir)
	if err != nil {
		return err
	}
	if how.AssetPaths != nil {
		found, err := find(folder, *how.AssetPaths)
		if err != nil {
			return err
		}
		o.Assets = &found
	}
	if how.ArchivePaths == nil {
		return nil
	}
	found, err := find(folder, *how.ArchivePaths)
	if err != nil {
		return err
	}
	o.Archive, err = resource.NewAssetArchive(assetsOf(found))
	return err
}

func assetsOf(found map[string]*types.AssetOrArchive) map[string]any {
	assets := make(map[string]any, len(found))
	for name, file := range found {
		assets[name] = file.Asset
	}
	return assets
}

// pattern takes files in or, if it began with "!", out.
type pattern struct {
	glob.Glob
	takesOut bool
}

func compile(texts []string) ([]pattern, error) {
	patterns := make([]pattern, 0, len(texts))
	for _, text := range texts {
		bare, takesOut := strings.CutPrefix(text, "!")
		compiled, err := glob.Compile(bare, '/')
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", text, err)
		}
		patterns = append(patterns, pattern{compiled, takesOut})
	}
	return patterns, nil
}

// wanted goes by the last pattern that fits.
func wanted(name string, patterns []pattern) bool {
	in := false
	for _, each := range patterns {
		if each.Match(name) {
			in = !each.takesOut
		}
	}
	return in
}

func find(folder string, texts []string) (map[string]*types.AssetOrArchive, error) {
	patterns, err := compile(texts)
	if err != nil {
		return nil, err
	}
	found := map[string]*types.AssetOrArchive{}
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !wanted(name, patterns) {
			return err
		}
		asset, err := resource.NewPathAsset(path.Join(folder, name))
		found[name] = &types.AssetOrArchive{Asset: asset}
		return err
	})
	return found, err
}
