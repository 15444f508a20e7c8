//go:build terraform

package terraform

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chartutil"

	"sluice/internal/size"
	"sluice/test/nodepools"
)

// nodeGroup is what a plan says of one.
type nodeGroup struct {
	Labels        map[string]string
	InstanceTypes []string `json:"instance_types"`
	CapacityType  string   `json:"capacity_type"`
	Scaling       []struct {
		Desired int `json:"desired_size"`
		Min     int `json:"min_size"`
		Max     int `json:"max_size"`
	} `json:"scaling_config"`
	Taints []struct{ Key, Value, Effect string } `json:"taint"`
}

// plannedNodeGroups are those of production.tfvars, with other files laid over it.
func plannedNodeGroups(t *testing.T, over ...string) map[string]nodeGroup {
	t.Helper()
	o := options(t, "production.tfvars")
	o.VarFiles = append(o.VarFiles, over...)
	plan := terraform.InitAndPlanAndShowWithStruct(t, o)
	groups := map[string]nodeGroup{}
	for address, resource := range plan.ResourcePlannedValuesMap {
		if resource.Type != "aws_eks_node_group" {
			continue
		}
		text, err := json.Marshal(resource.AttributeValues)
		require.NoError(t, err)
		var group nodeGroup
		require.NoError(t, json.Unmarshal(text, &group), address)
		groups[fmt.Sprint(resource.Index)] = group
	}
	return groups
}

// TestNodesAreThoseOfTheChart holds the node groups against the pools that the sim tier schedules the prod profile on,
// and against the pools that the profile asks for.
func TestNodesAreThoseOfTheChart(t *testing.T) {
	standInOnly(t)
	groups := plannedNodeGroups(t)
	require.Len(t, groups, 3*len(nodepools.Prod), "three zones of each pool: %v", slices.Sorted(maps.Keys(groups)))
	names := map[string]bool{}
	for _, pool := range nodepools.Prod {
		names[pool.Name] = true
		for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
			group, ok := groups[pool.Name+"-"+zone]
			require.True(t, ok, "no node group %s-%s", pool.Name, zone)
			assert.Equal(t, map[string]string{"sluice/pool": pool.Name}, group.Labels)
			assert.Equal(t, pool.InstanceType, group.InstanceTypes[0], pool.Name)
			assert.Equal(t, pool.PerZone, group.Scaling[0].Desired, pool.Name)
			assert.Equal(t, pool.PerZone, group.Scaling[0].Min, pool.Name)
			if !pool.Dedicated {
				assert.Empty(t, group.Taints, pool.Name)
				continue
			}
			require.Len(t, group.Taints, 1, pool.Name)
			assert.Equal(t, struct{ Key, Value, Effect string }{"sluice/pool", pool.Name, "NO_SCHEDULE"}, group.Taints[0])
		}
	}
	values, err := chartutil.ReadValuesFile(filepath.Join(root, "values", "values-prod.yaml"))
	require.NoError(t, err)
	asked, err := values.Table("global.pools")
	require.NoError(t, err)
	require.NotEmpty(t, asked)
	for component, pool := range asked {
		assert.True(t, names[fmt.Sprint(pool)], "%s asks for the pool %v, which Terraform does not provision", component, pool)
	}
}

// TestSizedNodes plans what `sluice size` writes: as many nodes, of the same kinds.
func TestSizedNodes(t *testing.T) {
	standInOnly(t)
	coefficients, err := size.Defaults()
	require.NoError(t, err)
	for _, rate := range []float64{100, 20_000, 5_000_000} {
		t.Run(fmt.Sprintf("%.0f a second", rate), func(t *testing.T) {
			in := size.DefaultInput(coefficients)
			in.Rate = rate
			sized, err := size.New(in, coefficients)
			require.NoError(t, err)
			dir := t.TempDir()
			require.NoError(t, sized.Write(dir))

			groups := plannedNodeGroups(t, filepath.Join(dir, size.TfvarsFile))

			require.Len(t, groups, 3*len(sized.Pools), "three zones of each pool: %v", slices.Sorted(maps.Keys(groups)))
			for _, pool := range sized.Pools {
				group, ok := groups[pool.Name+"-us-east-1a"]
				require.True(t, ok, pool.Name)
				assert.Contains(t, group.InstanceTypes, pool.Instance.Name(), pool.Name)
				assert.Equal(t, pool.PerZone, group.Scaling[0].Desired, pool.Name)
				assert.Equal(t, pool.MaxPerZone, group.Scaling[0].Max, pool.Name)
				assert.Equal(t, pool.Dedicated, len(group.Taints) == 1, pool.Name)
				assert.Equal(t, pool.Spot, group.CapacityType == "SPOT", pool.Name)
			}
		})
	}
}
