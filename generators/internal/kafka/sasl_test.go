package kafka

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMechanisms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("secret\n"), 0o600))
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		for _, s := range []SASL{{mechanism, "user", "secret", ""}, {mechanism, "user", "", file}} {
			require.NoError(t, s.validate())
			m, err := s.mechanism()
			require.NoError(t, err)
			require.Equal(t, mechanism, strings.ToLower(m.Name()))
		}
	}
	for _, none := range []string{"none", ""} {
		m, err := SASL{Mechanism: none}.mechanism()
		require.NoError(t, err)
		require.Nil(t, m)
	}
}

// PLAIN shows the password in its first message.
func TestPasswordFileIsReadForEachLogin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("one\n"), 0o600))
	m, err := SASL{Mechanism: "plain", Username: "u", PasswordFile: file}.mechanism()
	require.NoError(t, err)
	for _, password := range []string{"one", " two "} {
		require.NoError(t, os.WriteFile(file, []byte(password+"\r\n"), 0o600))
		_, first, err := m.Start(t.Context())
		require.NoError(t, err)
		require.Equal(t, "\x00u\x00"+password, string(first))
	}
	require.NoError(t, os.Remove(file))
	_, _, err = m.Start(t.Context())
	requireMisuse(t, err, "cannot use --password-file: open "+file)
}

func TestPasswordFileThatCannotBeUsed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for file, want := range map[string]string{empty: empty + " is empty", "/does/not/exist": "no such file"} {
		cfg := testConfig()
		cfg.SASL = SASL{"scram-sha-512", "u", "", file}
		require.NoError(t, cfg.Validate())
		_, err := Open(t.Context(), cfg)
		requireMisuse(t, err, "cannot use --password-file: ")
		require.ErrorContains(t, err, want)
	}
}
