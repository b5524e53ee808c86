package main

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are written in capitals in Go, whatever the vendor does.
var initialisms = map[string]string{
	"Api": "API", "Crm": "CRM", "Css": "CSS", "Db": "DB", "Guid": "GUID", "Html": "HTML", "Http": "HTTP",
	"Id": "ID", "Ids": "IDs", "Imap": "IMAP", "Ip": "IP", "Json": "JSON", "Mdo": "MDO", "Pdf": "PDF", "Pkce": "PKCE",
	"Sms": "SMS", "Smtp": "SMTP", "Sql": "SQL", "Ui": "UI", "Uid": "UID", "Uri": "URI", "Url": "URL", "Urls": "URLs",
	"Utc": "UTC", "Xml": "XML", "Xsrf": "XSRF",
}

// goName is the Go name for a name of the vendor's.
func goName(name string) string {
	var b strings.Builder
	for _, word := range words(name) {
		b.WriteString(capital(word))
	}
	if out := b.String(); out != "" && unicode.IsLetter(rune(out[0])) {
		return out
	}
	return "N" + b.String()
}

// capital is a word as it stands inside a Go name.
func capital(word string) string {
	if upper, ok := initialisms[word]; ok {
		return upper
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// words splits a name at its capitals and digits: "ContactId" is Contact and
// Id, "EMailURL2" is E, Mail, URL and 2.
func words(name string) (all []string) {
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		if i == len(runes) || begins(runes, i) {
			if word := strings.Trim(string(runes[start:i]), "_-. "); word != "" {
				all = append(all, word)
			}
			start = i
		}
	}
	return all
}

// begins reports whether a word begins at i.
func begins(r []rune, i int) bool {
	switch {
	case r[i] == '_':
		return true
	case unicode.IsDigit(r[i]):
		return !unicode.IsDigit(r[i-1])
	case unicode.IsDigit(r[i-1]):
		return true
	case unicode.IsUpper(r[i]):
		return !unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])
	}
	return false
}

// paramName is the name of a Go parameter: the Go name with its first word in
// small letters, and no keyword or name that the method needs itself.
func paramName(name string) string {
	all := words(name)
	if len(all) > 1 && len(all[0]) == 1 {
		all = append([]string{all[0] + all[1]}, all[2:]...) // "EMail" is one word to the eye
	}
	out := strings.ToLower(all[0])
	for _, word := range all[1:] {
		out += capital(word)
	}
	if out == "type" {
		return "typ"
	}
	if token.IsKeyword(out) || isTaken(out) {
		return "the" + capital(out)
	}
	return out
}

// isTaken reports whether a method's body or signature uses a name for
// something else.
func isTaken(name string) bool {
	switch name {
	case "a", "ctx", "opts", "agent", "items", "queryID", "result", "run", "value", "string", "bool", "int", "any", "error":
		return true
	}
	return false
}

// lowerFirst starts an unexported name.
func lowerFirst(name string) string {
	all := words(name)
	return strings.ToLower(all[0]) + strings.Join(all[1:], "")
}
