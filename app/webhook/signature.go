package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
)

// secrets are the webhook secrets, any of which may have signed a delivery.
type secrets [][]byte

func newSecrets(list []string) (secrets, error) {
	if len(list) == 0 {
		return nil, errors.New("make webhook receiver: no webhook secret is set; without one anyone could send " +
			"deliveries")
	}
	var s secrets
	for _, secret := range list {
		if strings.TrimSpace(secret) == "" {
			return nil, errors.New("make webhook receiver: a webhook secret is empty; anyone could sign deliveries " +
				"with it")
		}
		s = append(s, []byte(secret))
	}
	return s, nil
}

// signatureOf reads the header X-Hub-Signature-256: "sha256=" and 64 hexadecimal digits. X-Hub-Signature, which is
// SHA-1, is not looked at.
func signatureOf(h http.Header) (signature []byte, ok bool) {
	digits, found := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256=")
	if !found {
		return nil, false
	}
	signature, err := hex.DecodeString(digits)
	return signature, err == nil && len(signature) == sha256.Size
}

// signed reports whether signature is the HMAC-SHA-256 of body under one of the secrets. The time it takes does not
// reveal which.
func (s secrets) signed(body, signature []byte) bool {
	found := false
	for _, secret := range s {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), signature) {
			found = true
		}
	}
	return found
}
