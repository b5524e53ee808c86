package superoffice

import (
	"fmt"
	"log/slog"

	"github.com/superoffice-go/superoffice/internal/secret"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// carrier is what every carrier embeds. It keeps what the server sent beyond
// the Go members, so that a carrier which was fetched and is sent back loses
// nothing: members that this package does not know yet, and whether a member
// was null, empty or missing.
type carrier = wire.Carrier

// openCarrier is what a carrier embeds instead that may hold values of any Go
// type: encoding/json, which takes them, is linked into programs that use one.
type openCarrier = wire.OpenCarrier

// TokenManagementInfo holds the tokens of an external provider, such as a mail
// or document service, that SuperOffice keeps for a user. It is what
// GetExternalTokens returns and SaveExternalTokens takes.
//
// Printing or logging one shows none of its values; its fields and its JSON
// do.
type TokenManagementInfo struct {
	// Provider names the service that the tokens belong to.
	Provider string
	// AccessToken is the provider's access token.
	AccessToken string
	// RefreshToken is the provider's refresh token.
	RefreshToken string
	// Claims is a JSON object, as text, of the claims in the id token. Servers
	// before 2026 do not have it; it is sent only if it is not empty.
	Claims string `json:",omitzero"`
	// TableRight says what the user may do with the record. The server sets
	// it; it may be nil.
	TableRight *TableRight
	// FieldProperties says what the user may do with each field. The server
	// sets it; it may be nil.
	FieldProperties FieldProperties

	carrier
}

// MarshalJSON writes the carrier as the server reads it.
func (t TokenManagementInfo) MarshalJSON() ([]byte, error) { return wire.Marshal(&t) }

// UnmarshalJSON reads the carrier as the server writes it. What it held before
// is gone.
func (t *TokenManagementInfo) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, t) }

// Format prints no values, whatever the verb.
func (t TokenManagementInfo) Format(f fmt.State, verb rune) {
	formatText(f, verb, fmt.Sprintf("superoffice.TokenManagementInfo{Provider:%s AccessToken:%s RefreshToken:%s Claims:%s}",
		hidden(t.Provider), hidden(t.AccessToken), hidden(t.RefreshToken), hidden(t.Claims)))
}

// LogValue shows which values are there, and none of them.
func (t TokenManagementInfo) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("Provider", hidden(t.Provider)), slog.String("AccessToken", hidden(t.AccessToken)),
		slog.String("RefreshToken", hidden(t.RefreshToken)), slog.String("Claims", hidden(t.Claims)),
	)
}

func (t *TokenManagementInfo) secrets() []string {
	return []string{t.AccessToken, t.RefreshToken, t.Claims}
}

// hidden stands for a secret, and shows only whether there is one.
func hidden(text string) string {
	if text == "" {
		return `""`
	}
	return secret.Redacted
}

// TableRight is a right on a record, with its reason.
type TableRight struct {
	// Mask holds the rights, such as "Select, Update". It is empty if the
	// server sent none.
	Mask TableRightMask
	// Reason says why access is restricted, in the language of the call, or as
	// a resource name such as [SR_...] without one. It is mostly empty.
	Reason string

	carrier
}

// MarshalJSON writes the carrier as the server reads it.
func (t TableRight) MarshalJSON() ([]byte, error) { return wire.Marshal(&t) }

// UnmarshalJSON reads the carrier as the server writes it.
func (t *TableRight) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, t) }

// FieldProperties maps the names of a carrier's fields to what is known of
// them. The names are the server's and do not always equal the member's.
type FieldProperties map[string]FieldProperty

// FieldProperty is what is known of a field: the user's right on it, its type
// and its length.
type FieldProperty struct {
	// FieldRight is the user's right on the field; it may be nil.
	FieldRight *FieldRight
	// FieldType is a .NET type name, such as "System.Int32".
	FieldType string
	// FieldLength is the greatest length in characters; 0 if it does not
	// apply.
	FieldLength int

	carrier
}

// MarshalJSON writes the carrier as the server reads it.
func (p FieldProperty) MarshalJSON() ([]byte, error) { return wire.Marshal(&p) }

// UnmarshalJSON reads the carrier as the server writes it.
func (p *FieldProperty) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, p) }

// FieldRight is a right on a field, with its reason.
type FieldRight struct {
	// Mask holds the rights and hints, such as "Update, UIHintMandatory".
	Mask FieldRightMask
	// Reason says why access is restricted, as in [TableRight].
	Reason string

	carrier
}

// MarshalJSON writes the carrier as the server reads it.
func (r FieldRight) MarshalJSON() ([]byte, error) { return wire.Marshal(&r) }

// UnmarshalJSON reads the carrier as the server writes it.
func (r *FieldRight) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, r) }

// APIVersion is what a server tells of itself (GET {base}/api). Every member is
// text as the server words it, and empty if it says nothing.
type APIVersion struct {
	// V1 is the absolute URL of version 1 of the API.
	V1 string `json:"v1"`
	// Version is the version of the API.
	Version string
	// NetServerVersion is the version of NetServer, the server below the API.
	NetServerVersion string
	// NetServerAssembly is the version of NetServer's assembly.
	NetServerAssembly string
	// NetServerDate is the day of its build.
	NetServerDate string
	// NetServerLabel is the label of its build.
	NetServerLabel string
	// NetServer is a line that describes it.
	NetServer string
	// Services lists the versions of the services that it offers.
	Services string
	// ServicesCurrent is the newest of them.
	ServicesCurrent string

	carrier
}

// MarshalJSON writes the carrier as the server does.
func (v APIVersion) MarshalJSON() ([]byte, error) { return wire.Marshal(&v) }

// UnmarshalJSON reads the carrier as the server writes it.
func (v *APIVersion) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, v) }

// TicketRelationChild is an open child in a TicketRelationAction. Of some
// servers it has the ID alone, which then goes over the wire as a number.
type TicketRelationChild struct {
	// TicketID is the ID of the request.
	TicketID int `json:"TicketId" wire:"alone"`
	// Slevel says who may see it.
	Slevel TicketSecurityLevel `json:",omitzero"`
	// EmailAddress is the customer's.
	EmailAddress string

	carrier
}

// MarshalJSON writes the carrier as the server does.
func (c TicketRelationChild) MarshalJSON() ([]byte, error) { return wire.Marshal(&c) }

// UnmarshalJSON reads the carrier as the server writes it, or its ID alone.
func (c *TicketRelationChild) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, c) }
