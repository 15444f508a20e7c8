package kafka

import (
	"context"
	"flag"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"sluice/internal/cli"
)

// SASL says who the client is. The password is Password, or what PasswordFile holds.
type SASL struct{ Mechanism, Username, Password, PasswordFile string }

func (s *SASL) flags(fs *flag.FlagSet) {
	fs.StringVar(&s.Mechanism, "sasl", "none", "none, plain, scram-sha-256 or scram-sha-512")
	fs.StringVar(&s.Username, "username", "", "user for --sasl")
	fs.StringVar(&s.Password, "password", "", "password for --sasl; flags can be seen by others, so use the variable or the file")
	fs.StringVar(&s.PasswordFile, "password-file", "", "file that holds the password, read for each new connection")
}

func (s SASL) validate() error {
	if s.none() {
		if s.Username != "" || s.Password != "" || s.PasswordFile != "" {
			return cli.Misusef("--username, --password and --password-file need --sasl: set it to plain, scram-sha-256 or scram-sha-512")
		}
		return nil
	}
	switch {
	case s.Username == "" || s.Password == "" && s.PasswordFile == "":
		return cli.Misusef("--sasl %s needs --username and a password: set SLUICE_USERNAME, and SLUICE_PASSWORD or --password-file", s.Mechanism)
	case s.Password != "" && s.PasswordFile != "":
		return cli.Misusef("--password and --password-file exclude each other: set one of them")
	}
	_, err := s.with("") // which only tells whether there is such a mechanism
	return err
}

// none is the case for clients without these flags, too.
func (s SASL) none() bool { return s.Mechanism == "none" || s.Mechanism == "" }

// mechanism is nil for none. It reads PasswordFile, so that a file that can't be used is found at the start.
func (s SASL) mechanism() (sasl.Mechanism, error) {
	if s.none() {
		return nil, nil
	}
	if s.PasswordFile == "" {
		return s.with(s.Password)
	}
	first, err := s.fromFile()
	if err != nil {
		return nil, err
	}
	return fromFile{first.Name(), s}, nil
}

func (s SASL) fromFile() (sasl.Mechanism, error) {
	password, err := ReadPassword(s.PasswordFile)
	if err != nil {
		return nil, cli.Misusef("cannot use --password-file: %w", err)
	}
	return s.with(password)
}

func (s SASL) with(password string) (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: password}, nil
	case "scram-sha-256":
		return s.scram(scram.SHA256, password)
	case "scram-sha-512":
		return s.scram(scram.SHA512, password)
	}
	return nil, cli.Misusef("--sasl is %q: set it to none, plain, scram-sha-256 or scram-sha-512", s.Mechanism)
}

func (s SASL) scram(algorithm scram.Algorithm, password string) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(algorithm, s.Username, password)
	if err != nil {
		return nil, cli.Misusef("cannot use --username and the password: %w", err)
	}
	return m, nil
}

// fromFile reads the password for each login: a mounted Secret is changed in place.
type fromFile struct {
	name string
	SASL
}

func (f fromFile) Name() string { return f.name }

func (f fromFile) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, err := f.fromFile()
	if err != nil {
		return nil, nil, err
	}
	return m.Start(ctx)
}
