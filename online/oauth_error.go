package online

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"
)

// ErrSignInRequired means that a person must sign in again: there is no
// refresh token, or it is not accepted any more, since the person, the
// administrator or SuperOffice has revoked it.
var ErrSignInRequired = errors.New("online: sign-in required")

// OAuthError is what the login service said in place of a token.
type OAuthError struct {
	// StatusCode is the HTTP status, or 0 if the error came in an address.
	StatusCode int
	// Code is OAuth's name of the error, such as "invalid_grant", or empty.
	Code string
	// Description is the login service's explanation, or empty.
	Description string
}

// Error says what is wrong in one line.
func (e *OAuthError) Error() string {
	text := "online: the login service says no"
	if e.StatusCode != 0 {
		text = fmt.Sprintf("online: the login service answered %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if e.Code != "" {
		text += ": " + oneLine(e.Code)
	}
	if e.Description != "" {
		text += ": " + oneLine(e.Description)
	}
	return text
}

// Is reports whether target is [ErrSignInRequired], if the grant is not valid any
// more.
func (e *OAuthError) Is(target error) bool {
	return target == ErrSignInRequired && e.Code == "invalid_grant"
}

// readOAuthError reads the login service's refusal, if it has the usual form.
// The body itself is not kept: it may repeat what was sent.
func readOAuthError(status int, body []byte) *OAuthError {
	var answer struct {
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	_ = json.Unmarshal(body, &answer) // any other body says nothing
	return &OAuthError{StatusCode: status, Code: answer.Error, Description: answer.ErrorDescription}
}

// oauthError keeps of a failure of the login service what can be told, without
// the secrets that redact takes out. x/oauth2's own error holds the whole answer.
func oauthError(err error, redact func(string) string) error {
	refusal := new(OAuthError)
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		refusal.Code, refusal.Description = refused.ErrorCode, refused.ErrorDescription
		if refused.Response != nil {
			refusal.StatusCode = refused.Response.StatusCode
		}
	case !errors.As(err, &refusal):
		return bare(err)
	}
	return &OAuthError{refusal.StatusCode, redact(refusal.Code), redact(refusal.Description)}
}

// oneLine makes text safe for a log line.
func oneLine(text string) string {
	const most = 300
	if len(text) > most {
		text = text[:most] + "..."
	}
	quoted := strconv.QuoteToGraphic(text)
	return quoted[1 : len(quoted)-1]
}
