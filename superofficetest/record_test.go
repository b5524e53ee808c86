package superofficetest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	c := f.Credentials()
	f.post(t, "getexternaltokens", getSample, query("$select=TableRight%2FMask"), authorization("SOTicket "+c.Ticket), header("X-Mine", "1"))
	f.post(t, "GetExternalTokens", "", anonymous)
	f.get(t, f.api)
	f.get(t, f.api+"/v1/Contact/5")
	f.get(t, f.api+"/v1/Agents/Contact/GetContactEntity")
	f.get(t, f.URL)

	all := f.Requests()
	require.Len(t, all, 6)
	first := all[0]
	assert.Equal(t, http.MethodPost, first.Method)
	assert.Equal(t, "/SuperOffice/api/v1/Agents/User/getexternaltokens", first.Path)
	assert.Equal(t, "$select=TableRight%2FMask", first.RawQuery)
	assert.Equal(t, "http://"+first.Host+"/SuperOffice", f.URL)
	assert.Equal(t, "SOTicket "+c.Ticket, first.Header.Get("Authorization"))
	assert.Equal(t, "1", first.Header.Get("X-Mine"))
	assert.Equal(t, getSample, string(first.Body))
	assert.Regexp(t, `^127\.0\.0\.1:\d+$`, first.RemoteAddr)

	type line struct {
		operation  string
		status     int
		connection int
	}
	var lines []line
	for _, r := range all {
		lines = append(lines, line{r.Operation, r.Status, r.Connection})
	}
	assert.Equal(t, []line{
		{"User/GetExternalTokens", 200, 1},
		{"User/GetExternalTokens", 401, 1},
		{"Version", 200, 1},
		{"Contact/{id}", 401, 1},
		{"Contact/GetContactEntity", 200, 1},
		{"", 404, 1},
	}, lines)
}

func TestRequestsAreCopies(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.post(t, "GetExternalTokens", getSample)
	mine := f.Requests()
	mine[0].Header.Set("Authorization", "changed")
	mine[0].Body[0] = 'X'
	mine[0].Method = "changed"
	again := f.Requests()
	assert.Equal(t, getSample, string(again[0].Body))
	assert.NotEqual(t, "changed", again[0].Header.Get("Authorization"))
	assert.Equal(t, http.MethodPost, again[0].Method)
}

func TestForgetRequests(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.post(t, "GetExternalTokens", getSample)
	f.ForgetRequests()
	assert.Empty(t, f.Requests())
	f.post(t, "GetExternalTokens", getSample)
	assert.Len(t, f.Requests(), 1)
}

func TestWithRecordLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int][]string{
		-1: nil,
		0:  nil,
		1:  {"7"},
		3:  {"5", "6", "7"},
		9:  {"1", "2", "3", "4", "5", "6", "7"},
	} {
		f := withSample(t, superofficetest.WithRecordLimit(limit))
		for i := 1; i <= 7; i++ {
			f.post(t, "GetExternalTokens", getSample, header("X-Number", fmt.Sprint(i)))
		}
		var got []string
		for _, r := range f.Requests() {
			assert.Equal(t, 200, r.Status)
			got = append(got, r.Header.Get("X-Number"))
		}
		assert.Equal(t, want, got, "limit %d", limit)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	assert.Zero(t, f.Connections())
	f.post(t, "GetExternalTokens", getSample)
	f.post(t, "GetExternalTokens", getSample)
	assert.Equal(t, 1, f.Connections(), "kept alive")
	f.client.CloseIdleConnections()
	f.post(t, "GetExternalTokens", getSample)
	assert.Equal(t, 2, f.Connections())
	all := f.Requests()
	assert.Equal(t, []int{1, 1, 2}, []int{all[0].Connection, all[1].Connection, all[2].Connection})
	assert.NotEqual(t, all[1].RemoteAddr, all[2].RemoteAddr)
}
