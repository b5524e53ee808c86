package superoffice

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// UserAgent is the User agent: users, their credentials and their external
// tokens.
//
// SuperOffice Online does not offer it to applications by default; calls are
// then refused with ErrForbidden or ErrUnauthorized.
type UserAgent agent

var (
	opUserGetExternalTokens            = operation{path: "v1/Agents/User/GetExternalTokens", class: read, slow: time.Second, restricted: "User"}
	opUserSaveExternalTokens           = operation{path: "v1/Agents/User/SaveExternalTokens", class: write, slow: time.Second, restricted: "User"}
	opUserDecryptAndSaveExternalTokens = operation{path: "v1/Agents/User/DecryptAndSaveExternalTokens", class: write, slow: time.Second, restricted: "User"}
	opUserExchangeCodeAndSaveTokens    = operation{path: "v1/Agents/User/ExchangeCodeAndSaveTokens", class: write, slow: time.Second, restricted: "User"}
)

// GetExternalTokens returns the tokens that were saved under key. It is a
// read. A key that the server does not know is ErrNotFound.
//
// POST v1/Agents/User/GetExternalTokens
func (a *UserAgent) GetExternalTokens(ctx context.Context, key string, opts ...CallOption) (*TokenManagementInfo, error) {
	return result[TokenManagementInfo](ctx, (*agent)(a), &opUserGetExternalTokens, &getExternalTokensRequest{key}, opts)
}

type getExternalTokensRequest struct{ Key string }

func (r *getExternalTokensRequest) check() error { return required("key", r.Key != "") }

// SaveExternalTokens saves tokens and returns the key to get them by. It is a
// write. TableRight and FieldProperties are the server's own; it ignores what
// is sent of them.
//
// POST v1/Agents/User/SaveExternalTokens
func (a *UserAgent) SaveExternalTokens(ctx context.Context, info *TokenManagementInfo, opts ...CallOption) (key string, err error) {
	return value[string](ctx, (*agent)(a), &opUserSaveExternalTokens, &saveExternalTokensRequest{info}, opts)
}

type saveExternalTokensRequest struct{ TokenManagementInfo *TokenManagementInfo }

func (r *saveExternalTokensRequest) check() error {
	return required("info", r.TokenManagementInfo != nil)
}

func (r *saveExternalTokensRequest) secrets() []string { return r.TokenManagementInfo.secrets() }

// DecryptAndSaveExternalTokens has the server's AccessGateway decrypt the
// tokens, saves them and returns the key to get them by. It is a write.
//
// POST v1/Agents/User/DecryptAndSaveExternalTokens
func (a *UserAgent) DecryptAndSaveExternalTokens(ctx context.Context, info *TokenManagementInfo, opts ...CallOption) (key string, err error) {
	return value[string](ctx, (*agent)(a), &opUserDecryptAndSaveExternalTokens, &decryptAndSaveExternalTokensRequest{info}, opts)
}

type decryptAndSaveExternalTokensRequest struct{ TokenManagementInfo *TokenManagementInfo }

func (r *decryptAndSaveExternalTokensRequest) check() error {
	return required("info", r.TokenManagementInfo != nil)
}

func (r *decryptAndSaveExternalTokensRequest) secrets() []string {
	return r.TokenManagementInfo.secrets()
}

// ExchangeCodeAndSaveTokens exchanges an authorization code at the provider
// for tokens, saves them and returns the key to get them by. It is a write:
// a code works once.
//
// POST v1/Agents/User/ExchangeCodeAndSaveTokens
func (a *UserAgent) ExchangeCodeAndSaveTokens(ctx context.Context, req UserExchangeCodeAndSaveTokensRequest, opts ...CallOption) (key string, err error) {
	return value[string](ctx, (*agent)(a), &opUserExchangeCodeAndSaveTokens, (*exchangeCodeAndSaveTokensRequest)(&req), opts)
}

// UserExchangeCodeAndSaveTokensRequest is what ExchangeCodeAndSaveTokens
// sends. Printing one shows none of its secrets.
type UserExchangeCodeAndSaveTokensRequest struct {
	// Provider names the service that issued the code.
	Provider string
	// AuthorizationCode is the code to exchange.
	AuthorizationCode string
	// Nonce is the nonce that the sign-in was started with.
	Nonce string
	// PKCEVerifier is the verifier of the challenge that the sign-in was
	// started with.
	PKCEVerifier string `json:"PkceVerifier"`
	// RedirectURI is the address that the sign-in came back to.
	RedirectURI string `json:"RedirectUri"`
}

// Format prints no secrets, whatever the verb.
func (r UserExchangeCodeAndSaveTokensRequest) Format(f fmt.State, verb rune) {
	formatText(f, verb, fmt.Sprintf("superoffice.UserExchangeCodeAndSaveTokensRequest{Provider:%q AuthorizationCode:%s Nonce:%s PKCEVerifier:%s RedirectURI:%q}",
		r.Provider, hidden(r.AuthorizationCode), hidden(r.Nonce), hidden(r.PKCEVerifier), r.RedirectURI))
}

// LogValue gives structured logs the same.
func (r UserExchangeCodeAndSaveTokensRequest) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprint(r))
}

type exchangeCodeAndSaveTokensRequest UserExchangeCodeAndSaveTokensRequest

func (r *exchangeCodeAndSaveTokensRequest) check() error {
	return required("req.AuthorizationCode", r.AuthorizationCode != "")
}

func (r *exchangeCodeAndSaveTokensRequest) secrets() []string {
	return []string{r.AuthorizationCode, r.Nonce, r.PKCEVerifier}
}
