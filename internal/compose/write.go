package compose

import (
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFiles brings the folder of mounted files to what the project says. A file that has not changed is not
// touched, and no folder is made anew: running containers have them mounted.
func (p Project) WriteFiles(repository string) error {
	root := filepath.Join(repository, ConfigDir)
	for name, file := range p.Files {
		if err := write(filepath.Join(root, name), file); err != nil {
			return err
		}
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if _, ok := p.Files[filepath.ToSlash(name)]; ok {
			return nil
		}
		return os.Remove(path)
	})
}

// write leaves files that every user of a container may read, whatever the umask.
func write(path string, file File) error {
	mode := fs.FileMode(0o644)
	if file.Executable {
		mode = 0o755
	}
	if old, err := os.ReadFile(path); err != nil || string(old) != file.Content && !file.Secret {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.Content), mode); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}
