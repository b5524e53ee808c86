package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// ErrSignature means that a signature is missing, or is not that of the body.
var ErrSignature = errors.New("webhook: the signature is missing or wrong")

// Sign returns the signature of a body, as SuperOffice sends it in the header
// X-SuperOffice-Signature: the HMAC-SHA256 of its bytes by the secret's, in
// base64.
func Sign(secret string, body []byte) string {
	sum := digest(secret, body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Verify returns [ErrSignature] unless a signature is that of the body by the
// secret. It takes the same time for all wrong ones. An empty secret signs nothing.
func Verify(secret string, body []byte, signature string) error {
	given, err := base64.StdEncoding.Strict().DecodeString(signature)
	want := digest(secret, body)
	if err != nil || secret == "" || !hmac.Equal(given, want[:]) {
		return ErrSignature
	}
	return nil
}

func digest(secret string, body []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body) // never fails
	mac.Sum(sum[:0])
	return sum
}
