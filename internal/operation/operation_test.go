package operation_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// The operations of a package beside the root.
var (
	getContact    = operation.Operation{Method: http.MethodGet, Route: "v1/Contact/{id}", Class: operation.Read, Conditions: operation.IfModifiedSince}
	putContact    = operation.Operation{Method: http.MethodPut, Route: "v1/Contact/{id}", Class: operation.IdempotentWrite, Conditions: operation.IfUnmodifiedSince}
	getListItem   = operation.Operation{Method: http.MethodGet, Route: "v1/List/{name}/Items/{id}", Class: operation.Read}
	customCommand = operation.Operation{Method: http.MethodPost, Route: "v1/Contact/CustomCommand", Answers: []int{http.StatusConflict}}
)

// entities is such a package's type.
type entities struct{ client *superoffice.Client }

func (e entities) get(ctx context.Context, id int, opts ...superoffice.CallOption) (*superoffice.ContactEntity, error) {
	contact := new(superoffice.ContactEntity)
	if err := e.client.Perform(ctx, &getContact, operation.Input{Path: operation.Values{operation.ID(id)}}, contact, opts...); err != nil {
		return nil, err
	}
	return contact, nil
}

func (e entities) put(ctx context.Context, id int, contact *superoffice.ContactEntity, opts ...superoffice.CallOption) error {
	return e.client.Perform(ctx, &putContact, operation.Input{Path: operation.Values{operation.ID(id)}, Body: contact}, contact, opts...)
}

// newEntities returns entities on a server that f answers for.
func newEntities(t testing.TB, f httpmock.Responder, opts ...superoffice.ClientOption) entities {
	t.Helper()
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(f)
	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice", append(opts, superoffice.WithHTTPClient(&http.Client{Transport: transport}))...)
	require.NoError(t, err)
	return entities{client}
}

func TestPerform(t *testing.T) {
	t.Parallel()
	var arrived []string
	e := newEntities(t, func(r *http.Request) (*http.Response, error) {
		body := ""
		if r.Body != nil {
			text, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			body = string(text)
		}
		arrived = append(arrived, r.Method+" "+r.URL.RequestURI())
		if r.Method == http.MethodGet {
			body = `{"ContactId":5,"Name":"Oslo Ost","NewMember":1}`
		}
		return httpmock.NewStringResponse(http.StatusOK, body), nil
	})
	contact, err := e.get(t.Context(), 5, superoffice.Select("Name"))
	require.NoError(t, err)
	assert.Equal(t, "Oslo Ost", contact.Name)
	require.ErrorIs(t, e.put(t.Context(), 5, contact), superoffice.ErrPartial)
	contact, err = e.get(t.Context(), 5)
	require.NoError(t, err)
	require.NoError(t, e.put(t.Context(), 5, contact))
	require.NoError(t, e.client.Perform(t.Context(), &getListItem, operation.Input{Path: operation.Values{"a/b c", "7"}, Query: "fk=app"}, new(superoffice.ListItemEntity)))
	assert.Equal(t, []string{
		"GET /SuperOffice/api/v1/Contact/5?$select=Name", "GET /SuperOffice/api/v1/Contact/5",
		"PUT /SuperOffice/api/v1/Contact/5", "GET /SuperOffice/api/v1/List/a%2Fb%20c/Items/7?fk=app",
	}, arrived)
}

// Errors name the operation without ids, and the path with them.
func TestPerformFails(t *testing.T) {
	t.Parallel()
	attempts := 0
	e := newEntities(t, func(*http.Request) (*http.Response, error) {
		attempts++
		return httpmock.NewStringResponse(http.StatusBadGateway, ""), nil
	}, superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 3, Sleep: func(context.Context, time.Duration) error { return nil }}))
	_, err := e.get(t.Context(), 5)
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "Contact/{id}", failure.Operation)
	assert.Equal(t, "/SuperOffice/api/v1/Contact/5", failure.Path)
	assert.Equal(t, 3, attempts, "a read")
	attempts = 0
	require.Error(t, e.put(t.Context(), 5, &superoffice.ContactEntity{}))
	assert.Equal(t, 3, attempts, "an idempotent write")
	attempts = 0
	require.Error(t, e.client.Perform(t.Context(), &customCommand, operation.Input{}, nil))
	assert.Equal(t, 1, attempts, "a write")

	assert.ErrorIs(t, e.put(t.Context(), 5, nil), superoffice.ErrInvalidArgument, "null would be no contact")
	for _, path := range []operation.Values{{}, {"."}, {".."}, {"5", "6"}} {
		err := e.client.Perform(t.Context(), &getContact, operation.Input{Path: path}, new(superoffice.ContactEntity))
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, "%q", path)
	}
}

// A status may be an answer.
func TestPerformAnswers(t *testing.T) {
	t.Parallel()
	e := newEntities(t, func(*http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(http.StatusConflict, `{"ContactId":5}`), nil
	})
	contact := new(superoffice.ContactEntity)
	require.NoError(t, e.client.Perform(t.Context(), &customCommand, operation.Input{}, contact))
	assert.Equal(t, 5, contact.ContactID)
	_, err := e.get(t.Context(), 5)
	assert.ErrorIs(t, err, superoffice.ErrConflict)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{
		"": "Version", "v1/Agents/User/GetUser": "User/GetUser", "v1/Contact/{id}": "Contact/{id}", "v1/List/{name}/Items": "List/{name}/Items",
	} {
		assert.Equal(t, want, (&operation.Operation{Route: route}).Name())
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	type options struct {
		Flat   bool   `url:"flat,omitempty"`
		Filter string `url:"$filter,omitempty"`
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{nil, ""}, {(*options)(nil), ""}, {options{}, ""}, {options{Flat: true, Filter: "name begins 'a b'"}, "%24filter=name%20begins%20%27a%20b%27&flat=true"},
		{url.Values{"a": {"b c+d"}}, "a=b%20c%2Bd"},
	} {
		got, err := operation.Query(c.in)
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
	_, err := operation.Query("text")
	assert.Error(t, err)
	assert.Equal(t, "filter=a%20b&flat=true&top=5", operation.Pairs("flat", true, "top", 5, "filter", "a b", "skip", 0, "none", "", "not", false))
	assert.Empty(t, operation.Pairs())
}

// A value of a route is one element of the path, whatever is in it.
func FuzzPath(f *testing.F) {
	f.Add("a/b", "..%2f")
	f.Add("a b", "æ?#")
	f.Fuzz(func(t *testing.T, name, id string) {
		path, err := getListItem.Path([]string{name, id})
		if err != nil {
			return
		}
		parts := strings.Split(path, "/")
		require.Len(t, parts, 5)
		for i, want := range map[int]string{2: name, 4: id} {
			got, err := url.PathUnescape(parts[i])
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	})
}

func TestTakenNames(t *testing.T) {
	t.Parallel()
	o := operation.Operation{Route: "v1/User/{name}/X/{other}", Taken: []operation.Taken{{Param: "name", Words: []string{"current"}, Numbers: true}}}
	for name, taken := range map[string]bool{"ann": false, "current": true, "Current": true, "12": true, "-5": true, "12a": false, "currently": false} {
		_, err := o.Path([]string{name, "current"})
		assert.Equal(t, taken, err != nil, name)
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a=&b=false&c=0&d=x%20y&e=1&e=2&f=%26&f=z", operation.Needed("a", "", "b", false, "c", 0, "d", "x y", "e", []int{1, 2}, "f", []string{"&", "z"}))
}
