package online

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"unicode/utf16"
)

// ParsePrivateKey reads the private key of an application, in any form in
// which it is found: the .NET XML that SuperOffice's developer portal hands
// out (RSAKeyValue), or PKCS #1 or PKCS #8, as PEM or as plain DER. As
// environments and files have them, it may be in quotes, in base64, in UTF-16 or
// indented, any of these within another, and line breaks may be written as \n or
// as blanks. An error says what is wrong, and never repeats any of the key.
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	key, how := unwrappedKey(text)
	switch {
	case isDER(key):
		return parseDER(key)
	case bytes.HasPrefix(key, []byte("<")):
		return parseXMLKey(key)
	case bytes.Contains(key, []byte(pemBegin)):
		return parsePEM(key)
	}
	return nil, invalid("the private key", whatIsNoKey(key, how))
}

// pemBegin begins a block of PEM.
const pemBegin = "-----BEGIN "

// whatIsNoKey says what a text is in place of a key, without repeating it.
func whatIsNoKey(text []byte, how wrapping) string {
	const most = 260 // of the name of a file
	name := strings.ToLower(string(text[max(0, len(text)-4):]))
	switch {
	case len(text) == 0:
		return "is empty"
	case how.depth > mostWrappings:
		return "is wrapped in quotes or base64 too many times"
	case how.base64:
		return "is base64 of something that is neither .NET XML (RSAKeyValue) nor PEM nor DER"
	case text[0] == '"' || text[0] == '\'':
		return "begins with a quote that does not end"
	case len(text) < most && slices.Contains([]string{".pem", ".xml", ".key", ".der", ".txt"}, name):
		return "is the name of a file, it seems; give what is in the file"
	}
	return "is neither .NET XML (RSAKeyValue) nor PEM, nor base64 of either"
}

// parsePEM reads the first private key of what may be several blocks.
func parsePEM(text []byte) (*rsa.PrivateKey, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, invalid("the private key", "is PEM that is cut off or damaged: there must be an END line, and base64 before it")
	}
	for next := block; next != nil; next, rest = pem.Decode(rest) {
		if strings.HasSuffix(next.Type, "PRIVATE KEY") {
			block = next
			break
		}
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		if _, encrypted := block.Headers["DEK-Info"]; encrypted {
			return nil, invalid("the private key", "is encrypted; decrypt it first")
		}
		return checkedKey(x509.ParsePKCS1PrivateKey(block.Bytes))
	case "PRIVATE KEY":
		return parsePKCS8(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, invalid("the private key", "is encrypted; decrypt it first")
	case "OPENSSH PRIVATE KEY":
		return nil, invalid("the private key", "is in OpenSSH's own form; ssh-keygen -p -m PEM makes PEM of it")
	}
	return nil, invalid("the private key", fmt.Sprintf("is PEM of a %q, which is no private RSA key", block.Type))
}

func parsePKCS8(der []byte) (*rsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, isRSA := parsed.(*rsa.PrivateKey)
	if err == nil && !isRSA {
		return nil, invalid("the private key", fmt.Sprintf("is a %T; SuperOffice takes RSA keys", parsed))
	}
	return checkedKey(key, err)
}

// isDER reports whether a text is one whole piece of DER of the size of a key.
func isDER(text []byte) bool {
	const header = 4 // a sequence, and two bytes of length
	return len(text) > header && text[0] == 0x30 && text[1] == 0x82 &&
		int(binary.BigEndian.Uint16(text[2:])) == len(text)-header
}

// parseDER reads a key that does not say of which form it is.
func parseDER(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return checkedKey(key, nil)
	}
	if _, err := x509.ParsePKCS8PrivateKey(der); err != nil {
		return nil, invalid("the private key", "is DER, but no private key in PKCS #1 or PKCS #8; if it is encrypted, or a certificate with its key, take the key out first")
	}
	return parsePKCS8(der)
}

// mostWrappings bounds how many are taken off: people have two or three.
const mostWrappings = 8

// wrapping tells what was taken off a key.
type wrapping struct {
	depth  int
	base64 bool
}

// unwrappedKey takes off what people and tools put around a key.
func unwrappedKey(text []byte) (key []byte, how wrapping) {
	for ; how.depth <= mostWrappings && !isDER(text); how.depth++ {
		text = trimmedKey(text)
		if inner, ok := unquoted(text); ok {
			text = inner
		} else if inner, ok := unbase64(text); ok {
			text, how.base64 = inner, true
		} else {
			break
		}
	}
	if bytes.Contains(text, []byte(pemBegin)) {
		text = tidyPEM(text)
	}
	return text, how
}

// trimmedKey is a text in UTF-8, without a byte order mark, blanks around it and
// breaks that are written out.
func trimmedKey(text []byte) []byte {
	text = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(utf8Of(text)), []byte("\xef\xbb\xbf")))
	return []byte(writtenOut.Replace(string(text)))
}

// writtenOut undoes what encoders of JSON and XML, shells and people write for
// characters of a key.
var writtenOut = strings.NewReplacer(`\\n`, "\n", `\\r`, "", `\r`, "", `\n`, "\n", `\t`, " ", "\\\n", "\n", "\\\r\n", "\n", `\/`, "/", `\"`, `"`,
	`\u002b`, "+", `\u002B`, "+", `\u003c`, "<", `\u003C`, "<", `\u003e`, ">", `\u003E`, ">", `\u0022`, `"`, `\u003d`, "=", `\u003D`, "=",
	"&lt;", "<", "&gt;", ">")

// utf8Of is a text in UTF-8 that may be in UTF-16, as PowerShell writes files.
// No other form of a key has a zero byte among its first two.
func utf8Of(text []byte) []byte {
	if len(text) < 2 || len(text)%2 != 0 {
		return text
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch mark := [2]byte(text); {
	case mark == [2]byte{0xfe, 0xff}, mark[0] == 0:
		order = binary.BigEndian
	case mark != [2]byte{0xff, 0xfe} && mark[1] != 0:
		return text
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// unquoted takes off a pair of quotes.
func unquoted(text []byte) (inner []byte, ok bool) {
	n := len(text)
	if n < 2 || text[0] != '"' && text[0] != '\'' || text[n-1] != text[0] {
		return nil, false
	}
	return text[1 : n-1], true
}

// unbase64 takes off base64, of either alphabet, with or without its end. A
// text that is shorter than any key is a word.
func unbase64(text []byte) (inner []byte, ok bool) {
	const least = 64
	if len(text) < least || bytes.Contains(text, []byte(pemBegin)) { // whose every sign could be base64's
		return nil, false
	}
	digits := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(string(bytes.Join(bytes.Fields(text), nil)))
	inner, err := base64.RawStdEncoding.DecodeString(digits)
	return inner, err == nil
}

// tidyPEM is PEM without indents, with the line breaks that it needs.
func tidyPEM(text []byte) []byte {
	var lines [][]byte
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		lines = append(lines, bytes.TrimSpace(line))
	}
	tidy := append(bytes.Join(lines, []byte("\n")), '\n')
	if block, _ := pem.Decode(tidy); block != nil {
		return tidy
	}
	return brokenPEM(text[bytes.Index(text, []byte(pemBegin)):])
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
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil } // it is UTF-8 by now
	if err := decoder.Decode(&from); err != nil {
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
