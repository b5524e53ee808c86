package superofficetest

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// version answers GET {base}/api: a JSON object where JSON is asked for by
// name, and a page for a browser otherwise.
func (s *Server) version(c *call) reply {
	info := s.versionInfo(c.Host)
	if asksForJSON(c.Header.Values("Accept")) {
		return newReply(http.StatusOK, mediaJSON+"; charset=utf-8", encode(mediaJSON, s.settings.xml, "", info))
	}
	var rows strings.Builder
	for _, key := range sortedKeys(info) {
		text, _ := info[key].(string)
		rows.WriteString("<p>" + html.EscapeString(key) + ": " + html.EscapeString(text) + "</p>")
	}
	return htmlPage(http.StatusOK, "SuperOffice WebApi", rows.String())
}

func (s *Server) versionInfo(host string) map[string]any {
	v1 := url.URL{Scheme: "http", Host: host, Path: s.root + "/v1/"}
	return map[string]any{
		"v1":                v1.String(),
		"Version":           "1.0",
		"NetServerVersion":  "12.2",
		"NetServerAssembly": "12.2.0.0",
		"NetServerDate":     "2026-07-10",
		"NetServerLabel":    "superofficetest",
		"NetServer":         "superofficetest 12.2",
		"Services":          "88",
		"ServicesCurrent":   "88",
	}
}

func asksForJSON(accept []string) bool {
	return slices.ContainsFunc(parseAccept(accept), func(r acceptRange) bool {
		return r.quality > 0 && (r.pattern == mediaJSON || r.pattern == mediaTextJSON)
	})
}
