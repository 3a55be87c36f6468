package config

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Key is the App's private key, from the environment or from its file: RSA, as GitHub makes it (PKCS#1) or as operators
// convert it (PKCS#8). The error names the setting and contains nothing of the key.
func (s *Server) Key() (*rsa.PrivateKey, error) {
	const file, literal = "--private-key (PRIVATE_KEY_PATH)", "PRIVATE_KEY"
	switch {
	case s.PrivateKey == "" && s.PrivateKeyPath == "":
		return nil, errors.New(file + " or " + literal + ": missing; dfbot needs the App's private key")
	case s.PrivateKey != "" && s.PrivateKeyPath != "":
		return nil, errors.New(file + " and " + literal + ": set one of them, not both")
	case s.PrivateKey != "":
		key, err := parseKey(unpack(string(s.PrivateKey)))
		return key, named(literal, err)
	}
	data, err := readFile(s.PrivateKeyPath)
	if err != nil {
		return nil, named(file, err)
	}
	key, err := parseKey(data)
	return key, named(file, err)
}

func named(setting string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	return nil
}

// unpack returns the PEM of a key from an environment variable: as it is, in quotes that were meant for a shell, with
// \n for its line ends, or as base64.
func unpack(value string) []byte {
	value = strings.TrimSpace(value)
	for _, quote := range []string{`"`, `'`} {
		if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			value = value[1 : len(value)-1]
		}
	}
	value = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(value)
	if strings.Contains(value, "-----BEGIN") {
		return []byte(value)
	}
	// PEM is ASCII, so its base64 has none of the characters in which base64 for URLs differs.
	packed := strings.TrimRight(strings.Join(strings.Fields(value), ""), "=")
	if data, err := base64.RawStdEncoding.DecodeString(packed); err == nil {
		return data
	}
	return []byte(value)
}

func parseKey(data []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM block found")
	}
	if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("the key is encrypted; remove its passphrase")
	}
	switch block.Type {
	case "RSA PRIVATE KEY", "PRIVATE KEY":
	case "EC PRIVATE KEY":
		return nil, errors.New("this is an EC key; GitHub Apps use RSA")
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is encrypted; remove its passphrase")
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errors.New("this is a public key or certificate; dfbot needs the App's private key")
	default:
		return nil, errors.New("the PEM block is not an RSA private key") // its type may be anything
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the PEM block is damaged: it is neither a PKCS#1 nor a PKCS#8 key")
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("this is an %s key; GitHub Apps use RSA", kind(key))
	}
	return private, nil
}

// kind is the name of a key's algorithm, for those that PKCS#8 supports.
func kind(key any) string {
	switch fmt.Sprintf("%T", key) {
	case "*ecdsa.PrivateKey", "*ecdh.PrivateKey":
		return "EC"
	case "ed25519.PrivateKey":
		return "Ed25519"
	}
	return "unknown"
}
