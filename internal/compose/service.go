package compose

// service is one of docker-compose.yml, in the order in which its keys are written.
type service struct {
	Image       string             `yaml:"image"`
	Profiles    []string           `yaml:"profiles,omitempty,flow"`
	DependsOn   map[string]depends `yaml:"depends_on,omitempty"`
	Hostname    string             `yaml:"hostname,omitempty"`
	NetworkMode string             `yaml:"network_mode,omitempty"`
	Networks    map[string]network `yaml:"networks,omitempty"`
	Ports       []string           `yaml:"ports,omitempty"`

	Entrypoint  []string          `yaml:"entrypoint,omitempty"`
	Command     []string          `yaml:"command,omitempty"`
	WorkingDir  string            `yaml:"working_dir,omitempty"`
	Environment map[string]string `yaml:"environment,omitempty"`
	EnvFile     []string          `yaml:"env_file,omitempty"`

	Volumes []mount  `yaml:"volumes,omitempty"`
	Tmpfs   []string `yaml:"tmpfs,omitempty"`

	User        string   `yaml:"user,omitempty"`
	GroupAdd    []string `yaml:"group_add,omitempty,flow"`
	ReadOnly    bool     `yaml:"read_only,omitempty"`
	CapDrop     []string `yaml:"cap_drop,omitempty,flow"`
	CapAdd      []string `yaml:"cap_add,omitempty,flow"`
	SecurityOpt []string `yaml:"security_opt,omitempty,flow"`

	MemLimit        string            `yaml:"mem_limit,omitempty"`
	Healthcheck     *healthcheck      `yaml:"healthcheck,omitempty"`
	Restart         string            `yaml:"restart,omitempty"`
	StopGracePeriod string            `yaml:"stop_grace_period,omitempty"`
	Labels          map[string]string `yaml:"labels,omitempty"`
}

type depends struct {
	Condition string `yaml:"condition"`
	Restart   bool   `yaml:"restart,omitempty"`
}

const (
	started   = "service_started"
	completed = "service_completed_successfully"
)

type network struct {
	Aliases []string `yaml:"aliases"`
}

type mount struct {
	Type     string       `yaml:"type"`
	Source   string       `yaml:"source"`
	Target   string       `yaml:"target"`
	ReadOnly bool         `yaml:"read_only,omitempty"`
	Bind     *bindOptions `yaml:"bind,omitempty,flow"`
}

// bindOptions: a file that is not there is an error, where Docker would make a folder.
type bindOptions struct {
	CreateHostPath bool `yaml:"create_host_path"`
}

type healthcheck struct {
	Test        []string `yaml:"test"`
	Interval    string   `yaml:"interval"`
	Timeout     string   `yaml:"timeout"`
	Retries     int32    `yaml:"retries"`
	StartPeriod string   `yaml:"start_period,omitempty"`
}
