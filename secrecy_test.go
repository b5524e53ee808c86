package superoffice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/webhooktest"
)

// marked is a secret that is easy to find again.
const marked = "s3cr3t-MARK"

// witness collects everything that a program might show of a value.
type witness struct {
	t   *testing.T
	all bytes.Buffer
	log *slog.Logger
}

func newWitness(t *testing.T) *witness {
	w := &witness{t: t}
	w.log = slog.New(slog.NewMultiHandler(
		slog.NewJSONHandler(&w.all, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}),
		slog.NewTextHandler(&w.all, &slog.HandlerOptions{Level: slog.LevelDebug}),
	))
	return w
}

// see shows v in every way.
func (w *witness) see(values ...any) {
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			_, _ = fmt.Fprintf(&w.all, verb+"\n", v)
		}
		w.log.Debug("see", "value", v)
		for err, ok := v.(error); ok && err != nil; err = errors.Unwrap(err) {
			w.all.WriteString(err.Error())
		}
	}
}

// done fails if the secret shows anywhere, as it is or encoded.
func (w *witness) done(what string) {
	w.t.Helper()
	w.lacks(what, marked, fmt.Sprintf("%x", marked), "czNjcjN0LU1BUks", "zM2NyM3QtTUFSS", "MzY3IzdC1NQVJL")
	w.all.Reset()
}

// lacks fails if one of the texts shows anywhere.
func (w *witness) lacks(what string, texts ...string) {
	w.t.Helper()
	text := w.all.String()
	for _, form := range texts {
		if i := strings.Index(text, form); i >= 0 {
			w.t.Errorf("%s shows the secret: ...%s...", what, text[max(0, i-200):min(len(text), i+50)])
		}
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	cookie := &http.Cookie{Name: "ASP.NET_SessionId", Value: marked}
	auths := map[string]superoffice.Auth{
		"basic":   superoffice.BasicAuth("hugo", marked),
		"ticket":  superoffice.TicketAuth("7T:" + marked),
		"bearer":  superoffice.BearerAuth("8A:" + marked),
		"source":  superoffice.TokenSourceAuth(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: marked, RefreshToken: marked})),
		"session": superoffice.SessionAuth(marked, cookie),
		"own": superoffice.AuthFunc(func(_ context.Context, r *http.Request) error {
			r.Header.Set("X-Own-Key", marked)
			return nil
		}),
	}
	for name, auth := range auths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitness(t)
			opts := []superoffice.ClientOption{
				superoffice.WithAuth(auth), superoffice.WithAppToken(marked), superoffice.WithHeader("X-Api-Key", marked),
				superoffice.WithHeader("Cookie", "a="+marked), superoffice.WithLogger(w.log),
			}
			client, mock := mocked(t, opts...)
			w.see(auth, client, *client, client.User, opts)
			w.done("a client or an option")
			everyEnd(t, w, client, mock)
		})
	}
}

// everyEnd makes calls that end in every way, by a server that repeats all it
// was told.
func everyEnd(t *testing.T, w *witness, client *superoffice.Client, mock *httpmock.MockTransport) {
	t.Helper()
	info := superoffice.TokenManagementInfo{Provider: marked, AccessToken: marked, RefreshToken: marked, Claims: marked}
	request := superoffice.UserExchangeCodeAndSaveTokensRequest{Provider: "p", AuthorizationCode: marked, Nonce: marked, PKCEVerifier: marked}
	w.see(info, &info, request, &request)
	_, _ = fmt.Fprintf(&w.all, "%v %+v %#v", []superoffice.TokenManagementInfo{info}, map[string]superoffice.TokenManagementInfo{"a": info}, struct {
		A *superoffice.TokenManagementInfo
	}{&info})
	w.done("a carrier or a request")
	for name, responder := range map[string]httpResponder{
		"echo in an error":       echo(400, "application/json", `{"ErrorType":%[1]q,"ErrorMessage":%[1]q,"MessageDetail":%[1]q,"ErrorSource":%[1]q}`),
		"echo in a 200 error":    echo(200, "application/json", `{"Error":true,"ErrorMessage":%q}`),
		"echo on a page":         echo(500, "text/html", `<title>%s</title>`),
		"echo in words":          echo(500, "text/plain", `%s`),
		"broken answer":          echo(200, "application/json", `{"AccessToken":"`+marked),
		"mistyped answer":        echo(200, "application/json", `{"AccessToken":{"`+marked+`":1},"FieldProperties":{"x":{"FieldLength":"`+marked+`"}}}`),
		"mistyped number":        echo(200, "application/json", `{"FieldProperties":{"x":{"FieldLength":"`+marked+`"}}}`),
		"broken XML":             echo(200, "application/xml", `<a><`+marked+`>`),
		"refused":                echo(401, "", ""),
		"redirect":               redirect("https://evil.example/?token=" + marked),
		"transport that repeats": func(r *http.Request) (*http.Response, error) { return nil, errors.New("cannot send " + everything(r)) },
	} {
		t.Run(name, func(t *testing.T) {
			mock.RegisterNoResponder(responder)
			everyCallWithSecrets(t, w, client, &info, request)
			w.done(name)
		})
	}
	for _, opt := range []superoffice.CallOption{
		superoffice.WithAppToken(marked + "\n"), superoffice.WithHeader("X-A", marked+"\x00"), superoffice.WithAuth(superoffice.TicketAuth(marked + "\n")),
		superoffice.WithAuth(superoffice.BasicAuth("a:b", marked)), superoffice.WithAuth(superoffice.SessionAuth(marked + "\r")),
		superoffice.WithAuth(superoffice.SessionAuth("x", &http.Cookie{Name: "a", Value: marked + "\n"})),
		superoffice.WithAuth(superoffice.AuthFunc(func(context.Context, *http.Request) error { return errors.New("no") })),
	} {
		_, err := client.User.GetExternalTokens(t.Context(), "quos", opt)
		require.Error(t, err)
		w.see(err, opt)
		w.done("a refused option")
	}
	_, err := superoffice.NewClient("https://hugo:" + marked + "@crm.example.com")
	w.see(err)
	w.done("a refused base URL")
	text, err := json.Marshal(info)
	require.NoError(t, err)
	assert.Equal(t, 4, strings.Count(string(text), marked), "JSON gives the real values")
}

// A server that repeats a secret in a body that is not read as data escapes it
// first, as a page or a proxy does.
func TestSecretsDoNotShowEscaped(t *testing.T) {
	t.Parallel()
	const password = `pa"ss <w>&'o%r+dä`
	for _, c := range []struct{ contentType, format, escaped string }{
		{"application/json", `{"Message":"no %s"}`, `pa\"ss <w>&'o%r+dä`},
		{"text/plain", `{"Message":"no %s"}`, `pa\"ss \u003cw\u003e\u0026'o%r+dä`},
		{"application/xml", `<a><Message>no %s</Message></a>`, `pa&quot;ss &lt;w&gt;&amp;&apos;o%r+dä`},
		{"text/html", `<title>no %s</title>`, `pa&quot;ss &lt;w&gt;&amp;&#39;o%r+dä`},
		{"text/html", `<title>no %s</title>`, `pa&#34;ss &lt;w&gt;&amp;&#39;o%r+dä`},
		{"text/plain", `no %s`, `pa%22ss+%3Cw%3E%26%27o%25r%2Bd%C3%A4`},
		{"text/plain", `no %s`, `pa%22ss%20%3Cw%3E&%27o%25r+d%C3%A4`},
	} {
		client, mock := mocked(t, superoffice.WithAuth(superoffice.BasicAuth("hugo", password)))
		mock.RegisterNoResponder(answer(500, c.contentType, strings.Replace(c.format, "%s", c.escaped, 1)))
		_, err := client.User.GetExternalTokens(t.Context(), "quos")
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure, c.escaped)
		assert.Contains(t, err.Error(), "no REDACTED", c.escaped)
		assert.Contains(t, string(failure.Body), "no REDACTED", c.escaped)
	}
}

type httpResponder = func(*http.Request) (*http.Response, error)

// everything is all that a request says, credentials decoded.
func everything(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	user, password, _ := r.BasicAuth()
	return fmt.Sprint(r.URL, r.Header, string(body), user, password, r.Cookies())
}

// echo answers with all that it was told in the place of %s.
func echo(status int, contentType, format string) httpResponder {
	return func(r *http.Request) (*http.Response, error) {
		body := format
		if strings.Contains(format, "%") {
			body = fmt.Sprintf(format, everything(r))
		}
		resp, err := answer(status, contentType, body)(r)
		resp.Header.Set("Set-Cookie", "session="+marked)
		resp.Header.Set("X-Echo", everything(r))
		return resp, err
	}
}

func redirect(target string) httpResponder {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := answer(302, "text/html", `<a href="`+target+`">moved</a>`)(r)
		resp.Header.Set("Location", target)
		return resp, err
	}
}

// everyCallWithSecrets makes each call that takes the secrets, all of which fail.
func everyCallWithSecrets(t *testing.T, w *witness, client *superoffice.Client, info *superoffice.TokenManagementInfo, request superoffice.UserExchangeCodeAndSaveTokensRequest) {
	t.Helper()
	var captured superoffice.Response
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.CaptureResponse(&captured))
	require.Error(t, err)
	w.see(err, captured, &captured)
	_, err = client.User.SaveExternalTokens(t.Context(), info, superoffice.CaptureResponse(&captured))
	require.Error(t, err)
	w.see(err, captured)
	_, err = client.User.DecryptAndSaveExternalTokens(t.Context(), info)
	require.Error(t, err)
	w.see(err)
	_, err = client.User.ExchangeCodeAndSaveTokens(t.Context(), request)
	require.Error(t, err)
	w.see(err)
	var failure *superoffice.Error
	if errors.As(err, &failure) && failure.StatusCode != 302 {
		assert.NotContains(t, string(failure.Body), marked)
		assert.NotContains(t, fmt.Sprint(failure.Type, failure.Message, failure.Detail, failure.Source), marked)
	}
}

// Secrets of webhooks, and what an event says, show nowhere.
func TestSecretsOfWebhooksDoNotShow(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	client, mock := mocked(t)
	spec := webhook.Spec{Name: "sync", URL: "https://example.com", Secret: marked, Headers: map[string]string{"X-Key": marked}, Properties: map[string]any{"a": marked}, Events: []string{webhook.ContactCreated}, Log: w.log}
	w.see(spec, &spec, []webhook.Spec{spec}, struct{ Spec webhook.Spec }{spec})
	mock.RegisterResponder("POST", "=~GetAllWebhooks", httpmock.NewStringResponder(200, `[]`))
	mock.RegisterResponder("POST", "=~CreateDefault", httpmock.NewStringResponder(200, `{"WebhookId":0}`))
	mock.RegisterResponder("POST", "=~SaveWebhook", httpmock.NewStringResponder(400, `{"Message":"no `+marked+`"}`))
	_, err := webhook.Ensure(t.Context(), client, spec)
	require.Error(t, err)
	w.see(err)
	spec.Events = []string{"contact.craeted"}
	_, err = webhook.Ensure(t.Context(), client, spec)
	require.Error(t, err)
	w.see(err)

	failures := []error{errors.New("down"), nil}
	handler := webhook.Handler(func(context.Context, *webhook.Event) error {
		if failures[0] == nil {
			panic(marked)
		}
		return failures[0]
	}, webhook.Secret(marked), webhook.WithLogger(w.log), webhook.SecretOf(func(context.Context, string) (string, error) { return marked, nil }))
	w.see(handler)
	for range 2 {
		for _, secret := range []string{marked, "", "another"} {
			handler.ServeHTTP(httptest.NewRecorder(), webhooktest.Request(&webhook.Event{
				Event: webhook.ContactCreated, PrimaryKey: 5, Fields: map[string]superoffice.FieldValue{"name": marked}, Extra: map[string][]byte{"a": []byte(`"` + marked + `"`)},
			}, secret))
		}
		failures = failures[1:]
		if len(failures) == 0 {
			failures = []error{nil}
		}
	}
	_, err = webhook.ParseEvent([]byte(`{"Event":"` + marked + `"x`))
	require.Error(t, err)
	w.see(err)
	w.done("package webhook")
}
