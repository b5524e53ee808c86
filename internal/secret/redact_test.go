package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/secret"
)

func TestRedactorKnowsJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"plain text", `"quoted\"`, "<a & b>", "lines\u2028and\u2029more<", "\x00\b\f\n\r\t\x1f\x7f", "b\xffd \U0001f511"} {
		html, err := json.Marshal(text)
		require.NoError(t, err)
		var plain bytes.Buffer
		e := json.NewEncoder(&plain)
		e.SetEscapeHTML(false)
		require.NoError(t, e.Encode(text))
		redact := secret.NewRedactor(text)
		assert.Equal(t, `"`+secret.Redacted+`"`, redact.Replace(string(html)))
		assert.Equal(t, `"`+secret.Redacted+"\"\n", redact.Replace(plain.String()))
	}
}

// ticket is a secret with characters that every encoding writes in its own way.
const ticket = `7T:Zm9v+bA/r=="<&>é x`

func TestRedactorKnowsWhatServersWrite(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(ticket)
	require.NoError(t, err)
	inJSON := string(quoted[1 : len(quoted)-1])
	for name, text := range map[string]string{
		"as it is":               ticket,
		"upper case":             strings.ToUpper(ticket),
		"lower case":             strings.ToLower(ticket),
		"JSON":                   inJSON,
		"JSON, slashes":          strings.ReplaceAll(inJSON, "/", `\/`),
		"JSON, unicode":          strings.ReplaceAll(strings.ReplaceAll(inJSON, "+", `\u002B`), "é", `\u00E9`),
		"JSON in JSON":           strings.ReplaceAll(inJSON, `\`, `\\`),
		"query":                  url.QueryEscape(ticket),
		"path":                   url.PathEscape(ticket),
		"query in lower case":    strings.ToLower(url.QueryEscape(ticket)),
		"query, escaped twice":   url.QueryEscape(url.QueryEscape(ticket)),
		"HTML":                   html.EscapeString(ticket),
		"HTML, hexadecimal":      strings.ReplaceAll(html.EscapeString(ticket), "+", "&#x2B;"),
		"HTML of a query":        html.EscapeString(url.QueryEscape(ticket)),
		"JSON of HTML":           strings.ReplaceAll(html.EscapeString(ticket), "&", `\u0026`),
		"UTF-16, little endian":  utf16Text(strings.ReplaceAll(ticket, "é", ""), 0, 1),
		"base64":                 base64.StdEncoding.EncodeToString([]byte(ticket)),
		"base64 for URLs":        base64.RawURLEncoding.EncodeToString([]byte(ticket)),
		"base64 of more, by one": base64.StdEncoding.EncodeToString([]byte("u" + ticket + "more")),
		"base64 of more, by two": base64.StdEncoding.EncodeToString([]byte("u:" + ticket + "more")),
		"hex":                    hex.EncodeToString([]byte(ticket)),
		"hex in capitals":        strings.ToUpper(hex.EncodeToString([]byte(ticket))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redactor := secret.NewRedactor(ticket, strings.ReplaceAll(ticket, "é", ""))
			got := redactor.Replace("before " + text + " after")
			if strings.HasPrefix(name, "base64") {
				// The characters that its neighbours have a part in say little.
				assert.LessOrEqual(t, len(got)-len("before  after")-len(secret.Redacted), 16, got)
			} else {
				assert.Equal(t, "before "+secret.Redacted+" after", got)
			}
			assert.Contains(t, got, secret.Redacted)
		})
	}
}

// utf16Text writes ASCII text in two bytes a character, the character first
// and then zero for 0, 1, or the other way round.
func utf16Text(text string, character, zero int) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[character], pair[zero] = byte(unit), 0
		b.Write(pair[:])
	}
	return strings.TrimSuffix(b.String(), "\x00")
}

func TestRedactorHoldsAtACut(t *testing.T) {
	t.Parallel()
	redactor := secret.NewRedactor(ticket)
	for _, spelling := range []string{ticket, url.QueryEscape(ticket), strings.ReplaceAll(url.QueryEscape(ticket), "%", `\u0025`)} {
		text := strings.Repeat("x", 50) + spelling + strings.Repeat("y", 50)
		for most := range len(text) + 1 {
			got := redactor.Start(text, most)
			switch {
			case most <= 50:
				assert.Equal(t, text[:most], got)
			case most <= 50+len(spelling):
				assert.Equal(t, text[:50]+secret.Redacted, got)
			default:
				assert.Equal(t, text[:50]+secret.Redacted+text[50+len(spelling):most], got)
			}
		}
	}
}

func TestRedactorLeavesOtherTextAlone(t *testing.T) {
	t.Parallel()
	redactor := secret.NewRedactor(ticket, "abc", "")
	for _, text := range []string{"", "abc", `\u002`, "%2", "&#x", "&unknown;", `\ud83d`, "100 % sure & more\\"} {
		assert.Equal(t, text, redactor.Replace(text))
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add(`7T:\u002B%2b&#43;`, ticket, 20)
	f.Add("\xdf", "\x98000", 20) // one character is half text and half secret
	f.Add("0", "İ00", 103)       // it has less bytes in lower case
	f.Add("000", "D000", 20)     // which the end of the mark and the text make, too
	f.Fuzz(func(t *testing.T, text, hidden string, most int) {
		if len(hidden) < 4 || most < 0 {
			t.Skip()
		}
		redactor := secret.NewRedactor(hidden)
		const mark = "\n"
		if strings.Contains(text, secret.Redacted) || strings.Contains(hidden, mark) {
			t.Skip()
		}
		got := strings.ReplaceAll(redactor.Start(text+hidden+text, most), secret.Redacted, mark)
		assert.NotContains(t, got, hidden)
	})
}

func BenchmarkRedactor(b *testing.B) {
	for name, size := range map[string]int{"64 KiB": 64 << 10, "1 MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			text := strings.Repeat(`{"a":"%2b\u002b&#x2b;"},`, size/25)
			redactor := secret.NewRedactor(ticket, ticket+"2")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				redactor.Replace(text)
			}
		})
	}
}
