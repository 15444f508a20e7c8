package compose

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stack is a StatefulSet with its Services and configuration, in the shape that the chart gives them.
const stack = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: sluice-db, labels: {app.kubernetes.io/name: db}}
spec:
  replicas: 1
  serviceName: sluice-db-headless
  template:
    metadata: {labels: {app: db}, annotations: {checksum/config: 0123456789abcdef0123456789abcdef}}
    spec:
      terminationGracePeriodSeconds: 120
      securityContext: {runAsUser: 1000, runAsGroup: 0, fsGroup: 2000}
      initContainers:
        - {name: first, image: "db:1", command: [bash, -c, "true"], volumeMounts: [{name: shared, mountPath: /shared}]}
        - {name: second, image: "db:1", command: [bash, -c, "true"]}
      containers:
        - name: db
          image: db:1
          command: [bash, -c, 'echo $(SIZE) $(UNKNOWN) $$(SIZE) ${HOME}']
          env:
            - {name: SIZE, value: "3"}
            - {name: TWICE, value: $(SIZE)$(SIZE)}
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: sluice-db, key: password}}}
            - {name: NOTHING, valueFrom: {secretKeyRef: {name: other, key: x, optional: true}}}
          ports: [{name: client, containerPort: 1234}]
          readinessProbe: {httpGet: {path: "/ready?a=$b", port: client}}
          startupProbe: {tcpSocket: {port: client}, periodSeconds: 2, failureThreshold: 30}
          resources: {limits: {memory: 384Mi, cpu: "64"}}
          securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: shared, mountPath: /shared}
            - {name: scratch, mountPath: /tmp}
            - {name: config, mountPath: /etc/db}
            - {name: config, mountPath: /etc/db.conf, subPath: db.conf}
        - {name: sidecar, image: "sidecar:1", command: [/sidecar]}
      volumes:
        - {name: shared, emptyDir: {}}
        - {name: scratch, emptyDir: {}}
        - {name: config, configMap: {name: sluice-db-files}}
  volumeClaimTemplates: [{metadata: {name: data}}]
---
apiVersion: v1
kind: Service
metadata: {name: sluice-db}
spec: {selector: {app: db}, ports: [{name: client, port: 1234, targetPort: client}]}
---
apiVersion: v1
kind: Service
metadata: {name: sluice-db-headless}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: client, port: 1234, targetPort: client}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: sluice-db-files}
data: {db.conf: "size = 3"}
---
apiVersion: v1
kind: Secret
metadata: {name: sluice-db}
stringData: {password: pa$$word}
`

// services gives the services of a stack's component.
func services(t *testing.T, text, component string) (map[string]*service, *joiner) {
	t.Helper()
	v, err := newVariant("all", split(text))
	require.NoError(t, err)
	_, err = shareFiles([]*variant{v})
	require.NoError(t, err)
	j := &joiner{services: map[string]*service{}, volumes: map[string]owner{}, withBash: v.imagesWithBash(), files: map[string]File{}}
	require.NoError(t, j.add(component, []*variant{v}))
	return j.services, j
}

func TestAPodBecomesServices(t *testing.T) {
	all, j := services(t, stack, "db")
	require.Len(t, all, 4)

	db := all["db"]
	assert.Equal(t, "sluice-db-0", db.Hostname)
	assert.Equal(t, []string{
		"sluice-db", "sluice-db-0", "sluice-db-0.sluice-db-headless.sluice.svc.cluster.local", "sluice-db-headless",
		"sluice-db-headless.sluice.svc.cluster.local", "sluice-db.sluice.svc.cluster.local",
	}, db.Networks["default"].Aliases)
	assert.Equal(t, []string{"${SLUICE_ADDRESS:-127.0.0.1}:${SLUICE_DB_PORT:-1234}:1234"}, db.Ports)
	// Kubernetes' references are resolved, and no dollar is left to Compose.
	assert.Equal(t, []string{"bash", "-c", "echo 3 $$(UNKNOWN) $$(SIZE) $${HOME}"}, db.Entrypoint)
	assert.Equal(t, map[string]string{"SIZE": "3", "TWICE": "33", "POD": "sluice-db-0"}, db.Environment)
	assert.Equal(t, []string{"./compose/config/secret/db-db.env"}, db.EnvFile, "what a Secret holds is not in the committed file")
	assert.Equal(t, File{Content: "PASSWORD='pa$$word'\n", Secret: true}, j.files["secret/db-db.env"])
	assert.Equal(t, "1000:0", db.User)
	assert.Equal(t, []string{"2000"}, db.GroupAdd)
	assert.True(t, db.ReadOnly)
	assert.Equal(t, []string{"ALL"}, db.CapDrop)
	assert.Equal(t, []string{"no-new-privileges:true"}, db.SecurityOpt)
	assert.Equal(t, "384m", db.MemLimit)
	assert.Equal(t, "120s", db.StopGracePeriod)
	assert.Equal(t, "0123456789abcdef", db.Labels["sluice.config"])
	assert.Equal(t, []string{"/tmp:exec,mode=1777,uid=1000,gid=2000"}, db.Tmpfs)
	assert.Equal(t, []mount{
		{Type: "volume", Source: "db-data", Target: "/data"},
		{Type: "volume", Source: "db-shared", Target: "/shared"},
		{Type: "bind", Source: "./compose/config/db-files", Target: "/etc/db", ReadOnly: true, Bind: &bindOptions{}},
		{Type: "bind", Source: "./compose/config/db-files/db.conf", Target: "/etc/db.conf", ReadOnly: true, Bind: &bindOptions{}},
	}, db.Volumes)
	assert.Equal(t, map[string]owner{"db-data": {1000, 2000, false}, "db-shared": {1000, 2000, true}}, j.volumes)
	assert.Contains(t, db.Healthcheck.Test[3], "/dev/tcp/127.0.0.1/1234 && printf 'GET /ready?a=$$b HTTP/1.0")
	assert.Equal(t, "1m0s", db.Healthcheck.StartPeriod)

	assert.Equal(t, map[string]depends{"db-second": {Condition: completed}, permissions: {Condition: completed}}, db.DependsOn)
	assert.Equal(t, map[string]depends{"db-first": {Condition: completed}}, all["db-second"].DependsOn)
	assert.Equal(t, "on-failure", all["db-first"].Restart)
	assert.Equal(t, "service:db", all["db-sidecar"].NetworkMode)
	assert.Nil(t, all["db-sidecar"].Healthcheck, "nothing calls bash in its image")
}

// What Compose can't do is said, never left out.
func TestWhatIsNotTranslated(t *testing.T) {
	for want, change := range map[string][2]string{
		"sluice-db has 3 replicas: Compose runs one of each":             {"replicas: 1", "replicas: 3"},
		"the field status.hostIP has no counterpart":                     {"fieldPath: metadata.name", "fieldPath: status.hostIP"},
		"the chart has no secret/sluice-db with the key pass":            {"key: password", "key: pass"},
		"volume scratch: its kind has no counterpart":                    {"name: scratch, emptyDir: {}", "name: scratch, hostPath: {path: /x}"},
		"volume data: its subPath x has no counterpart":                  {"mountPath: /data", "mountPath: /data, subPath: x"},
		"sluice-db-files has no file db.cnf":                             {"subPath: db.conf", "subPath: db.cnf"},
		"the chart has no sluice-other":                                  {"configMap: {name: sluice-db-files}", "configMap: {name: sluice-other}"},
		"its port 80 leads to 1234: in Compose both must be the same":    {"port: 1234, targetPort", "port: 80, targetPort"},
		"PersistentVolume is a kind that internal/compose does not know": {"kind: ConfigMap\nmetadata: {name: sluice-db-files}\ndata: {db.conf: \"size = 3\"}", "kind: PersistentVolume\nmetadata: {name: x}"},
		"sluice-db has no label app.kubernetes.io/name":                  {"labels: {app.kubernetes.io/name: db}", "labels: {a: b}"},
	} {
		t.Run(want, func(t *testing.T) {
			require.Contains(t, stack, change[0])
			assert.ErrorContains(t, generate(split(replace(stack, change[0], change[1]))), want)
		})
	}
}

func generate(manifests []string) error {
	v, err := newVariant("all", manifests)
	if err != nil {
		return err
	}
	if _, err := shareFiles([]*variant{v}); err != nil {
		return err
	}
	j := joiner{services: map[string]*service{}, volumes: map[string]owner{}, withBash: v.imagesWithBash(), files: map[string]File{}}
	return j.add("db", []*variant{v})
}

// A component that differs between profiles is two services, with files of their own.
func TestProfiles(t *testing.T) {
	var variants []*variant
	for profile, text := range map[string]string{
		"a": stack,
		"b": replace(stack, "size = 3", "size = 4"),
		"c": replace(stack, "size = 3", "size = 4"),
	} {
		v, err := newVariant(profile, split(text))
		require.NoError(t, err)
		variants = append(variants, v)
	}
	sortByProfile(variants)
	delete(variants[2].pods, "db")
	files, err := shareFiles(variants)
	require.NoError(t, err)
	assert.Equal(t, "size = 3", files["db-files/db.conf"].Content)
	assert.Equal(t, "size = 4", files["db-files.b/db.conf"].Content)

	j := joiner{services: map[string]*service{}, volumes: map[string]owner{}, files: map[string]File{}}
	require.NoError(t, j.add("db", variants))
	assert.Equal(t, []string{"a"}, j.services["db"].Profiles)
	assert.Equal(t, []string{"b"}, j.services["db-b"].Profiles)
	assert.Equal(t, "service:db-b", j.services["db-b-sidecar"].NetworkMode)
	assert.Contains(t, j.services["db-b"].DependsOn, "db-b-second")
	assert.Equal(t, "db-data", j.services["db-b"].Volumes[0].Source, "both profiles have the same data")
}

func TestProfilesOfAService(t *testing.T) {
	assert.Nil(t, profiles("", []string{"a", "b"}, true))
	assert.Equal(t, []string{"a"}, profiles("", []string{"a"}, false))
	assert.Equal(t, []string{"test"}, profiles("test", []string{"a", "b"}, true))
	assert.Equal(t, []string{"test-a"}, profiles("test", []string{"a"}, false))
}
