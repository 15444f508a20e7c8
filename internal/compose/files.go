package compose

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// shareFiles gives each ConfigMap and Secret a folder. Where it differs between profiles, each version has its own.
func shareFiles(variants []*variant) (map[string]File, error) {
	executable := map[string]bool{}
	for _, v := range variants {
		for _, p := range v.pods {
			for _, volume := range p.spec.Volumes {
				if m := volume.ConfigMap; m != nil && m.DefaultMode != nil && *m.DefaultMode&0o111 != 0 {
					executable[m.Name] = true
				}
			}
		}
	}
	files := map[string]File{}
	first := map[string]*folder{}
	ports := portsByName(variants)
	for _, v := range variants {
		for _, name := range slices.Sorted(maps.Keys(v.folders)) {
			f := v.folders[name]
			secret := strings.HasPrefix(name, secretDir+"/")
			if secret && first[name] != nil { // what is generated differs from rendering to rendering
				v.folders[name] = first[name]
				continue
			}
			for key, content := range f.files {
				changed, err := addresses(content, ports)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", key, name, err)
				}
				f.files[key] = changed
			}
			f.path = path.Join(path.Dir(name), strings.TrimPrefix(path.Base(name), releaseName+"-"))
			if first[name] == nil {
				first[name] = f
			} else if !maps.Equal(first[name].files, f.files) {
				f.path += "." + v.profile
			}
			for key, content := range f.files {
				files[path.Join(f.path, key)] = File{content, executable[name], secret}
			}
		}
	}
	return files, nil
}
