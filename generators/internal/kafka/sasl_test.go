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
			franz, err := s.franz()
			require.NoError(t, err)
			require.Equal(t, mechanism, strings.ToLower(franz.Name()))
			kafkaGo, err := s.kafkaGo()
			require.NoError(t, err)
			require.Equal(t, mechanism, strings.ToLower(kafkaGo.Name()))
		}
	}
	for _, none := range []string{"none", ""} {
		franz, err := SASL{Mechanism: none}.franz()
		require.NoError(t, err)
		require.Nil(t, franz)
		kafkaGo, err := SASL{Mechanism: none}.kafkaGo()
		require.NoError(t, err)
		require.Nil(t, kafkaGo)
	}
}

// PLAIN shows the password in its first message.
func TestPasswordFileIsReadForEachLogin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("one\n"), 0o600))
	s := SASL{Mechanism: "plain", Username: "u", PasswordFile: file}
	franz, err := s.franz()
	require.NoError(t, err)
	kafkaGo, err := s.kafkaGo()
	require.NoError(t, err)
	for name, login := range map[string]func() ([]byte, error){
		"franz-go": func() ([]byte, error) { _, first, err := franz.Authenticate(t.Context(), ""); return first, err },
		"kafka-go": func() ([]byte, error) { _, first, err := kafkaGo.Start(t.Context()); return first, err },
	} {
		for _, password := range []string{"one", " two "} {
			require.NoError(t, os.WriteFile(file, []byte(password+"\r\n"), 0o600))
			first, err := login()
			require.NoError(t, err, name)
			require.Equal(t, "\x00u\x00"+password, string(first), name)
		}
		require.NoError(t, os.Remove(file))
		_, err := login()
		requireMisuse(t, err, "cannot use --password-file: open "+file)
	}
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
