package online

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"math/big"
	"strings"
)

// ParsePrivateKey reads the private key of an application, in any form in
// which it is found: the .NET XML that SuperOffice's developer portal hands
// out (RSAKeyValue), or PEM with PKCS #1 or PKCS #8 in it. As environments and
// files have them, it may be in quotes or in base64, and line breaks may be
// written as \n or as blanks. An error never repeats any of the key.
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	text = unwrappedKey(text)
	if bytes.HasPrefix(text, []byte("<")) {
		return parseXMLKey(text)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, invalid("the private key", "is neither .NET XML (RSAKeyValue) nor PEM")
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		if _, encrypted := block.Headers["DEK-Info"]; encrypted {
			return nil, invalid("the private key", "is encrypted; decrypt it first")
		}
		return checkedKey(x509.ParsePKCS1PrivateKey(block.Bytes))
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		key, isRSA := parsed.(*rsa.PrivateKey)
		if err == nil && !isRSA {
			return nil, invalid("the private key", fmt.Sprintf("is a %T; SuperOffice takes RSA keys", parsed))
		}
		return checkedKey(key, err)
	case "ENCRYPTED PRIVATE KEY":
		return nil, invalid("the private key", "is encrypted; decrypt it first")
	}
	return nil, invalid("the private key", fmt.Sprintf("is PEM of a %q, which is no private RSA key", block.Type))
}

// unwrappedKey takes off what people and tools put around a key.
func unwrappedKey(text []byte) []byte {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		text = bytes.TrimSpace(text[1 : n-1])
	}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte(`\r`), nil), []byte(`\n`), []byte("\n"))
	if decoded, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(text), nil))); err == nil && len(decoded) > 0 {
		text = bytes.TrimSpace(decoded)
	}
	if bytes.HasPrefix(text, []byte("-----BEGIN ")) && !bytes.ContainsRune(text, '\n') {
		text = brokenPEM(text)
	}
	return text
}

// brokenPEM gives PEM on one line its line breaks back.
func brokenPEM(text []byte) []byte {
	const dashes = "-----"
	begin, rest, ok := bytes.Cut(text[len(dashes):], []byte(dashes))
	body, end, found := bytes.Cut(rest, []byte(dashes))
	if !ok || !found {
		return text
	}
	lines := [][]byte{[]byte(dashes + string(begin) + dashes), bytes.Join(bytes.Fields(body), nil), []byte(dashes + string(end)), nil}
	return bytes.Join(lines, []byte("\n"))
}

// leastKeyBits is the smallest RSA key that Go's crypto/rsa signs with.
const leastKeyBits = 1024

func checkedKey(key *rsa.PrivateKey, err error) (*rsa.PrivateKey, error) {
	switch {
	case err != nil:
		return nil, invalid("the private key", "is damaged: a part is missing or altered")
	case key.N.BitLen() < leastKeyBits:
		return nil, invalid("the private key", fmt.Sprintf("has %d bits, which is too few to be safe", key.N.BitLen()))
	case key.Validate() != nil:
		return nil, invalid("the private key", "is damaged: its numbers do not belong together")
	}
	return key, nil
}

// xmlKey is a key as .NET writes it, each number in base64.
type xmlKey struct {
	XMLName  xml.Name `xml:"RSAKeyValue"`
	Modulus  string
	Exponent string
	P        string
	Q        string
	D        string
}

// parseXMLKey reads .NET's form. What it tells beside the five numbers follows
// from them.
func parseXMLKey(text []byte) (*rsa.PrivateKey, error) {
	var from xmlKey
	if err := xml.Unmarshal(text, &from); err != nil {
		return nil, invalid("the private key", "is not the XML of a key (RSAKeyValue)")
	}
	if from.D == "" {
		return nil, invalid("the private key", "is the public half only: it has no D")
	}
	key := new(rsa.PrivateKey)
	key.Primes = []*big.Int{nil, nil}
	var exponent *big.Int
	for _, part := range []struct {
		text string
		into **big.Int
	}{
		{from.Modulus, &key.N},
		{from.Exponent, &exponent},
		{from.D, &key.D},
		{from.P, &key.Primes[0]},
		{from.Q, &key.Primes[1]},
	} {
		number, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(part.text), ""))
		if err != nil || len(number) == 0 {
			return nil, invalid("the private key", "is damaged: a part is missing or altered")
		}
		*part.into = new(big.Int).SetBytes(number)
	}
	if !exponent.IsInt64() || exponent.Int64() > 1<<31-1 {
		return nil, invalid("the private key", "is damaged: its exponent is too large")
	}
	key.E = int(exponent.Int64())
	checked, err := checkedKey(key, nil)
	if err != nil {
		return nil, err
	}
	checked.Precompute()
	return checked, nil
}
