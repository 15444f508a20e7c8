package size

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/usage"
)

// files are those of an installation of the plan: the prod profile, and what Write made.
func files(t *testing.T, p Plan) (chart string, values []string) {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, p.Write(dir))
	return filepath.Join(root, "charts", "sluice"), []string{filepath.Join(root, "values", "values-prod.yaml"), filepath.Join(dir, ValuesFile)}
}

func TestValuesPassTheSchema(t *testing.T) {
	for _, rate := range []float64{100, 1_000, 20_000, 100_000, 1_000_000, 5_000_000} {
		for _, engine := range []string{Indexer, Logstash} {
			chart, values := files(t, plan(t, func(in *Input) { in.Rate, in.Engine = rate, engine }))
			assert.NoError(t, release.Check(chart, values, nil), "%v with %s", rate, engine)
		}
	}
	chart, values := files(t, plan(t, at(100)))
	assert.Error(t, release.Check(chart, values, []string{"kafka.replicas=0"}), "the check itself")
}

// The templates refuse what the schemas can't: one copy too many, two engines.
func TestValuesRender(t *testing.T) {
	for _, change := range []func(*Input){
		at(5_000_000),
		func(in *Input) { in.Replication, in.Engine = 1, Logstash },
	} {
		chart, values := files(t, plan(t, change))
		_, err := release.Manifests(chart, "sluice", "sluice", values, nil)
		require.NoError(t, err)
	}
}

func TestTfvars(t *testing.T) {
	tfvars, err := plan(t, at(100)).Tfvars()
	require.NoError(t, err)
	assert.Equal(t, "# Made by `sluice size` for 100 events a second of 483 bytes, 2 times as many at the peak.\n"+
		"# After a file with the rest: terraform apply -var-file=mine.tfvars -var-file=sluice.tfvars\n"+
		`node_pools = {
  stateful = { instance_types = ["r6i.xlarge"], dedicated = true, per_zone = 2, max_per_zone = 2 }
  general = { instance_types = ["m6i.xlarge"], per_zone = 1, max_per_zone = 3 }
  spark = { instance_types = ["m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge"], spot = true, dedicated = true, per_zone = 1, max_per_zone = 3 }
}
`, string(tfvars))
}

func TestWriteLosesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, plan(t, at(100)).Write(dir))
	before, err := os.ReadFile(filepath.Join(dir, ValuesFile))
	require.NoError(t, err)
	require.NoError(t, plan(t, at(100)).Write(dir), "the same once more")

	err = plan(t, at(200)).Write(dir)
	require.ErrorContains(t, err, "is there already, and says something else: move it away, or set --out to another folder")
	assert.Equal(t, 2, usage.ExitCode(err))
	after, err := os.ReadFile(filepath.Join(dir, ValuesFile))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	err = plan(t, func(in *Input) { in.Zones = 2 }).Write(t.TempDir())
	require.EqualError(t, err, "zones is 2, but terraform/ makes 3: set --zones to 3, or plan without --out")
	assert.Equal(t, 2, usage.ExitCode(err))

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	err = plan(t, at(100)).Write(file)
	require.ErrorContains(t, err, "set --out to a folder that can be written")
	assert.Equal(t, 2, usage.ExitCode(err))
}
