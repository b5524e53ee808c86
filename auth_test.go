package superoffice_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
)

// sourceFunc is a function as an oauth2.TokenSource.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestTokenSourceThatPanics(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t, superoffice.WithAuth(superoffice.TokenSourceAuth(sourceFunc(func() (*oauth2.Token, error) { panic(marked) }))))
	mock.RegisterNoResponder(answer(200, "application/json", `{"Provider":"p"}`))
	for _, ctx := range []context.Context{t.Context(), context.Background()} {
		_, err := client.User.GetExternalTokens(ctx, "quos")
		assert.ErrorContains(t, err, "the TokenSource panicked with a string")
	}
	client, _ = mocked(t, superoffice.WithAuth(superoffice.TokenSourceAuth(sourceFunc(func() (*oauth2.Token, error) {
		runtime.Goexit()
		return nil, nil
	}))))
	_, err := client.User.GetExternalTokens(t.Context(), "quos")
	assert.ErrorContains(t, err, "did not return")
}

func TestTokenSourceThatHangsIsAskedOnce(t *testing.T) {
	t.Parallel()
	asked, answers := 0, make(chan *oauth2.Token, 2)
	client, mock := mocked(t, superoffice.WithAuth(superoffice.TokenSourceAuth(sourceFunc(func() (*oauth2.Token, error) {
		asked++
		return <-answers, nil
	}))))
	var sent string
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		sent = r.Header.Get("Authorization")
		return answer(200, "application/json", `{"Provider":"p"}`)(r)
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	waiting, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	for range 20 {
		_, err := client.User.GetExternalTokens(gone, "quos")
		require.ErrorIs(t, err, context.Canceled)
		go func() {
			_, err := client.User.GetExternalTokens(waiting, "quos")
			ended <- err
		}()
	}
	stop()
	for range 20 {
		require.ErrorIs(t, <-ended, context.Canceled)
	}
	answers <- &oauth2.Token{AccessToken: "8A:one"} // to those who have left, if one of them had asked
	answers <- &oauth2.Token{AccessToken: "8A:two"}
	_, err := client.User.GetExternalTokens(t.Context(), "quos")
	require.NoError(t, err)
	assert.Contains(t, sent, "Bearer 8A:")
	assert.LessOrEqual(t, asked, 2)
}

func TestRefusedTokenShowsNoBody(t *testing.T) {
	t.Parallel()
	refused := &oauth2.RetrieveError{
		Response: &http.Response{Status: "400 Bad Request", StatusCode: 400}, ErrorCode: "invalid_grant",
		Body: []byte(`{"refresh_token":"` + marked + `"}`), ErrorDescription: marked,
	}
	client, _ := mocked(t, superoffice.WithAuth(superoffice.TokenSourceAuth(sourceFunc(func() (*oauth2.Token, error) { return nil, refused }))))
	_, err := client.User.GetExternalTokens(t.Context(), "quos")
	assert.ErrorContains(t, err, "the login service refused it: 400 Bad Request: invalid_grant")
	w := newWitness(t)
	w.see(err)
	w.done("the error")
	var found *oauth2.RetrieveError
	assert.ErrorAs(t, err, &found)
}
