package superoffice

import (
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice/internal/transport"
)

// endpoint is a base URL in its normal form: where the server is and under
// which path its API lies.
type endpoint struct {
	origin  origin
	scheme  string
	host    string // as the caller wrote it, an explicit port included
	path    string // decoded, ends in "/api"
	rawPath string // the same with the caller's escapes, or empty if path says it all
}

// origin is what credentials belong to: scheme, host and port, in the one
// form in which two spellings of the same origin compare equal.
type origin struct {
	scheme, host, port string
}

// originOf returns the origin of u. It is the only place where two addresses
// are judged to be the same server or not.
func originOf(u *url.URL) origin {
	o := origin{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}

// String gives the origin as a URL without a path.
func (o origin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port == defaultPort(o.scheme) {
		return o.scheme + "://" + host
	}
	return o.scheme + "://" + host + ":" + o.port
}

// parseEndpoint brings a base URL to its normal form. The server's root, its
// API folder and the API's version folder, with and without a slash at the
// end, all mean the same endpoint. Nothing of a refused URL is repeated in
// the error, since it may hold a password.
func parseEndpoint(baseURL string, insecure bool) (*endpoint, error) {
	u, err := url.Parse(strings.TrimSpace(baseURL))
	if err != nil {
		return nil, invalid("baseURL", "is not a URL; write it like https://crm.example.com/SuperOffice")
	}
	if strings.Contains(baseURL, "#") {
		return nil, invalid("baseURL", "has a fragment; give the address of the server only")
	}
	if reason := refuseBaseURL(u, insecure); reason != "" {
		return nil, invalid("baseURL", reason)
	}
	raw := trimAPI(u.EscapedPath()) + "/api"
	path, _ := url.PathUnescape(raw) // url.Parse has refused broken escapes
	e := &endpoint{origin: originOf(u), scheme: strings.ToLower(u.Scheme), host: u.Host, path: path}
	if raw != path {
		e.rawPath = raw
	}
	return e, nil
}

// refuseBaseURL says why u cannot be a base URL, or nothing.
func refuseBaseURL(u *url.URL, insecure bool) string {
	scheme := strings.ToLower(u.Scheme)
	switch {
	case scheme == "":
		return "has no scheme; write https:// in front of the host"
	case scheme != "https" && scheme != "http":
		return "has the scheme " + strconv.Quote(scheme) + "; only https and http are spoken"
	case u.User != nil:
		return "holds a user name or password; give credentials with WithAuth"
	case u.Hostname() == "":
		return "has no host"
	case !validPort(u):
		return "has a port that is not a number from 1 to 65535"
	case u.RawQuery != "" || u.ForceQuery:
		return "has a query; give the address of the server only"
	case hasDotElement(u.Path):
		return `has a "." or ".." element in its path`
	case scheme == "http" && !insecure && !transport.IsLoopback(u.Hostname()):
		return "is plain http, which would show the credentials to the network; use https, or WithInsecureHTTP if you must"
	}
	return ""
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// trimAPI removes what the caller may or may not have written at the end of a
// base URL's path: slashes, and the API folder with or without its version.
func trimAPI(path string) string {
	path = strings.TrimRight(path, "/")
	for _, suffix := range [...]string{"/api/v1", "/api"} {
		if n := len(path) - len(suffix); n >= 0 && strings.EqualFold(path[n:], suffix) {
			return strings.TrimRight(path[:n], "/")
		}
	}
	return path
}

// hasDotElement reports whether an element of path is "." or "..", which a
// server or proxy would resolve to another place than the one named. It counts
// a backslash, which Windows takes for a slash, and what is escaped twice.
func hasDotElement(path string) bool {
	for range 3 {
		for element := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
			if element == "." || element == ".." {
				return true
			}
		}
		decoded, err := url.PathUnescape(path)
		if err != nil || decoded == path {
			return false
		}
		path = decoded
	}
	return true // escaped so often only to hide something
}

// escapeQuery escapes what cannot stand in a query, and leaves all else, so
// that a query which is escaped already stays as it is.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		switch c := query[i]; {
		case c == '%' && !isEscape(query[i:]), c <= ' ', c >= 0x7f, strings.IndexByte("\"<>\\^`{|}#", c) >= 0:
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isEscape reports whether text, which begins with a percent sign, goes on with
// two hexadecimal digits.
func isEscape(text string) bool {
	if len(text) < 3 {
		return false
	}
	_, err := hex.DecodeString(text[1:3])
	return err == nil
}

// url sets *u to the address of path, an escaped path below the API folder.
// An empty path is the API folder itself.
func (e *endpoint) url(u *url.URL, path, query string) {
	*u = url.URL{Scheme: e.scheme, Host: e.host, Path: e.path, RawPath: e.rawPath, RawQuery: query}
	if path == "" {
		return
	}
	if e.rawPath == "" && !strings.Contains(path, "%") {
		u.Path += "/" + path
		return
	}
	u.RawPath = (&url.URL{Path: e.path, RawPath: e.rawPath}).EscapedPath() + "/" + path
	if decoded, err := url.PathUnescape(path); err == nil {
		u.Path += "/" + decoded
	}
}
