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
// superofficetest's: https, or http on this machine. The tenants of a stand-in
// are at its own host, or all on this machine.
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

// vendorDomain is where the hosts of the vendor's environments lie.
const vendorDomain = ".superoffice.com"

// owns reports whether a tenant's API may lie at the address, so that no answer
// of the state service can send a credential to a stranger: at the environment's
// own host, or, for one of the vendor's, at any host of the vendor's. Names such
// as app.superoffice.com are in use beside online3.superoffice.com. For other
// environments no neighbour counts: which names belong together is for a domain's
// owner to say, and nobody can tell from the name.
func (e Environment) owns(api string) bool {
	home, err := url.Parse(string(e))
	if err != nil {
		return false
	}
	at, err := url.Parse(api)
	if err != nil || at.User != nil || at.Scheme != home.Scheme && at.Scheme != "https" {
		return false
	}
	host, own := strings.ToLower(at.Hostname()), strings.ToLower(home.Hostname())
	switch {
	case transport.IsLoopback(own):
		return transport.IsLoopback(host)
	case strings.HasSuffix(own, vendorDomain):
		return isHostName(host) && strings.HasSuffix(host, vendorDomain)
	}
	return host == own
}

// isHostName reports whether a host is a plain name in small letters: no address
// with a zone that ends like a domain, and no letter that is read as another.
func isHostName(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

// invalid is the error for an argument that cannot be used. The reason must
// not repeat the argument if that could be a secret.
func invalid(argument, reason string) error {
	return &argumentError{"online: " + argument + " " + reason}
}

// argumentError is refused on this side, before anything was sent.
type argumentError struct{ text string }

func (e *argumentError) Error() string        { return e.text }
func (e *argumentError) Is(target error) bool { return target == superoffice.ErrInvalidArgument }
