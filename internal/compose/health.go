package compose

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// health is the readiness probe. Docker asks from inside the container, so an image without a shell has none.
func (b *builder) health(c corev1.Container) *healthcheck {
	probe := c.ReadinessProbe
	if probe == nil {
		return nil
	}
	var test []string
	switch {
	case probe.Exec != nil:
		for _, arg := range probe.Exec.Command {
			test = append(test, escape(arg))
		}
	case !b.withBash[c.Image]:
		return nil
	case probe.TCPSocket != nil:
		test = []string{"bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/127.0.0.1/%d", number(c, probe.TCPSocket.Port))}
	case probe.HTTPGet != nil:
		test = []string{"bash", "-c", fmt.Sprintf(
			`exec 3<>/dev/tcp/127.0.0.1/%d && printf 'GET %s HTTP/1.0\r\n\r\n' >&3 && read -r _ status _ <&3 && [[ $$status == [23]?? ]]`,
			number(c, probe.HTTPGet.Port), escape(probe.HTTPGet.Path))}
	default:
		return nil
	}
	h := &healthcheck{
		Test:     append([]string{"CMD"}, test...),
		Interval: seconds(probe.PeriodSeconds, 10), Timeout: seconds(probe.TimeoutSeconds, 1), Retries: max(probe.FailureThreshold, 3),
	}
	if startup := c.StartupProbe; startup != nil {
		h.StartPeriod = (time.Duration(max(startup.PeriodSeconds, 1)*max(startup.FailureThreshold, 3)) * time.Second).String()
	}
	return h
}

// number is the port that a probe asks, by its number or its name.
func number(c corev1.Container, port intstr.IntOrString) int32 {
	for _, p := range c.Ports {
		if port.Type == intstr.String && p.Name == port.StrVal {
			return p.ContainerPort
		}
	}
	return port.IntVal
}

func seconds(value, fallback int32) string {
	if value == 0 {
		value = fallback
	}
	return fmt.Sprintf("%ds", value)
}
