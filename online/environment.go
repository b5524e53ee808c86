package online

import (
	"net/url"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/transport"
)

// Environment is one of the worlds of SuperOffice Online, each with its own
// applications and tenants. Its value is the base URL of its login and state
// services. Besides the constants it may be the URL of a stand-in, such as
// superofficetest's: https, or http on this machine.
type Environment string

// The environments of SuperOffice Online.
const (
	// Development is where applications are made (sod).
	Development Environment = "https://sod.superoffice.com"
	// Stage is where applications are tried before they are certified
	// (qaonline).
	Stage Environment = "https://qaonline.superoffice.com"
	// Production is where customers work (online).
	Production Environment = "https://online.superoffice.com"
)

// The paths of the login service, below an environment.
const (
	authorizePath = "/login/common/oauth/authorize"
	tokensPath    = "/login/common/oauth/tokens"
	revokePath    = "/login/common/oauth/Revoke"
	keysPath      = "/login/.well-known/jwks"
)

// url is the address of a path below the environment.
func (e Environment) url(path string) string { return e.issuer() + path }

// issuer is what the environment's tokens call their issuer: its address
// without the login folder.
func (e Environment) issuer() string { return strings.TrimRight(string(e), "/") }

// check refuses what is no environment.
func (e Environment) check() error {
	if e == "" {
		return invalid("Config.Environment", "is empty; use Development, Stage or Production")
	}
	u, err := url.Parse(string(e))
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return invalid("Config.Environment", "is not the address of a host, such as https://sod.superoffice.com")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !transport.IsLoopback(u.Hostname())) {
		return invalid("Config.Environment", "is neither https nor this machine")
	}
	return nil
}

// owns reports whether a tenant's API may lie at the address: below the domain
// of the environment, so that no answer of the state service can send a
// credential to a stranger. Names such as app.superoffice.com are in use
// beside online3.superoffice.com.
func (e Environment) owns(api string) bool {
	home, err := url.Parse(string(e))
	if err != nil {
		return false
	}
	at, err := url.Parse(api)
	if err != nil || at.Scheme != home.Scheme && at.Scheme != "https" {
		return false
	}
	host, own := strings.ToLower(at.Hostname()), strings.ToLower(home.Hostname())
	if at.User != nil || strings.ContainsAny(host, ":%") && !transport.IsLoopback(host) {
		return false // an IP address, perhaps with a zone that ends like the domain
	}
	if transport.IsLoopback(own) {
		return transport.IsLoopback(host)
	}
	_, domain, _ := strings.Cut(own, ".")
	return host == own || isRegistered(domain) && strings.HasSuffix(host, "."+domain)
}

// isRegistered reports whether a domain is one that somebody owns, and none
// under which anybody may have a name, such as "com" or "co.uk".
func isRegistered(domain string) bool {
	name, top, several := strings.Cut(domain, ".")
	if !several {
		return false
	}
	return strings.Contains(top, ".") || len(top) > 2 || !secondLevels[name] && len(name) > 2
}

// secondLevels are the names that countries register below.
var secondLevels = map[string]bool{"com": true, "org": true, "net": true, "edu": true, "gov": true, "mil": true, "nom": true, "gob": true, "priv": true}

// invalid is the error for an argument that cannot be used. The reason must
// not repeat the argument if that could be a secret.
func invalid(argument, reason string) error {
	return &argumentError{"online: " + argument + " " + reason}
}

// argumentError is refused on this side, before anything was sent.
type argumentError struct{ text string }

func (e *argumentError) Error() string        { return e.text }
func (e *argumentError) Is(target error) bool { return target == superoffice.ErrInvalidArgument }
