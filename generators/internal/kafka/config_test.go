package kafka

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func testConfig() Config {
	return Config{
		Connection: Connection{Brokers: []string{"localhost:9092"}, SASL: SASL{Mechanism: "none"}},
		Topic:      "logs-topic", Acks: "all", Compression: "snappy",
		BatchSize: 100, Linger: time.Millisecond, ConnectTimeout: time.Second,
	}
}

func requireMisuse(t *testing.T, err error, want string) {
	t.Helper()
	require.ErrorContains(t, err, want)
	require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
}

func TestConfigValidate(t *testing.T) {
	require.NoError(t, testConfig().Validate())
	for want, change := range map[string]func(*Config){
		"--brokers is empty":                     func(c *Config) { c.Brokers = nil },
		`--brokers has ""`:                       func(c *Config) { c.Brokers = []string{""} },
		`--brokers has "kafka"`:                  func(c *Config) { c.Brokers = []string{"a:1", "kafka"} },
		"--topic is empty":                       func(c *Config) { c.Topic = "" },
		`--topic is "a b"`:                       func(c *Config) { c.Topic = "a b" },
		`--topic is "..": set it`:                func(c *Config) { c.Topic = ".." },
		"at most 249 letters":                    func(c *Config) { c.Topic = strings.Repeat("x", 250) },
		"--batch-size is 0":                      func(c *Config) { c.BatchSize = 0 },
		"--linger is -1s":                        func(c *Config) { c.Linger = -time.Second },
		"--connect-timeout is 0s":                func(c *Config) { c.ConnectTimeout = 0 },
		`--acks is "1": set it to all`:           func(c *Config) { c.Acks = "1" },
		`--compression is "br": set it to`:       func(c *Config) { c.Compression = "br" },
		"need --tls":                             func(c *Config) { c.TLS.CA = "ca.pem" },
		"belong together":                        func(c *Config) { c.TLS = TLS{Enabled: true, Cert: "x"} },
		`--sasl is "gssapi": set it to`:          func(c *Config) { c.SASL = SASL{"gssapi", "u", "p", ""} },
		"--password-file need --sasl: set it to": func(c *Config) { c.SASL.Username = "u" },
		"need --sasl: set it to plain,":          func(c *Config) { c.SASL.PasswordFile = "f" },
		"SLUICE_PASSWORD or --password-file":     func(c *Config) { c.SASL = SASL{"plain", "u", "", ""} },
		"--sasl plain needs --username":          func(c *Config) { c.SASL = SASL{"plain", "", "p", ""} },
		"exclude each other: set one of them":    func(c *Config) { c.SASL = SASL{"plain", "u", "p", "f"} },
	} {
		cfg := testConfig()
		change(&cfg)
		requireMisuse(t, cfg.Validate(), want)
	}
}

func TestBadFiles(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.pem")
	require.NoError(t, os.WriteFile(junk, []byte("junk"), 0o600))
	for want, files := range map[string]TLS{
		"cannot read --tls-ca":                              {CA: "/does/not/exist"},
		"holds no certificate":                              {CA: junk},
		"cannot use --tls-cert " + junk + " with --tls-key": {Cert: junk, Key: junk},
	} {
		cfg := testConfig()
		cfg.TLS = files
		cfg.TLS.Enabled = true
		_, err := Open(t.Context(), cfg)
		requireMisuse(t, err, want)
	}
}
