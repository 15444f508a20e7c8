package access

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go"
)

const (
	mechanism  = kafka.ScramMechanismSha512
	iterations = 8192
	saltSize   = 32 // bytes
)

// credential is what Kafka stores of a user: not the password, which can't be had from it.
func credential(name, password string) (kafka.UserScramCredentialsUpsertion, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // it never fails
	salted, err := pbkdf2.Key(sha512.New, password, salt, iterations, sha512.Size)
	return kafka.UserScramCredentialsUpsertion{
		Name: name, Mechanism: mechanism, Iterations: iterations, Salt: salt, SaltedPassword: salted,
	}, err
}

// known are those of the users that can log in to Kafka, with whatever password.
func known(ctx context.Context, client Client, users map[string]user) (map[string]bool, error) {
	request := &kafka.DescribeUserScramCredentialsRequest{}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		request.Users = append(request.Users, kafka.UserScramCredentialsUser{Name: name})
	}
	answer, err := client.DescribeUserScramCredentials(ctx, request)
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	names := map[string]bool{}
	for _, result := range answer.Results {
		switch {
		case errors.Is(result.Error, kafka.ResourceNotFound):
		case result.Error != nil:
			return nil, fmt.Errorf("user %q: %w", result.User, result.Error)
		default:
			names[result.User] = slices.Contains(result.CredentialInfos,
				kafka.DescribeUserScramCredentialsCredentialInfo{Mechanism: mechanism, Iterations: iterations})
		}
	}
	return names, nil
}

// setPasswords stores the credentials of these users and tells whose were taken.
func setPasswords(ctx context.Context, client Client, names []string, users map[string]user) (taken []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	request := &kafka.AlterUserScramCredentialsRequest{}
	for _, name := range names {
		c, err := credential(name, users[name].password)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", name, err)
		}
		request.Upsertions = append(request.Upsertions, c)
	}
	answer, err := client.AlterUserScramCredentials(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	for _, result := range answer.Results {
		if result.Error != nil {
			err = errors.Join(err, fmt.Errorf("user %q: %w", result.User, result.Error))
			continue
		}
		taken = append(taken, result.User)
	}
	return taken, err
}
