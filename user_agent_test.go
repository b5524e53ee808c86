package superoffice_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

const (
	base         = "https://crm.example.com/SuperOffice"
	getTokensURL = base + "/api/v1/Agents/User/GetExternalTokens"
)

// fixture reads a file of testdata.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

// mocked returns a client whose requests meet the responders of mock.
func mocked(t testing.TB, opts ...superoffice.ClientOption) (client *superoffice.Client, mock *httpmock.MockTransport) {
	t.Helper()
	mock = httpmock.NewMockTransport()
	opts = append([]superoffice.ClientOption{
		superoffice.WithHTTPClient(&http.Client{Transport: mock}),
		superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}),
	}, opts...)
	client, err := superoffice.NewClient(base, opts...)
	require.NoError(t, err)
	return client, mock
}

// answer is a responder with a status, a type and a body.
func answer(status int, contentType, body string) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		resp.Header.Set("Content-Type", contentType)
		resp.Request = r
		return resp, nil
	}
}

// keep is a responder that keeps the request it got, body included.
func keep(into *http.Request, body *string, next httpmock.Responder) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		*into, *body = *r.Clone(r.Context()), ""
		if r.Body == nil {
			return next(r)
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		*body = string(text)
		return next(r)
	}
}

func TestGetExternalTokens(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	var (
		req  http.Request
		body string
	)
	mock.RegisterResponder("POST", getTokensURL, keep(&req, &body, answer(200, "application/json; charset=utf-8", fixture(t, "external_tokens.json"))))

	info, err := client.User.GetExternalTokens(t.Context(), "quos")

	require.NoError(t, err)
	assert.Equal(t, `{"Key":"quos"}`, body)
	assert.Equal(t, int64(len(body)), req.ContentLength)
	want := &superoffice.TokenManagementInfo{
		Provider: "nesciunt", AccessToken: "quidem", RefreshToken: "perferendis",
		TableRight: &superoffice.TableRight{Mask: superoffice.TableRightDelete},
		FieldProperties: superoffice.FieldProperties{"fieldName": {
			FieldRight: &superoffice.FieldRight{Mask: "FULL"}, FieldType: "System.Int32", FieldLength: 721,
		}},
	}
	assert.True(t, assert.ObjectsAreEqual(want, info), "the sample equals a literal")
	back, err := json.Marshal(info)
	require.NoError(t, err)
	assert.Equal(t, fixture(t, "external_tokens.json"), string(back)+"\n", "nothing is lost")
}

func TestGetExternalTokensFromANewerServer(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterResponder("POST", getTokensURL, answer(200, "application/json", fixture(t, "external_tokens_newer.json")))

	info, err := client.User.GetExternalTokens(t.Context(), "quos")

	require.NoError(t, err)
	assert.Equal(t, `{"sub":"117"}`, info.Claims)
	assert.True(t, info.TableRight.Mask.Has(superoffice.TableRightSelect))
	assert.Empty(t, info.TableRight.Reason)
	assert.True(t, info.FieldProperties["Provider"].FieldRight.Mask.Has(superoffice.FieldRightUIHintMandatory))
	assert.Nil(t, info.FieldProperties["Claims"].FieldRight)
	back, err := json.Marshal(info)
	require.NoError(t, err)
	assert.JSONEq(t, fixture(t, "external_tokens_newer.json"), string(back), "members nobody knows yet and nulls come back")
}

func TestGetExternalTokensSelected(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	var (
		req  http.Request
		body string
	)
	mock.RegisterResponder("POST", getTokensURL, keep(&req, &body, answer(200, "application/json", fixture(t, "external_tokens_selected.json"))))

	info, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.Select("Provider", "TableRight/Mask"))

	require.NoError(t, err)
	assert.Equal(t, "$select=Provider,TableRight/Mask", req.URL.RawQuery)
	assert.Equal(t, "nesciunt", info.Provider)
	assert.Zero(t, info.AccessToken)
	assert.Nil(t, info.FieldProperties)
	assert.Equal(t, superoffice.TableRightDelete, info.TableRight.Mask)

	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.Select("Provider", "TableRight/Maks"))
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.ErrorContains(t, err, `"TableRight/Maks"`)
	assert.ErrorContains(t, err, `"Mask"`)
	assert.Equal(t, 1, mock.GetTotalCallCount(), "a typo is not sent")
}

func TestExternalTokensInEveryContentType(t *testing.T) {
	t.Parallel()
	bodies := map[superoffice.ContentType]string{
		superoffice.ContentTypeJSON:       `{"Key":"quos & co"}`,
		superoffice.ContentTypeTextJSON:   `{"Key":"quos & co"}`,
		superoffice.ContentTypeJSONPatch:  `{"Key":"quos & co"}`,
		superoffice.ContentTypeMergePatch: `{"Key":"quos & co"}`,
		superoffice.ContentTypeXML:        `<GetExternalTokensRequest><Key>quos &amp; co</Key></GetExternalTokensRequest>`,
		superoffice.ContentTypeTextXML:    `<GetExternalTokensRequest><Key>quos &amp; co</Key></GetExternalTokensRequest>`,
		superoffice.ContentTypeForm:       `Key=quos+%26+co`,
	}
	answers := map[superoffice.ContentType]string{
		superoffice.ContentTypeJSON:       "external_tokens.json",
		superoffice.ContentTypeTextJSON:   "external_tokens.json",
		superoffice.ContentTypeJSONPatch:  "external_tokens.json",
		superoffice.ContentTypeMergePatch: "external_tokens.json",
		superoffice.ContentTypeXML:        "external_tokens.xml",
		superoffice.ContentTypeTextXML:    "external_tokens_entries.xml",
	}
	for sent, wantBody := range bodies {
		for accepted, file := range answers {
			t.Run(string(sent)+" "+string(accepted), func(t *testing.T) {
				t.Parallel()
				client, mock := mocked(t)
				var (
					req  http.Request
					body string
				)
				mock.RegisterResponder("POST", getTokensURL, keep(&req, &body, answer(200, string(accepted)+"; charset=utf-8", "\ufeff"+fixture(t, file))))

				info, err := client.User.GetExternalTokens(t.Context(), "quos & co", superoffice.WithContentType(sent), superoffice.WithAccept(accepted))

				require.NoError(t, err)
				assert.Equal(t, []string{string(sent)}, req.Header["Content-Type"])
				assert.Equal(t, []string{string(accepted)}, req.Header["Accept"])
				assert.Equal(t, wantBody, body)
				assert.Equal(t, "perferendis", info.RefreshToken)
				assert.Equal(t, superoffice.TableRightDelete, info.TableRight.Mask)
				property := info.FieldProperties["fieldName"]
				assert.Equal(t, 721, property.FieldLength)
				assert.Equal(t, superoffice.FieldRightMask("FULL"), property.FieldRight.Mask)
			})
		}
	}
}

func TestTheAnswersOwnTypeDecides(t *testing.T) {
	t.Parallel()
	for contentType, file := range map[string]string{
		"application/xml":                          "external_tokens.xml",
		"Text/XML; charset=\"UTF-8\"":              "external_tokens_entries.xml",
		"application/vnd.superoffice+xml":          "external_tokens.xml",
		"application/vnd.superoffice+json; v=1":    "external_tokens.json",
		"application/json;charset=us-ascii":        "external_tokens.json",
		"application/json; charset=\"iso-8859-1\"": "external_tokens.json",
		"text/plain": "external_tokens.json",
		"":           "external_tokens.xml",
	} {
		client, mock := mocked(t)
		mock.RegisterResponder("POST", getTokensURL, answer(200, contentType, fixture(t, file)))
		info, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithAccept(superoffice.ContentTypeMergePatch))
		require.NoError(t, err, contentType)
		assert.Equal(t, "quidem", info.AccessToken, contentType)
		assert.Equal(t, 721, info.FieldProperties["fieldName"].FieldLength, contentType)
	}
}

func TestSaveExternalTokens(t *testing.T) {
	t.Parallel()
	info := &superoffice.TokenManagementInfo{Provider: "Mail", AccessToken: "a", RefreshToken: "r"}
	wrapped := `{"TokenManagementInfo":{"Provider":"Mail","AccessToken":"a","RefreshToken":"r","TableRight":null,"FieldProperties":null}}`
	for name, c := range map[string]struct {
		call func(*superoffice.Client) (string, error)
		body string
	}{
		"SaveExternalTokens": {func(c *superoffice.Client) (string, error) {
			return c.User.SaveExternalTokens(t.Context(), info)
		}, wrapped},
		"DecryptAndSaveExternalTokens": {func(c *superoffice.Client) (string, error) {
			return c.User.DecryptAndSaveExternalTokens(t.Context(), info)
		}, wrapped},
		"ExchangeCodeAndSaveTokens": {func(c *superoffice.Client) (string, error) {
			return c.User.ExchangeCodeAndSaveTokens(t.Context(), superoffice.UserExchangeCodeAndSaveTokensRequest{
				Provider: "Mail", AuthorizationCode: "c", Nonce: "n", PKCEVerifier: "v", RedirectURI: "https://x/cb",
			})
		}, `{"Provider":"Mail","AuthorizationCode":"c","Nonce":"n","PkceVerifier":"v","RedirectUri":"https://x/cb"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := mocked(t)
			var (
				req  http.Request
				body string
			)
			url := base + "/api/v1/Agents/User/" + name
			mock.RegisterResponder("POST", url, keep(&req, &body, answer(200, "application/json", `"key-1"`)))
			key, err := c.call(client)
			require.NoError(t, err)
			assert.Equal(t, "key-1", key)
			assert.Equal(t, c.body, body)

			mock.RegisterResponder("POST", url, answer(200, "application/xml", `<string xmlns="urn:x">key-2</string>`))
			key, err = c.call(client)
			require.NoError(t, err)
			assert.Equal(t, "key-2", key)

			mock.RegisterResponder("POST", url, answer(200, "application/json", `null`))
			_, err = c.call(client)
			assert.ErrorIs(t, err, superoffice.ErrNotFound)
		})
	}
}

func TestRequestRootsInXML(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t, superoffice.WithContentType(superoffice.ContentTypeXML))
	var (
		req  http.Request
		body string
	)
	mock.RegisterNoResponder(keep(&req, &body, answer(200, "application/json", `"k"`)))
	info := &superoffice.TokenManagementInfo{Provider: "Mail", FieldProperties: superoffice.FieldProperties{"SuperOffice:1": {FieldType: "x"}}}
	_, err := client.User.SaveExternalTokens(t.Context(), info)
	require.NoError(t, err)
	assert.Equal(t, `<SaveExternalTokensRequest><TokenManagementInfo><Provider>Mail</Provider><AccessToken></AccessToken><RefreshToken></RefreshToken>`+
		`<FieldProperties><KeyValueOfstringFieldProperty><Key>SuperOffice:1</Key><Value><FieldType>x</FieldType><FieldLength>0</FieldLength></Value></KeyValueOfstringFieldProperty></FieldProperties>`+
		`</TokenManagementInfo></SaveExternalTokensRequest>`, body)
	_, err = client.User.ExchangeCodeAndSaveTokens(t.Context(), superoffice.UserExchangeCodeAndSaveTokensRequest{AuthorizationCode: "c"})
	require.NoError(t, err)
	assert.Regexp(t, `^<ExchangeCodeAndSaveTokensRequest><Provider></Provider><AuthorizationCode>c</AuthorizationCode>`, body)
}

func TestBadInputIsNotSent(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `null`))
	ctx := t.Context()
	call := func(opts ...superoffice.CallOption) error {
		_, err := client.User.GetExternalTokens(ctx, "quos", opts...)
		return err
	}
	for argument, err := range map[string]error{
		"key":  func() error { _, err := client.User.GetExternalTokens(ctx, ""); return err }(),
		"info": func() error { _, err := client.User.SaveExternalTokens(ctx, nil); return err }(),
		"req.AuthorizationCode": func() error {
			_, err := client.User.ExchangeCodeAndSaveTokens(ctx, superoffice.UserExchangeCodeAndSaveTokensRequest{})
			return err
		}(),
		"WithCulture":         call(superoffice.WithCulture("nb-NO")),
		"WithLanguage":        call(superoffice.WithLanguage("en\r\nX-Evil: 1")),
		"WithTimeZone":        call(superoffice.WithTimeZone("UTC\x00")),
		"WithAppToken":        call(superoffice.WithAppToken("secret\n")),
		"WithHeader":          call(superoffice.WithHeader("No good", "x")),
		"Content-Length":      call(superoffice.WithHeader("content-length", "1")),
		"WithContentType":     call(superoffice.WithContentType("text/html")),
		"WithAccept":          call(superoffice.WithAccept(superoffice.ContentTypeForm)),
		"WithContentType has": call(superoffice.WithContentType("text/json\n")),
		"WithAccept has":      call(superoffice.WithAccept("text/json\n")),
		`"text/csv"`:          call(superoffice.WithAccept("text/csv")),
		"WithAuth":            call(superoffice.WithAuth(nil)),
		"BasicAuth":           call(superoffice.WithAuth(superoffice.BasicAuth("a:b", "secret"))),
		"has no user":         call(superoffice.WithAuth(superoffice.BasicAuth("", "secret"))),
		"TicketAuth":          call(superoffice.WithAuth(superoffice.TicketAuth("7T:x\n"))),
		"BearerAuth":          call(superoffice.WithAuth(superoffice.BearerAuth(""))),
		"TokenSourceAuth":     call(superoffice.WithAuth(superoffice.TokenSourceAuth(nil))),
		"SessionAuth":         call(superoffice.WithAuth(superoffice.SessionAuth(""))),
		"nil cookie":          call(superoffice.WithAuth(superoffice.SessionAuth("x", nil))),
		"cookie with a name":  call(superoffice.WithAuth(superoffice.SessionAuth("x", &http.Cookie{Name: "a b"}))),
		"XSRF":                call(superoffice.WithAuth(superoffice.SessionAuth(""))),
		"SessionAuth has a":   call(superoffice.WithAuth(superoffice.SessionAuth("x\n"))),
		"WithTimeout":         call(superoffice.WithTimeout(-1)),
		"CaptureResponse":     call(superoffice.CaptureResponse(nil)),
		"position 1":          call(nil),
		"Select": func() error {
			_, err := client.User.SaveExternalTokens(ctx, &superoffice.TokenManagementInfo{}, superoffice.Select("x"))
			return err
		}(),
		"cannot be encoded": func() error {
			_, err := client.User.SaveExternalTokens(ctx, &superoffice.TokenManagementInfo{Provider: "\xff"})
			return err
		}(),
		"ctx": func() error {
			//nolint:staticcheck // a nil context is what is tested
			_, err := client.User.GetExternalTokens(nil, "quos")
			return err
		}(),
	} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
			assert.ErrorContains(t, err, argument)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	assert.Zero(t, mock.GetTotalCallCount())
}
