package size

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"strings"
	"text/template"
)

//go:embed values.yaml.tmpl
var valuesTemplate string

//go:embed tfvars.tmpl
var tfvarsTemplate string

// Values are the chart's values, to be laid over values/values-prod.yaml.
func (p Plan) Values() ([]byte, error) { return p.execute(valuesTemplate) }

// Tfvars are the node pools for terraform/, to be laid over a file such as terraform/examples/production.tfvars.
func (p Plan) Tfvars() ([]byte, error) { return p.execute(tfvarsTemplate) }

func (p Plan) execute(text string) ([]byte, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"cpu": cpuQuantity, "gib": gibQuantity, "number": number, "instanceTypes": instanceTypes,
		"minInSync":     func() int { return max(1, p.Input.Replication-1) },
		"isLogstash":    func() bool { return p.Engine.Component == Logstash },
		"retentionSize": func() int { return p.Prometheus.VolumeGiB * 8 / 10 },
		"poolOf":        p.poolOf,
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return out.Bytes(), err
}

// poolOf are the pools of the components, as global.pools has them.
func (p Plan) poolOf() map[string]string {
	pools := map[string]string{}
	for _, pool := range p.Pools {
		for _, component := range pool.Components {
			pools[component] = pool.Name
		}
	}
	return pools
}

// cpuQuantity is a number of CPUs as Kubernetes writes it.
func cpuQuantity(cpu float64) string {
	if cpu == math.Trunc(cpu) {
		return fmt.Sprint(cpu)
	}
	return fmt.Sprintf("%.0fm", cpu*1000)
}

// gibQuantity is a size as Kubernetes writes it.
func gibQuantity(gib float64) string {
	if gib == math.Trunc(gib) {
		return fmt.Sprintf("%.0fGi", gib)
	}
	return fmt.Sprintf("%.0fMi", gib*1024)
}

// spotFamilies are those of the like of m6i: spot instances of one type are taken away together.
var spotFamilies = []string{"m6i", "m5", "m6a", "m5a"}

// instanceTypes are the types that a node group of the pool may have, in Terraform's words.
func instanceTypes(pool Pool) string {
	names := []string{pool.Instance.Name()}
	if pool.Spot {
		names = nil
		for _, family := range spotFamilies {
			names = append(names, Instance{Family: family, Size: pool.Instance.Size}.Name())
		}
	}
	return `["` + strings.Join(names, `", "`) + `"]`
}
