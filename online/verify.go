package online

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// systemIssuer is what the tokens of system users call their issuer.
const systemIssuer = "SuperOffice AS"

// leeway is how far this machine's clock may be ahead of the server's before
// a token that has just come counts as expired. Being behind is forgiven for
// five minutes.
const leeway = time.Minute

// verify checks what is signed, by whom, and until when it holds.
func (a *App) verify(ctx context.Context, token, issuer, audience string) (*oidc.IDToken, *Claims, error) {
	verifier := oidc.NewVerifier(issuer, a.keys, &oidc.Config{
		ClientID:             audience,
		SkipClientIDCheck:    audience == "",
		SupportedSigningAlgs: []string{oidc.RS256},
		Now:                  func() time.Time { return a.now().Add(-leeway) },
	})
	var unavailable error // go-oidc keeps the text of the key set's error only
	verified, err := verifier.Verify(context.WithValue(ctx, keysFailure{}, &unavailable), token)
	if unavailable != nil {
		return nil, nil, fmt.Errorf("online: verifying a token: %w: %w", errNoKeys, unavailable)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("online: verifying a token: %w", err)
	}
	claims := new(Claims)
	if err := claims.read(verified); err != nil {
		return nil, nil, err
	}
	return verified, claims, nil
}

// verifyIDToken checks the id token of a sign-in.
func (a *App) verifyIDToken(ctx context.Context, token, nonce string) (*Claims, error) {
	verified, claims, err := a.verify(ctx, token, a.config().Environment.issuer(), a.config().ClientID)
	switch {
	case err != nil:
		return nil, err
	case claims.Claim("azp") != "" && claims.Claim("azp") != a.config().ClientID:
		return nil, errors.New("online: the id token was issued to another application")
	case subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("online: the id token belongs to another sign-in: its nonce is not the one that was sent")
	case !isTenant(claims.Tenant):
		return nil, errors.New("online: the id token names no tenant")
	}
	return claims, nil
}

// verifySystemToken checks the token that an exchange has brought. Its
// audience is the serial number that it names itself.
func (a *App) verifySystemToken(ctx context.Context, token, tenant string) (*Claims, error) {
	verified, claims, err := a.verify(ctx, token, systemIssuer, "")
	switch {
	case err != nil:
		return nil, err
	case claims.Serial == "" || !isAudience(verified.Audience, "spn:"+claims.Serial):
		return nil, errors.New("online: the token is for another audience than the installation that it names")
	case !strings.EqualFold(claims.Tenant, tenant):
		return nil, fmt.Errorf("online: the token is for another tenant, %q", claims.Tenant)
	case claims.ticket() == "":
		return nil, errors.New("online: the token holds no ticket")
	}
	return claims, nil
}

func isAudience(audiences []string, wanted string) bool {
	for _, audience := range audiences {
		if audience == wanted {
			return true
		}
	}
	return false
}
