package superoffice_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

const (
	soapFault    = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no such session</faultstring></s:Fault></s:Body></s:Envelope>`
	soap12Fault  = `<Envelope><Body><Fault><Code><Value>Sender</Value></Code><Reason><Text>no such session</Text></Reason></Fault></Body></Envelope>`
	sentryDenial = `{"Error":true,"ErrorType":"SoSentryException","Message":"You may not see this user"}`
)

// denials are answers with status 200 that say no, and what of them an error
// has to tell.
var denials = map[string]struct{ contentType, body, reason string }{
	"sentry":            {"application/json", sentryDenial, "You may not see this user"},
	"ASP.NET":           {"application/json", `{"Message":"An error has occurred."}`, "An error has occurred."},
	"in small letters":  {"application/json", `{"error":true,"errorType":"SoX","errorMessage":"no luck"}`, "no luck"},
	"OAuth":             {"application/json", `{"error":"invalid_token"}`, "invalid_token"},
	"OAuth, described":  {"application/json", `{"error":"invalid_token","error_description":"it has run out"}`, "it has run out"},
	"error object":      {"application/json", `{"error":{"code":"x1","message":"no luck"}}`, "no luck"},
	"OData":             {"application/json", `{"odata.error":{"code":"","message":{"lang":"en","value":"no luck"}}}`, "no luck"},
	"problem details":   {"application/problem+json", `{"type":"about:blank","title":"No access","status":403,"detail":"ask somebody"}`, "No access: ask somebody"},
	"problem, no title": {"application/problem+json", `{"type":"about:blank","detail":"ask somebody"}`, "ask somebody"},
	"list of errors":    {"application/json", `{"errors":["too long"]}`, "too long"},
	"problem, unmarked": {"application/json", `{"title":"No access","status":403,"errors":{"Name":["too long"]}}`, "No access: Name: too long"},
	"model state":       {"application/json", `{"Message":"The request is invalid.","ModelState":{"entity.Name":["too long","odd"]}}`, "entity.Name: too long, odd"},
	"SOAP 1.1":          {"text/xml", soapFault, "no such session"},
	"SOAP 1.2":          {"application/xml", soap12Fault, "no such session"},
	"page as XML":       {"application/xml", `<?xml version="1.0"?><!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>`, "HTML page"},
	"page":              {"text/html", `<html><title>Sign in</title></html>`, "HTML page"},
}

func TestDenialsAreNoResults(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*superoffice.Client) error{
		"a carrier": func(c *superoffice.Client) error {
			_, err := c.Contact.GetContactEntity(t.Context(), 5)
			return err
		},
		"with a Message of its own": func(c *superoffice.Client) error {
			_, err := c.User.GetUserPresenceStatus(t.Context(), 5)
			return err
		},
		"with Success and Message": func(c *superoffice.Client) error {
			_, err := c.Webhook.TestWebhook(t.Context(), &superoffice.Webhook{WebhookID: 1})
			return err
		},
		"a list": func(c *superoffice.Client) error {
			_, err := c.Associate.GetAssociateList(t.Context(), []int{1})
			return err
		},
		"a text": func(c *superoffice.Client) error {
			_, err := c.List.GetDocumentTemplateExtension(t.Context(), 1)
			return err
		},
		"none": func(c *superoffice.Client) error { return c.Contact.DeleteContactEntity(t.Context(), 5) },
		"none, by Call": func(c *superoffice.Client) error {
			return c.Call(t.Context(), "DELETE", "v1/Contact/5", nil, nil)
		},
	}
	for kind, call := range calls {
		for name, denial := range denials {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				client, mock := mocked(t)
				mock.RegisterNoResponder(answer(200, denial.contentType, denial.body))
				var failure *superoffice.Error
				require.ErrorAs(t, call(client), &failure)
				assert.Contains(t, failure.Error(), denial.reason)
			})
		}
	}
}

// What has no members of its own is told from an error by the root of XML, and
// by values that it cannot hold.
func TestDenialsAreNoListsOrDictionaries(t *testing.T) {
	t.Parallel()
	lists := []any{new([]string), new([]int), new([]superoffice.FieldValue), new([][]string), new([]superoffice.Contact)}
	dictionaries := []any{new(map[string]string), new(map[string]superoffice.FieldValue)}
	others := []any{new(string), new(int), new(bool), new(superoffice.DateTime), new(any), new(map[string]any)}
	every := slices.Concat(lists, dictionaries, others)
	for _, c := range []struct {
		contentType, body string
		outs              []any
	}{
		{"application/xml", `<Error><Message>An error has occurred.</Message></Error>`, every},
		{"text/xml", `<HttpError><Message>a</Message><ExceptionType>b</ExceptionType></HttpError>`, every},
		{"text/xml", ` <Error xmlns="urn:x">no</Error>`, every},
		{"text/xml", `<Error/>`, every},
		{"application/xml", `<Response><Message>a</Message></Response>`, lists},
		{"application/json", sentryDenial, every},
		{"application/json", `{"title":"a","status":403}`, every},
		{"application/json", `{"error":{"message":"a"}}`, every},
		{"application/json", `{"title":"a","errors":{"Name":["b"]}}`, every},
	} {
		client, mock := mocked(t)
		mock.RegisterNoResponder(answer(200, c.contentType, c.body))
		for _, out := range c.outs {
			err := client.Call(t.Context(), "GET", "v1/x", nil, out)
			assert.Error(t, err, "%T from %s: %+v", out, c.body, out)
			assert.True(t, reflect.ValueOf(out).Elem().IsZero(), "%T from %s", out, c.body)
		}
	}
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", sentryDenial))
	_, err := client.Contact.ValidateContactEntity(t.Context(), &superoffice.ContactEntity{})
	assert.ErrorIs(t, err, superoffice.ErrForbidden)
	assert.ErrorContains(t, err, "You may not see this user")
}

// Saved, a blank carrier would become a new record.
func TestAnswerWithoutAMemberIsNoCarrier(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*superoffice.Client) (bool, error){
		"an entity": func(c *superoffice.Client) (bool, error) {
			contact, err := c.Contact.GetContactEntity(t.Context(), 5)
			return contact == nil, err
		},
		"a template": func(c *superoffice.Client) (bool, error) {
			contact, err := c.Contact.CreateDefaultContactEntity(t.Context())
			return contact == nil, err
		},
		"by Call": func(c *superoffice.Client) (bool, error) {
			var contact superoffice.ContactEntity
			err := c.Call(t.Context(), "GET", "v1/Contact/5", nil, &contact)
			return assert.ObjectsAreEqual(superoffice.ContactEntity{}, contact), err
		},
		"by Call, behind a pointer": func(c *superoffice.Client) (bool, error) {
			var contact *superoffice.ContactEntity
			err := c.Call(t.Context(), "GET", "v1/Contact/5", nil, &contact)
			return contact == nil, err
		},
		"one of several kinds": func(c *superoffice.Client) (bool, error) {
			var field superoffice.FieldInfo
			err := c.Call(t.Context(), "GET", "v1/x", nil, &field)
			return field == nil, err
		},
	}
	for _, body := range []string{`{}`, ` { } `, "\ufeff{}", `<ContactEntity/>`, `<p></p>`, "<?xml version=\"1.0\"?>\n<p> </p>"} {
		contentType := "application/json"
		if strings.Contains(body, "<") {
			contentType = "text/xml"
		}
		for name, call := range calls {
			client, mock := mocked(t)
			mock.RegisterNoResponder(answer(200, contentType, body))
			none, err := call(client)
			assert.ErrorContains(t, err, "none of the members", "%s from %s", name, body)
			assert.True(t, none, "%s from %s", name, body)
		}
	}
}

// What has no members to miss may come without one.
func TestAnswersThatMayBeEmptyObjects(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `{}`))
	for _, out := range []any{new(map[string]string), new(any), new(struct{}), new(map[string]superoffice.ContactEntity)} {
		assert.NoError(t, client.Call(t.Context(), "GET", "v1/x", nil, out), "%T", out)
	}
	mock.RegisterNoResponder(answer(200, "application/json", `[{},{"AssociateId":7}]`))
	list, err := client.Associate.GetAssociateList(t.Context(), []int{1, 2})
	require.NoError(t, err)
	assert.Len(t, list, 2)
}

func TestListOfDenialsIsNoResult(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `[{"AssociateId":7},`+sentryDenial+`]`))
	list, err := client.Associate.GetAssociateList(t.Context(), []int{1, 2})
	assert.ErrorContains(t, err, "element 1")
	assert.Nil(t, list)
}

func TestResultsThatLookLikeErrors(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `{"Success":false,"Message":"nobody listens"}`))
	_, err := client.Webhook.TestWebhook(t.Context(), &superoffice.Webhook{WebhookID: 1})
	assert.NoError(t, err, "a result with members of an error")
	for _, body := range []string{`{"Message":"a","MessageDetail":"b"}`, `{"Error":"a"}`, `{"title":"a","status":"500"}`, `{"Error":"true","ErrorType":"a","Message":"b"}`,
		`<Map><Message>a</Message><MessageDetail>b</MessageDetail></Map>`, `<Map><Error>a</Error></Map>`} {
		contentType := "application/json"
		if body[0] == '<' {
			contentType = "text/xml"
		}
		mock.RegisterNoResponder(answer(200, contentType, body))
		var texts map[string]string
		require.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, &texts), body)
		assert.NotEmpty(t, texts)
	}
}

func TestCamelCaseIsRead(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `{"contactId":5,"name":"Nesciunt"}`))
	contact, err := client.Contact.GetContactEntity(t.Context(), 5)
	require.NoError(t, err)
	assert.Equal(t, 5, contact.ContactID)
	assert.Equal(t, "Nesciunt", contact.Name)
}

func TestCallsWithoutResult(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contentType, body string
		fine              bool
	}{
		{"", "", true},
		{"application/json", "null", true},
		{"application/json", "true", true},
		{"application/json; charset=utf-8", ` "text" `, true},
		{"text/plain", "5", true},
		{"application/xml", `<boolean>true</boolean>`, true},
		{"text/plain", "denied", false},
		{"application/json", "{}", false},
		{"application/json", `{"ContactId":5}`, false},
		{"application/json", "[]", false},
		{"application/json", "{broken", false},
		{"application/xml", `<Contact><Name>x</Name></Contact>`, false},
		{"text/csv", "a;b", false},
		{"application/pdf", "%PDF", false},
	} {
		client, mock := mocked(t)
		mock.RegisterNoResponder(answer(200, c.contentType, c.body))
		err := client.Contact.DeleteContactEntity(t.Context(), 5)
		assert.Equal(t, c.fine, err == nil, "%s %s: %v", c.contentType, c.body, err)
	}
}

// longTicket is found by the parts that are left of it.
var longTicket = "7T:" + strings.Repeat("AbC0123456789xyz", 8)

func TestSecretsAtACutDoNotShow(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/plain", "text/html", "application/json", "application/xml", "text/css"} {
		for shape, format := range map[string]string{
			"text": "%s%s more", "page": "<html><title>%s%s</title></html>", "JSON": `{"Message":"%s%s"}`, "XML": `<a><Message>%s%s</Message></a>`,
		} {
			t.Run(contentType+"/"+shape, func(t *testing.T) {
				t.Parallel()
				for _, before := range []int{0, 100, 176, 199, 750, 790, 64<<10 - 50} {
					client, mock := mocked(t, superoffice.WithAuth(superoffice.TicketAuth(longTicket)))
					body := strings.Replace(strings.Replace(format, "%s", strings.Repeat("x", before), 1), "%s", longTicket, 1)
					mock.RegisterNoResponder(answer(401, contentType, body))
					_, err := client.Contact.GetContactEntity(t.Context(), 5)
					var failure *superoffice.Error
					require.ErrorAs(t, err, &failure)
					for _, text := range []string{failure.Error(), failure.Message, string(failure.Body)} {
						assert.NotContains(t, text, longTicket[:12], before)
					}
				}
			})
		}
	}
}

func TestEchoedHeadersHoldNoSecret(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t, superoffice.WithAuth(superoffice.TicketAuth(longTicket)))
	mock.RegisterNoResponder(answer(500, "text/plain", "no").HeaderSet(map[string][]string{
		"Location":         {"/login?ticket=" + strings.ReplaceAll(longTicket, ":", "%3a")},
		"Www-Authenticate": {`SOTicket realm="` + longTicket + `"`},
		"Set-Cookie":       {"session=opaque; Path=/; HttpOnly"},
		"X-Other":          {strings.ToUpper(longTicket), "kept"},
	}))
	_, err := client.Contact.GetContactEntity(t.Context(), 5)
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "/login?ticket=REDACTED", failure.Header.Get("Location"))
	assert.Equal(t, `SOTicket realm="REDACTED"`, failure.Header.Get("WWW-Authenticate"))
	assert.Equal(t, "session=REDACTED; Path=/; HttpOnly", failure.Header.Get("Set-Cookie"))
	assert.Equal(t, []string{"REDACTED", "kept"}, failure.Header.Values("X-Other"))
}

func TestSecretsInUTF16DoNotShow(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t, superoffice.WithAuth(superoffice.TicketAuth(longTicket)))
	var wide strings.Builder
	for _, c := range []byte(`{"Message":"bad ` + longTicket + `"}`) {
		wide.Write([]byte{c, 0})
	}
	for _, contentType := range []string{"application/json; charset=utf-16", "application/json", "text/plain"} {
		mock.RegisterNoResponder(answer(401, contentType, wide.String()))
		_, err := client.Contact.GetContactEntity(t.Context(), 5)
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure)
		assert.NotContains(t, strings.ReplaceAll(string(failure.Body), "\x00", ""), longTicket[:12], contentType)
	}
}

func TestSecretsInListsOfACallDoNotShow(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(500, "application/json", `{"ErrorMessage":"bad `+marked+`"}`))
	inputs := map[string]any{
		"list":       []superoffice.Credential{{Value: marked}},
		"pointers":   []*superoffice.Credential{nil, {Value: marked}},
		"dictionary": map[string]superoffice.Credential{"a": {Value: marked}},
		"struct":     struct{ Inner any }{superoffice.Credential{Value: marked}},
	}
	for name, in := range inputs {
		err := client.Call(t.Context(), "POST", "v1/x", in, nil)
		assert.ErrorContains(t, err, "REDACTED", name)
		assert.NotContains(t, err.Error(), marked, name)
	}
}
