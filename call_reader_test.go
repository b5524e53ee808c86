package superoffice_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// wholeText is a result that reads its answer itself.
type wholeText struct {
	text  string
	reads int
}

func (w *wholeText) ReadAnswer(body io.Reader) error {
	w.reads++
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "Error") {
		return &operation.Unread{Text: text, Err: errors.New("it says no")}
	}
	w.text = string(text)
	return nil
}

func (w *wholeText) Reset() { w.text = "" }

// answers plays a server that gives one answer after the other, the last again
// and again.
func answers(t *testing.T, all ...*http.Response) *superoffice.Client {
	t.Helper()
	n := 0
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithMaxResponseBytes(1000),
		superoffice.WithRetry(superoffice.RetryPolicy{MinWait: 1, MaxWait: 1}),
		superoffice.WithHTTPClient(fakehttp.Client(func(r *http.Request) (*http.Response, error) {
			if accept := r.Header.Get("Accept"); accept != "application/json" {
				t.Errorf("asks for %s", accept)
			}
			resp := *all[min(n, len(all)-1)]
			n++
			resp.Request = r
			return &resp, nil
		})))
	require.NoError(t, err)
	return client
}

func jsonAnswer(contentType string, body io.Reader) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(body), ContentLength: -1}
}

func TestResultsThatReadTheirAnswer(t *testing.T) {
	t.Parallel()
	const utf8JSON = "application/json; charset=utf-8"
	read := operation.Operation{Method: "GET", Route: "v1/x", Class: operation.Read, NoSelect: true}
	perform := func(all ...*http.Response) (*wholeText, error) {
		result := new(wholeText)
		err := answers(t, all...).Perform(context.Background(), &read, operation.Input{}, result, superoffice.WithAccept(superoffice.ContentTypeXML))
		return result, err
	}
	cut := func() *http.Response {
		return jsonAnswer(utf8JSON, io.MultiReader(strings.NewReader(`{"a`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	}

	got, err := perform(cut(), cut(), jsonAnswer(utf8JSON, strings.NewReader(`{}`)))
	require.NoError(t, err)
	assert.Equal(t, &wholeText{`{}`, 3}, got)

	_, err = perform(cut())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = perform(jsonAnswer(utf8JSON, strings.NewReader(strings.Repeat(" ", 1001))))
	require.ErrorContains(t, err, "larger than 1000 bytes")
	long := jsonAnswer(utf8JSON, strings.NewReader(`{}`))
	long.ContentLength = 1001
	_, err = perform(long)
	require.ErrorContains(t, err, "larger than 1000 bytes")

	_, err = perform(jsonAnswer(utf8JSON, strings.NewReader(`{"Error":true,"ErrorType":"SoException","ErrorMessage":"away"}`)))
	failed := new(superoffice.Error)
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "SoException", failed.Type)
	assert.Equal(t, "away", failed.Message)
	_, err = perform(jsonAnswer(utf8JSON, strings.NewReader(`["Error"]`)))
	require.ErrorContains(t, err, "it says no")

	got, err = perform(jsonAnswer("application/json; charset=utf-16", strings.NewReader("{\x00}\x00")))
	require.NoError(t, err)
	assert.Equal(t, `{}`, got.text)
	got, err = perform(jsonAnswer("", strings.NewReader(`{}`)))
	require.NoError(t, err)
	assert.Equal(t, `{}`, got.text)
	for contentType, body := range map[string]string{"text/html": "<html></html>", "application/xml": "<a/>"} {
		_, err = perform(jsonAnswer(contentType, strings.NewReader(body)))
		require.ErrorAs(t, err, &failed, contentType)
	}
	got, err = perform(&http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody})
	require.NoError(t, err)
	assert.Zero(t, got.reads)
}

// A form goes as one, whatever the client sends otherwise.
func TestFormsOfOperations(t *testing.T) {
	t.Parallel()
	read := operation.Operation{Method: "POST", Route: "v1/x", Class: operation.Read, NoSelect: true}
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithContentType(superoffice.ContentTypeXML),
		superoffice.WithHTTPClient(fakehttp.Client(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Equal(t, "$top=5", string(body))
			assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
			resp := jsonAnswer("application/json", strings.NewReader(`{}`))
			resp.Request = r
			return resp, nil
		})))
	require.NoError(t, err)
	require.NoError(t, client.Perform(context.Background(), &read, operation.Input{Form: "$top=5"}, new(wholeText)))
}

func TestTimeZoneCode(t *testing.T) {
	t.Parallel()
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithTimeZone("NO"))
	require.NoError(t, err)
	code, err := client.TimeZoneCode()
	require.NoError(t, err)
	assert.Equal(t, "NO", code)
	code, err = client.TimeZoneCode(superoffice.WithTimeZone("UTC"), superoffice.WithTimeZoneOffsets())
	require.NoError(t, err)
	assert.Equal(t, "UTC", code)
	_, err = client.TimeZoneCode(nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = new(superoffice.Client).TimeZoneCode()
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}
