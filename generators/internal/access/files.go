// Package access keeps Kafka's SCRAM users and their ACLs as files say.
package access

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/segmentio/kafka-go"
	"sigs.k8s.io/yaml"

	connection "sluice/generators/internal/kafka"
	"sluice/internal/cli"
)

// Files say who the users are.
type Files struct {
	Users     string // YAML: the grants of each user
	Passwords string // a folder with a file for each user, called like the user
}

// user is what Kafka shall know of one.
type user struct {
	password string
	acls     []kafka.ACLEntry
}

// Check tells what is wrong with the files: the error says what to set.
func (f Files) Check() error {
	_, err := f.read()
	return err
}

// read tells the users by their names; the error says what to set. Passwords are in no error.
func (f Files) read() (map[string]user, error) {
	content, err := os.ReadFile(f.Users)
	if err != nil {
		return nil, cli.Misusef("cannot read --users: %w", err)
	}
	var grants map[string][]grant
	if err := yaml.UnmarshalStrict(content, &grants); err != nil {
		return nil, cli.Misusef("--users %s: %w", f.Users, err)
	}
	if len(grants) == 0 {
		return nil, cli.Misusef("--users %s names no user: set it to a file with the grants of each", f.Users)
	}
	users := make(map[string]user, len(grants))
	for name, list := range grants {
		u := user{}
		if u.password, err = f.password(name); err != nil {
			return nil, err
		}
		for i, g := range list {
			acls, err := g.acls(name)
			if err != nil {
				return nil, cli.Misusef("--users %s, user %q, grant %d: %w", f.Users, name, i+1, err)
			}
			u.acls = append(u.acls, acls...)
		}
		users[name] = u
	}
	return users, nil
}

func (f Files) password(name string) (string, error) {
	if name == "" || name != filepath.Base(name) {
		return "", cli.Misusef("--users %s has a user %q: set it to a name that a file can have", f.Users, name)
	}
	file := filepath.Join(f.Passwords, name)
	password, err := connection.ReadPassword(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", cli.Misusef("user %q has no password: put it into %s, or set --passwords", name, file)
	case err != nil:
		return "", cli.Misusef("the password of user %q: %w: set it", name, err)
	}
	return password, nil
}
