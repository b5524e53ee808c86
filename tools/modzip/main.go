// Command modzip packs modules as a module proxy serves them, into a folder that
// GOPROXY can name as file://:
//
//	modzip <proxy folder> <version> <module folder>...
//
// In the go.mod of what is packed, the modules of this repository require one
// another at the version, and replace nothing, as they do once released.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: modzip <proxy folder> <version> <module folder>...")
		os.Exit(2)
	}
	for _, folder := range os.Args[3:] {
		if err := pack(os.Args[1], os.Args[2], folder); err != nil {
			fmt.Fprintln(os.Stderr, "modzip:", err)
			os.Exit(1)
		}
	}
}

// repository is the path that all modules here begin with.
const repository = "github.com/superoffice-go/superoffice"

// pack writes the module in a folder into the proxy.
func pack(proxy, version, folder string) error {
	name := filepath.Join(folder, "go.mod")
	original, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	path, released, err := release(name, original, version)
	if err != nil {
		return err
	}
	copied, err := os.MkdirTemp("", "modzip")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(copied) }()
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(copied, "go.mod"), released, 0o600); err != nil {
		return err
	}
	return write(proxy, module.Version{Path: path, Version: version}, copied, released)
}

// release is a go.mod as it is released, and the path of its module.
func release(name string, text []byte, version string) (path string, released []byte, err error) {
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		return "", nil, err
	}
	for _, r := range file.Replace {
		if err := file.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return "", nil, err
		}
	}
	for _, r := range file.Require {
		if strings.HasPrefix(r.Mod.Path, repository) {
			if err := file.AddRequire(r.Mod.Path, version); err != nil {
				return "", nil, err
			}
		}
	}
	file.Cleanup()
	released, err = file.Format()
	return file.Module.Mod.Path, released, err
}

// write writes the four files by which a proxy serves a version of a module.
func write(proxy string, m module.Version, folder string, mod []byte) error {
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	at := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(at, 0o750); err != nil {
		return err
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":%q}`, m.Version, time.Now().UTC().Format(time.RFC3339))
	for name, text := range map[string][]byte{"list": []byte(m.Version + "\n"), m.Version + ".info": []byte(info), m.Version + ".mod": mod} {
		if err := os.WriteFile(filepath.Join(at, name), text, 0o600); err != nil {
			return err
		}
	}
	out, err := os.Create(filepath.Join(at, m.Version+".zip"))
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(out, m, folder); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
