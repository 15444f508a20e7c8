package kafka

import (
	"fmt"
	"os"
	"strings"
)

// ReadPassword reads a file that holds one password; the end of its line does not belong to it.
func ReadPassword(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	password := strings.TrimRight(string(content), "\r\n")
	if password == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return password, nil
}
