package kafka

import (
	"context"
	"flag"

	kafkago "github.com/segmentio/kafka-go/sasl"
	kafkagoplain "github.com/segmentio/kafka-go/sasl/plain"
	kafkagoscram "github.com/segmentio/kafka-go/sasl/scram"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

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
	switch {
	case s.none():
		if s.Username != "" || s.Password != "" || s.PasswordFile != "" {
			return cli.Misusef("--username, --password and --password-file need --sasl: set it to plain, scram-sha-256 or scram-sha-512")
		}
		return nil
	case s.Username == "" || s.Password == "" && s.PasswordFile == "":
		return cli.Misusef("--sasl %s needs --username and a password: set SLUICE_USERNAME, and SLUICE_PASSWORD or --password-file", s.Mechanism)
	case s.Password != "" && s.PasswordFile != "":
		return cli.Misusef("--password and --password-file exclude each other: set one of them")
	case s.Mechanism != "plain" && s.Mechanism != "scram-sha-256" && s.Mechanism != "scram-sha-512":
		return cli.Misusef("--sasl is %q: set it to none, plain, scram-sha-256 or scram-sha-512", s.Mechanism)
	}
	return nil
}

// none is the case for clients without these flags, too.
func (s SASL) none() bool { return s.Mechanism == "none" || s.Mechanism == "" }

// password reads the file, if there is one: a mounted Secret is changed in place.
func (s SASL) password() (string, error) {
	if s.PasswordFile == "" {
		return s.Password, nil
	}
	password, err := ReadPassword(s.PasswordFile)
	if err != nil {
		return "", cli.Misusef("cannot use --password-file: %w", err)
	}
	return password, nil
}

// franz is franz-go's mechanism, which asks for the password at each login; nil for none. A file that can't be used now is an error.
func (s SASL) franz() (sasl.Mechanism, error) {
	if s.none() {
		return nil, nil
	}
	if _, err := s.password(); err != nil {
		return nil, err
	}
	asScram := func(context.Context) (scram.Auth, error) {
		password, err := s.password()
		return scram.Auth{User: s.Username, Pass: password}, err
	}
	switch s.Mechanism {
	case "scram-sha-256":
		return scram.Sha256(asScram), nil
	case "scram-sha-512":
		return scram.Sha512(asScram), nil
	default:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := s.password()
			return plain.Auth{User: s.Username, Pass: password}, err
		}), nil
	}
}

// kafkaGo is kafka-go's mechanism; nil for none. A file that can't be used now is an error.
func (s SASL) kafkaGo() (kafkago.Mechanism, error) {
	if s.none() {
		return nil, nil
	}
	first, err := s.login()
	if err != nil {
		return nil, err
	}
	return eachLogin{first.Name(), s}, nil
}

// login is kafka-go's mechanism with the password as it is now.
func (s SASL) login() (kafkago.Mechanism, error) {
	password, err := s.password()
	if err != nil {
		return nil, err
	}
	algorithm := kafkagoscram.SHA512
	switch s.Mechanism {
	case "plain":
		return kafkagoplain.Mechanism{Username: s.Username, Password: password}, nil
	case "scram-sha-256":
		algorithm = kafkagoscram.SHA256
	}
	m, err := kafkagoscram.Mechanism(algorithm, s.Username, password)
	if err != nil {
		return nil, cli.Misusef("cannot use --username and the password: %w", err)
	}
	return m, nil
}

// eachLogin asks for the password at each login.
type eachLogin struct {
	name string
	SASL
}

func (e eachLogin) Name() string { return e.name }

func (e eachLogin) Start(ctx context.Context) (kafkago.StateMachine, []byte, error) {
	m, err := e.login()
	if err != nil {
		return nil, nil, err
	}
	return m.Start(ctx)
}
