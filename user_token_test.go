package superoffice

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// signInDesk gives out tokens for a password and takes the last one only.
type signInDesk struct {
	mu     sync.Mutex
	given  int
	broken bool
	seen   []string // the paths of what came with Basic
}

func (d *signInDesk) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if _, _, basic := r.BasicAuth(); basic {
		d.seen = append(d.seen, r.URL.Path)
		if d.broken {
			return textAnswer(`"two words"`), nil
		}
		d.given++
		return textAnswer(fmt.Sprintf(`"8A:token-%d"`, d.given)), nil
	}
	if r.Header.Get("Authorization") != fmt.Sprint("Bearer 8A:token-", d.given) {
		return answerOf(401), nil
	}
	return answerOf(200), nil
}

func (d *signInDesk) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given++
}

func textAnswer(body string) *http.Response {
	resp := answerOf(200)
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp
}

func TestUserTokenIsAskedForOnceAndRenewed(t *testing.T) {
	t.Parallel()
	desk := new(signInDesk)
	basic := over(t, desk, WithAuth(BasicAuth("SAL0", "opensesame")))
	client := with(t, basic, WithAuth(UserTokenAuth(basic)))
	everybody := func() {
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { assert.NoError(t, send(t.Context(), client, read)) })
		}
		group.Wait()
	}
	everybody()
	assert.Equal(t, []string{"/api/v1/User/currentToken"}, desk.seen)
	desk.expire()
	everybody()
	assert.Equal(t, []string{"/api/v1/User/currentToken", "/api/v1/User/currentToken"}, desk.seen)
}

func TestUserTokenThatCannotBeHad(t *testing.T) {
	t.Parallel()
	desk := &signInDesk{broken: true}
	basic := over(t, desk, WithAuth(BasicAuth("SAL0", "opensesame")))
	client := with(t, basic, WithAuth(UserTokenAuth(basic)))
	err := send(t.Context(), client, read)
	assert.ErrorContains(t, err, "the server gave a token of the user that no header can carry")
	assert.NotContains(t, err.Error(), "two words")

	refused := over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) { return answerOf(401), nil }), WithAuth(BasicAuth("SAL0", "wrong password")))
	err = send(t.Context(), with(t, refused, WithAuth(UserTokenAuth(refused))), read)
	assert.ErrorIs(t, err, ErrUnauthorized)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, send(ctx, client, read), context.Canceled)

	_, err = basic.With(WithAuth(UserTokenAuth(nil)))
	assert.ErrorIs(t, err, ErrInvalidArgument)
	_, err = basic.With(WithAuth(UserTokenAuth(&Client{})))
	assert.ErrorIs(t, err, ErrInvalidArgument)
}

func TestUserTokenDoesNotShow(t *testing.T) {
	t.Parallel()
	basic := over(t, new(signInDesk), WithAuth(BasicAuth("SAL0", "opensesame")))
	auth := UserTokenAuth(basic)
	require.NoError(t, send(t.Context(), with(t, basic, WithAuth(auth)), read))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb, auth), "token-1")
		assert.Contains(t, fmt.Sprintf(verb, auth), "UserTokenAuth(REDACTED)")
	}
}

// TestUserTokenThatWasReplacedSince has a call come late with a token that
// another client's call has renewed: clients share no renewal beyond their
// connections, but they share the Auth.
func TestUserTokenThatWasReplacedSince(t *testing.T) {
	t.Parallel()
	desk := new(signInDesk)
	basic := over(t, desk, WithAuth(BasicAuth("SAL0", "opensesame")))
	auth := UserTokenAuth(basic)
	require.NoError(t, send(t.Context(), with(t, basic, WithAuth(auth)), read))
	late, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://crm.example.com", nil)
	require.NoError(t, err)
	late.Header.Set("Authorization", "Bearer 8A:token-0")
	require.NoError(t, auth.(Renewer).Renew(t.Context(), late))
	assert.Len(t, desk.seen, 1)
	late.Header.Set("Authorization", "Bearer 8A:token-1")
	require.NoError(t, auth.(Renewer).Renew(t.Context(), late))
	assert.Len(t, desk.seen, 2)
}
