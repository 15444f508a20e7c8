package release

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helm "helm.sh/helm/v3/pkg/release"
)

// Tested is what came of one `helm test` pod.
type Tested struct {
	Pod string
	Err error  // nil when the pod succeeded
	Log string // of a pod that failed; that of one that succeeded is gone with it
}

// Test runs the release's `helm test` pods, one after the other and all of them, as each may tell of another fault.
func (r Release) Test(timeout time.Duration) ([]Tested, error) {
	found, err := r.installed()
	if err != nil {
		return nil, err
	}
	config, err := r.config()
	if err != nil {
		return nil, err
	}
	var all []Tested
	for _, hook := range found.Hooks {
		if slices.Contains(hook.Events, helm.HookTest) {
			all = append(all, r.test(config, hook.Name, timeout))
		}
	}
	return all, nil
}

func (r Release) test(config *action.Configuration, pod string, timeout time.Duration) Tested {
	testing := action.NewReleaseTesting(config)
	testing.Namespace, testing.Timeout = r.Namespace, timeout
	testing.Filters = map[string][]string{action.IncludeNameFilter: {pod}}
	tested, err := testing.Run(r.Name)
	result := Tested{Pod: pod, Err: err}
	if err != nil {
		var log bytes.Buffer
		if err := testing.GetPodLogs(&log, tested); err != nil {
			fmt.Fprintf(&log, "no log: %v", err)
		}
		result.Log = log.String()
		return result
	}
	for _, hook := range tested.Hooks {
		if hook.Name == pod && hook.LastRun.Phase != helm.HookPhaseSucceeded {
			result.Err = fmt.Errorf("its phase is %q", hook.LastRun.Phase)
		}
	}
	return result
}
