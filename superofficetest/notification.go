package superofficetest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// The kinds of changes that a Notification tells.
const (
	ChangeUpgrade        = 0
	ChangeBackupRestored = 1
	ChangeSuspend        = 2
	ChangeResume         = 3
	ChangeDelete         = 4
	ChangeMove           = 5
)

// Notification tells an application that the state of a tenant changed. It is
// posted as JSON to an address that the developer portal knows.
type Notification struct {
	ChangeType        int
	ContextIdentifier string
	VersionName       string
	FileVersion       string
	// Token is a JWT that proves where it came from.
	Token string
	// PublicEndpoint is the name of the new host, where a tenant moved.
	PublicEndpoint string
}

// SignNotification returns the token of a notification about a tenant, signed
// with the current key. The vendor tells its issuer only; that it names the
// tenant, has no audience and is valid as long as an id token is our reading.
func (o *OnlineServer) SignNotification(tenantID string) string {
	claims := o.times()
	claims["iss"] = o.URL
	claims[identity+"ctx"] = tenantID
	return o.signed(claims)
}

// Notify sends a notification to an address as SuperOffice does. If it has
// no Token, SignNotification makes one. The caller closes the body of the
// response. It follows no redirect.
func (o *OnlineServer) Notify(ctx context.Context, address string, n Notification) (*http.Response, error) {
	if n.Token == "" {
		n.Token = o.SignNotification(n.ContextIdentifier)
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", mediaJSON+"; charset=utf-8")
	return o.sender.Do(r)
}
