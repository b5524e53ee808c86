package superofficetest

import (
	"net/http"
	"regexp"
	"strings"
)

// builtInResources are the resource strings that the server's own answers
// use.
func builtInResources() map[string]string {
	return map[string]string{
		"SR_NO_INSERT": `US:"New rows cannot be added here";NO:"Nye rader kan ikke legges til her";GE:"Hier können keine Zeilen hinzugefügt werden"`,
		"SR_READ_ONLY": `US:"Read only";NO:"Skrivebeskyttet";GE:"Schreibgeschützt"`,
	}
}

// requestLanguage returns the language that text is to be resolved to, or
// nothing. SO-Language overrides Accept-Language; * and x switch the
// resolution off. SO-Culture never chooses a language.
func requestLanguage(h http.Header) string {
	language := strings.TrimSpace(h.Get("SO-Language"))
	if language == "" {
		language = preferredLanguage(h.Get("Accept-Language"))
	}
	if language == "*" || strings.EqualFold(language, "x") {
		return ""
	}
	return language
}

// preferredLanguage returns the element of the highest quality.
func preferredLanguage(accept string) string {
	preferred, best := "", 0.0
	for element := range strings.SplitSeq(accept, ",") {
		code, params, _ := strings.Cut(element, ";")
		_, q, _ := strings.Cut(params, "=")
		if quality, valid := parseQuality(strings.TrimSpace(q)); valid && quality > best {
			preferred, best = strings.TrimSpace(code), quality
		}
	}
	return preferred
}

// vendorCode returns how multi-language strings name a language, given as the
// vendor's code or as an ISO one with or without a region.
func vendorCode(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	switch base {
	case "en":
		return "US"
	case "nb", "nn":
		return "NO"
	case "de":
		return "GE"
	case "sv":
		return "SW"
	}
	return strings.ToUpper(base)
}

// translate resolves the members that hold text for people, wherever they are
// in the tree.
func translate(value any, language string, resources map[string]string) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, inner := range value {
			if text, isText := inner.(string); isText && key == "Reason" {
				out[key] = resolve(text, language, resources)
			} else {
				out[key] = translate(inner, language, resources)
			}
		}
		return out
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = translate(item, language, resources)
		}
		return list
	}
	return value
}

var (
	resourceReference = regexp.MustCompile(`^\[(\w+)\]$`)
	languageText      = regexp.MustCompile(`([A-Za-z]{2}):"([^"]*)"(?:;|$)`)
	multiLanguage     = regexp.MustCompile(`^(?:` + languageText.String() + `)+$`)
)

// resolve returns text in the language: the named resource, or the part of a
// multi-language string. If that language is missing it is English, or
// else the first one. Other text stays as it is, as do unknown resources.
func resolve(text, language string, resources map[string]string) string {
	if reference := resourceReference.FindStringSubmatch(text); reference != nil {
		resource, known := resources[strings.ToUpper(reference[1])]
		if !known {
			return text
		}
		text = resource
	}
	if !multiLanguage.MatchString(text) {
		return text
	}
	parts := languageText.FindAllStringSubmatch(text, -1)
	for _, code := range []string{vendorCode(language), "US"} {
		for _, part := range parts {
			if strings.EqualFold(part[1], code) {
				return part[2]
			}
		}
	}
	return parts[0][2]
}
