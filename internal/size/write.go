package size

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"sluice/internal/usage"
)

// The files that Write makes.
const (
	ValuesFile = "values.yaml"
	TfvarsFile = "sluice.tfvars"
)

// Write puts the plan's values and tfvars into a folder, which it makes. Files that are there already and say something else
// stay, with a usage error; so does everything when the zones are not those of terraform/.
func (p Plan) Write(dir string) error {
	if p.Input.Zones != terraformZones {
		return usage.Errorf("zones is %d, but terraform/ makes %d: set --zones to %[2]d, or plan without --out", p.Input.Zones, terraformZones)
	}
	values, err := p.Values()
	if err != nil {
		return err
	}
	tfvars, err := p.Tfvars()
	if err != nil {
		return err
	}
	files := map[string][]byte{filepath.Join(dir, ValuesFile): values, filepath.Join(dir, TfvarsFile): tfvars}
	for path, content := range files {
		there, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return usage.Errorf("%w: set --out to a folder that can be written", err)
		case !bytes.Equal(there, content):
			return usage.Errorf("%s is there already, and says something else: move it away, or set --out to another folder", path)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage.Errorf("%w: set --out to a folder that can be written", err)
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return usage.Errorf("%w: set --out to a folder that can be written", err)
		}
	}
	return nil
}

// terraformZones are those of a cluster that terraform/ makes (availability_zones).
const terraformZones = 3
