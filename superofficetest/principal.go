package superofficetest

import (
	"net/http"
	"strings"
)

// The two calls of the REST API that clients sign in with, below the API's
// folder.
const (
	currentPrincipalPath = "v1/User/currentPrincipal"
	currentTokenPath     = "v1/User/currentToken"
)

// associateID is the number of the user that everybody is signed in as.
const associateID = 5

// ExpireUserTokens makes the server refuse, with 401, the access tokens that
// v1/User/currentToken has given until now.
func (s *Server) ExpireUserTokens() { s.grants.dropKind(userTokenKind) }

// currentToken gives an access token to whoever is signed in. How long it
// counts is not documented: here an hour online, and on site until
// ExpireUserTokens.
func (s *Server) currentToken(c *call) reply {
	return s.personal(c, "string", func() any {
		token := newAccessToken(s.settings.tenant)
		s.grants.add(userTokenKind, token, "")
		return token
	})
}

// currentPrincipal tells who is signed in. It has some of the members of the
// vendor's carrier.
func (s *Server) currentPrincipal(c *call) reply {
	return s.personal(c, "SoPrincipalCarrier", func() any {
		return map[string]any{
			"UserType":       "InternalAssociate",
			"Associate":      s.Credentials().User,
			"AssociateId":    associateID,
			"IsPerson":       true,
			"PersonId":       associateID + 1,
			"ContactId":      2,
			"CountryId":      578,
			"GroupId":        1,
			"RoleId":         1,
			"RoleName":       "User level 0",
			"FullName":       "Sandra Alder",
			"EMailAddress":   userName(s.settings.tenant),
			"UserName":       userName(s.settings.tenant),
			"FunctionRights": []any{"admin-all"},

			"DatabaseContextIdentifier": s.settings.tenant,
		}
	})
}

// personal answers with a value that only those who are signed in may have.
func (s *Server) personal(c *call, root string, value func() any) reply {
	if failed := s.authenticate(c.Request); failed != nil {
		return s.refuse(c, failed)
	}
	media, acceptable := negotiate(c.Header.Values("Accept"))
	if !acceptable {
		return s.refuse(c, frameworkFailure(http.StatusNotAcceptable, "None of the accepted media types can be given.", ""))
	}
	return newReply(http.StatusOK, media+"; charset=utf-8", encode(media, s.settings.xml, root, value()))
}

// userName is the sign-in name of a tenant's user.
func userName(tenant string) string { return "sandra.alder@" + strings.ToLower(tenant) + ".example" }
