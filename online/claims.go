package online

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// claimPrefix stands before the names of SuperOffice's own claims.
const claimPrefix = "http://schemes.superoffice.net/identity/"

// Claims are what a verified token says of a person and a tenant. A member that
// the token does not have is empty.
type Claims struct {
	// Tenant is the tenant's context identifier, such as "Cust12345" (ctx).
	Tenant string
	// Serial is the serial number of the tenant's database (serial).
	Serial string
	// Company is the name of the customer (company_name).
	Company string
	// AssociateID is the person's id in the tenant (associateid).
	AssociateID int
	// UserName is the name to sign in with (upn).
	UserName string
	// Email is the person's address (email, so_primary_email_address).
	Email string
	// Initials are how the person is called in the tenant (initials).
	Initials string
	// IsAdministrator reports whether the person administers the tenant
	// (is_administrator).
	IsAdministrator bool
	// IdentityProvider is who knows the person (identityprovider).
	IdentityProvider string
	// WebAPIURL is where the tenant's WebAPI was when the token was made
	// (webapi_url). The tenant may move: [App.Client] asks where it is.
	WebAPIURL string
	// NetServerURL is the same for its SOAP services (netserver_url).
	NetServerURL string
	// Subject is the token's subject (sub).
	Subject string
	// IssuedAt and Expires bound the time of the token (iat, exp).
	IssuedAt, Expires time.Time

	// all are functions, which fmt does not walk into.
	all func() map[string]json.RawMessage
}

// SystemUserToken is the application's system user token in the tenant
// (system_token), or empty. It is there if the application has a system user,
// stays the same until it is revoked, and is a secret to keep: see
// [App.SystemUserClient].
func (c *Claims) SystemUserToken() string { return c.Claim("system_token") }

// ticket is in the tokens of system users.
func (c *Claims) ticket() string { return c.Claim("ticket") }

// Claim returns any claim as text, such as "secondaryidentityprovider": one of
// SuperOffice's without its prefix, or any by its whole name. It is empty if
// the token has no such claim.
func (c *Claims) Claim(name string) string {
	if c.all == nil {
		return ""
	}
	raw, ok := c.all()[claimPrefix+name]
	if !ok {
		raw = c.all()[name]
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return strings.Trim(string(raw), `"`)
}

// read takes the claims of a verified token.
func (c *Claims) read(token *oidc.IDToken) error {
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return fmt.Errorf("online: reading the claims of a token: %w", err)
	}
	*c = Claims{Subject: token.Subject, IssuedAt: token.IssuedAt.UTC(), Expires: token.Expiry.UTC(), all: func() map[string]json.RawMessage { return all }}
	c.Tenant = c.Claim("ctx")
	c.Serial = c.Claim("serial")
	c.Company = c.Claim("company_name")
	c.AssociateID, _ = strconv.Atoi(c.Claim("associateid"))
	c.UserName = c.Claim("upn")
	c.Email = c.Claim("email")
	if c.Email == "" {
		c.Email = c.Claim("so_primary_email_address")
	}
	c.Initials = c.Claim("initials")
	c.IsAdministrator = strings.EqualFold(c.Claim("is_administrator"), "true")
	c.IdentityProvider = c.Claim("identityprovider")
	c.WebAPIURL = c.Claim("webapi_url")
	c.NetServerURL = c.Claim("netserver_url")
	return nil
}

// Format prints who it is about: a token's other claims hold secrets.
func (c Claims) Format(f fmt.State, verb rune) {
	secret.Format(f, verb, "online.Claims{"+c.UserName+" in "+c.Tenant+"}")
}

// LogValue says the same to structured logs.
func (c Claims) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
