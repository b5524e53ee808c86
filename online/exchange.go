package online

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/secret"
)

const exchangeTimeout = 40 * time.Second // of one exchange, retries included

// ExchangeError is a system user that SuperOffice refused a ticket. errors.Is
// finds [superoffice.ErrUnauthorized] in it.
type ExchangeError struct {
	// Tenant is where the ticket was for.
	Tenant string
	// Reason is SuperOffice's, as it came, without the token.
	Reason string
	// Skew is by how much this machine's clock is ahead of the server's; the
	// token is stamped with the minute. 0 if the server did not tell.
	Skew time.Duration
}

// Error says why, and tells of a clock that may be the reason.
func (e *ExchangeError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "no reason given"
	}
	return "online: SuperOffice gives the system user no ticket for " + e.Tenant + ": " + reason + skewNote(e.Skew)
}

// Is reports whether target is [superoffice.ErrUnauthorized]: the credentials were
// not accepted.
func (e *ExchangeError) Is(target error) bool { return target == superoffice.ErrUnauthorized }

// skewNote tells of a clock that is off by more than what a stamp of minutes
// forgives without a doubt.
func skewNote(skew time.Duration) string {
	const noticed = 50 * time.Second
	switch {
	case skew >= noticed:
		return fmt.Sprintf(" (this machine's clock is %s ahead of the server's, which may be why)", skew.Round(time.Second))
	case skew <= -noticed:
		return fmt.Sprintf(" (this machine's clock is %s behind the server's, which may be why)", (-skew).Round(time.Second))
	}
	return ""
}

// exchange gets a ticket for the system user of a tenant (POST
// {environment}/Login/api/PartnerSystemUser/Authenticate). A key that is not
// accepted is followed by the next one: SuperOffice does not say which keys it
// knows, and a refusal leaves nothing behind.
func (a *App) exchange(ctx context.Context, tenant, token string) (ticket string, err error) {
	for _, key := range a.config().PrivateKeys {
		ticket, err = a.exchangeWith(ctx, key, tenant, token)
		if !isRefusal(err) {
			return ticket, err
		}
	}
	return "", err
}

// isRefusal reports whether SuperOffice did not accept what it was shown. It says
// so in an answer of its own, or with the status alone.
func isRefusal(err error) bool {
	return errors.Is(err, superoffice.ErrUnauthorized) || errors.Is(err, superoffice.ErrForbidden)
}

func (a *App) exchangeWith(ctx context.Context, key *rsa.PrivateKey, tenant, token string) (string, error) {
	signed, err := signSystemUserToken(key, token, a.now())
	if err != nil {
		return "", err
	}
	in := &exchangeRequest{signed, a.config().ClientSecret, tenant, "JWT", token}
	var out exchangeResult
	var response superoffice.Response
	if err := a.login.Call(ctx, http.MethodPost, "PartnerSystemUser/Authenticate", in, &out, superoffice.CaptureResponse(&response)); err != nil {
		return "", fmt.Errorf("online: getting a ticket for %s%s: %w", tenant, skewNote(a.skew(response.Header)), err)
	}
	skew := a.skew(response.Header)
	if !out.IsSuccessful {
		reason := secret.NewRedactor(in.Secrets()...).Replace(out.ErrorMessage)
		return "", &ExchangeError{Tenant: tenant, Reason: reason, Skew: skew}
	}
	claims, err := a.verifySystemToken(ctx, out.Token, tenant)
	if err != nil {
		return "", fmt.Errorf("online: the token that came for %s is not to be trusted%s: %w", tenant, skewNote(skew), err)
	}
	if logger := a.config().Logger; logger != nil {
		logger.InfoContext(ctx, "got a ticket for a system user", slog.String("tenant", tenant))
	}
	return claims.ticket(), nil
}

// skew is by how much this machine's clock is ahead of the server's, which
// tells its own to the second.
func (a *App) skew(h http.Header) time.Duration {
	server, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return a.now().Sub(server)
}

// exchangeRequest is what Authenticate takes.
type exchangeRequest struct {
	SignedSystemToken string
	ApplicationToken  string
	ContextIdentifier string
	ReturnTokenType   string
	token             string // unsigned, for what must not be repeated
}

// Secrets implements secret.Keeper.
func (r *exchangeRequest) Secrets() []string {
	return []string{r.SignedSystemToken, r.ApplicationToken, r.token}
}

// exchangeResult is what Authenticate gives.
type exchangeResult struct {
	IsSuccessful bool
	Token        string
	ErrorMessage string
}

// Secrets implements secret.Keeper.
func (r *exchangeResult) Secrets() []string { return []string{r.Token} }

// signSystemUserToken stamps a system user token with the minute and signs it:
// token.yyyyMMddHHmm.signature, in UTC, with RSA (PKCS #1 v1.5) over SHA-256.
func signSystemUserToken(key *rsa.PrivateKey, token string, now time.Time) (string, error) {
	stamped := token + "." + now.UTC().Format("200601021504")
	digest := sha256.Sum256([]byte(stamped))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("online: signing the system user token: %w", err)
	}
	return stamped + "." + base64.StdEncoding.EncodeToString(signature), nil
}
