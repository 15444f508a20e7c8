//go:build compose

// Package compose starts docker-compose.yml for real, beside whatever else runs on this machine.
package compose

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/compose"
	"sluice/internal/images"
	"sluice/internal/run"
	"sluice/internal/state"
)

// project is the Compose project under a name of its own, on ports that the engine chooses.
type project struct {
	dir     string
	profile string
	env     []string
}

// commandTimeout bounds one call of docker-compose; on a slow line the first one pulls the images.
const commandTimeout = 8 * time.Minute

var portVariable = regexp.MustCompile(`SLUICE_[A-Z_]+_PORT`)

// up starts what this machine has the images for; all of it is gone after the test, its volumes too.
func up(t *testing.T) *project {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	mode := os.Getenv("IMAGES")
	if mode == "" {
		mode = images.Auto
	}
	plan, err := images.NewPlan(t.Context(), root, mode)
	require.NoError(t, err)

	p := &project{dir: root, profile: compose.ProfileFor(plan.Mode)}
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	for _, variable := range portVariable.FindAllString(string(text), -1) {
		p.env = append(p.env, variable+"=0")
	}
	require.NotEmpty(t, p.env, "no port can be set")

	p.down(t) // of an earlier run that was killed
	t.Cleanup(func() { p.down(t) })
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + p.output(t, "ps", "--all") + "\n" + p.output(t, "logs", "--tail=25"))
		}
	})
	began := time.Now()
	// Returns when the init containers have done their work. The endless generator comes later: what it sends
	// meanwhile would have to be indexed before the numbered events.
	p.mustRun(t, "up", "--detach", "--quiet-pull", "--scale=log-generator=0")
	t.Logf("profile %s is up after %.0f s", p.profile, time.Since(began).Seconds())
	return p
}

// down leaves nothing. Rarely Docker's engine still counts a container that is gone as one of the network's (moby#43286) and keeps the
// empty network until it starts again; Compose takes that one the next time.
func (p *project) down(t *testing.T) {
	t.Helper()
	_, err := p.run("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout=5")
	if err != nil && strings.Contains(err.Error(), "has active endpoints") {
		require.Empty(t, p.mustRun(t, "--profile", "*", "ps", "--all", "--quiet"), "containers that are left")
		t.Log("the engine keeps the empty network:", err)
		return
	}
	require.NoError(t, err)
}

// run is one call of docker-compose. It may be needed when the test's own context has ended.
func (p *project) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	program := filepath.Join(p.dir, "bin", "docker-compose")
	return run.Cmd{
		Dir: p.dir, Env: p.env,
		Args: append([]string{program, "--project-name", "sluice-test", "--profile", p.profile}, args...),
	}.Run(ctx)
}

func (p *project) mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.run(args...)
	require.NoError(t, err)
	return out
}

func (p *project) output(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.run(args...)
	if err != nil {
		return err.Error()
	}
	return out
}

// address is where a service's port is published on this machine.
func (p *project) address(t *testing.T, service, port string) string {
	t.Helper()
	address := p.mustRun(t, "port", service, port)
	require.True(t, strings.HasPrefix(address, "127.0.0.1:"), "%s of %s is published at %s, and not on this machine alone", port, service, address)
	return "http://" + address
}

// command is the arguments that a service runs with.
func (p *project) command(t *testing.T, service string) []string {
	t.Helper()
	var config struct {
		Services map[string]struct{ Command []string }
	}
	require.NoError(t, json.Unmarshal([]byte(p.mustRun(t, "config", "--format=json")), &config))
	require.NotEmpty(t, config.Services[service].Command, service)
	return config.Services[service].Command
}

// tests are the services that do what `helm test` does, for what runs in this profile.
func (p *project) tests(t *testing.T) []string {
	t.Helper()
	always := strings.Fields(p.mustRun(t, "config", "--services"))
	all := strings.Fields(p.mustRun(t, "--profile", "test", "--profile", "test-"+p.profile, "config", "--services"))
	found := slices.DeleteFunc(all, func(name string) bool { return slices.Contains(always, name) })
	slices.Sort(found)
	return found
}

// get decodes a JSON answer.
func get(t *testing.T, url string, answer any) error {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}
