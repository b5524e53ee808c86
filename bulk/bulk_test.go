package bulk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/bulk"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/udef"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type equipment struct {
	ID    int        `so:"id"`
	No    string     `so:"x_no"`
	Name  string     `so:"x_name"`
	Price float64    `so:"x_price"`
	Since *time.Time `so:"x_since"`
	Kind  udef.Item  `so:"x_kind"`
}

// request is what a mass operation was sent.
type request struct {
	Operation     string `json:"-"`
	TableName     string
	Columns, Keys []string
	Data          [][]string
	IDs           []int `json:"Ids"`
	NomatchAction string

	ReturnRowStatus bool
}

// answering returns a client whose mass operations answer answers.
func answering(t testing.TB, answer func(r *request) (*http.Response, error)) (*superoffice.Client, *[]request) {
	t.Helper()
	var mu sync.Mutex
	all := new([]request)
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithRetry(superoffice.RetryPolicy{Sleep: func(context.Context, time.Duration) error { return nil }}),
		superoffice.WithHTTPClient(&http.Client{Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
			one := request{Operation: r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]}
			if err := json.NewDecoder(r.Body).Decode(&one); err != nil {
				return nil, err
			}
			mu.Lock()
			*all = append(*all, one)
			mu.Unlock()
			resp, err := answer(&one)
			if resp != nil {
				resp.Request = r
			}
			return resp, err
		})}))
	require.NoError(t, err)
	return client, all
}

func replying(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
}

// written answers that all went well.
func written(r *request) (*http.Response, error) {
	result := map[string]any{"Success": true, "Message": "ok"}
	switch r.Operation {
	case "Insert":
		result["Inserts"] = len(r.Data)
	case "Delete":
		result["Deletes"] = len(r.IDs)
	case "Upsert":
		var all []any
		for i, row := range r.Data {
			var keys []string
			for _, key := range r.Keys {
				keys = append(keys, row[slices.Index(r.Columns, key)])
			}
			all = append(all, map[string]any{"PrimaryKey": 100 + i, "Action": []string{"Inserted", "Updated", "NoUpdateNeeded"}[i%3], "RowKeys": keys})
		}
		slices.Reverse(all)
		result["RowStatus"] = all
	}
	text, _ := json.Marshal(result)
	return replying(200, string(text))
}

func pieces(n int) []equipment {
	all := make([]equipment, n)
	for i := range all {
		all[i] = equipment{No: fmt.Sprintf("E-%d", i), Name: fmt.Sprintf("Piece %d", i), Price: float64(i)}
	}
	return all
}

// collect ranges to the end.
func collect(t *testing.T, outcomes iter.Seq2[bulk.Outcome, error]) (all []bulk.Outcome, err error) {
	t.Helper()
	for o, failed := range outcomes {
		require.NoError(t, err, "an error comes last")
		if err = failed; err != nil {
			assert.Zero(t, o)
			continue
		}
		assert.Equal(t, len(all), o.Row)
		assert.Equal(t, o.Err != nil, slices.Contains([]bulk.Status{bulk.Failed, bulk.NotSent, bulk.Unknown}, o.Status), "%+v", o)
		all = append(all, o)
	}
	return all, err
}

func statuses(all []bulk.Outcome) (list []bulk.Status) {
	for _, o := range all {
		list = append(list, o.Status)
	}
	return list
}

func background() context.Context { return context.Background() }

func TestInsert(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	rows := pieces(5)
	at := time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)
	rows[0].Since, rows[0].Kind = &at, udef.Item{ID: 3, Text: "Drill"}
	var steps []bulk.Progress
	w := bulk.Into[equipment](client, "y_equipment").BatchRows(2).Progress(func(p bulk.Progress) { steps = append(steps, p) })
	all, err := collect(t, w.Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, slices.Repeat([]bulk.Status{bulk.Inserted}, 5), statuses(all))
	require.Len(t, *sent, 3)
	assert.Equal(t, request{
		Operation: "Insert", TableName: "y_equipment", Columns: []string{"x_no", "x_name", "x_price", "x_since", "x_kind"},
		Data: [][]string{{"E-0", "Piece 0", "[F:0]", "[DT:05/06/2026 00:00:00]", "[I:3]"}, {"E-1", "Piece 1", "[F:1]", "", "[I:0]"}},
	}, (*sent)[0])
	require.Len(t, steps, 3)
	assert.Equal(t, 5, steps[2].Rows)
	assert.Zero(t, steps[2].Failed)
	assert.Positive(t, steps[2].Bytes)
	assert.Positive(t, steps[2].Rate())
	assert.Zero(t, bulk.Progress{}.Rate())
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").Upsert(background(), []string{"X_NO"}, slices.Values(pieces(4))))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Updated, bulk.Unchanged, bulk.Inserted}, statuses(all))
	assert.Equal(t, []int{100, 101, 102, 103}, []int{all[0].PrimaryKey, all[1].PrimaryKey, all[2].PrimaryKey, all[3].PrimaryKey})
	require.Len(t, *sent, 1)
	assert.Equal(t, []string{"x_no"}, (*sent)[0].Keys)
	assert.Equal(t, "NoChange", (*sent)[0].NomatchAction)
	assert.True(t, (*sent)[0].ReturnRowStatus)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(3).Delete(background(), slices.Values([]int{7, 0, 8, 9, -1, 10, 10})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Deleted, bulk.Failed, bulk.Deleted, bulk.Deleted, bulk.Failed, bulk.Deleted, bulk.Deleted}, statuses(all))
	assert.Equal(t, 9, all[3].PrimaryKey)
	require.Len(t, *sent, 3)
	assert.Equal(t, []int{7, 8}, (*sent)[0].IDs)
	all, err = collect(t, bulk.Into[equipment](client, "y_equipment").Delete(background(), slices.Values([]int{7, 8, 7})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed, bulk.Deleted, bulk.Failed}, statuses(all))
	require.ErrorIs(t, all[0].Err, superoffice.ErrInvalidArgument)
}

// The primary key is where the server wants it.
func TestPrimaryKeys(t *testing.T) {
	t.Parallel()
	type company struct {
		Name string `so:"name"`
		ID   int    `so:"contact_id"`
	}
	client, sent := answering(t, written)
	_, err := collect(t, bulk.Into[company](client, "contact").Insert(background(), slices.Values([]company{{Name: "a"}})))
	require.NoError(t, err)
	assert.Equal(t, []string{"contact_id", "name"}, (*sent)[0].Columns)
	assert.Equal(t, [][]string{{"[I:0]", "a"}}, (*sent)[0].Data)

	all, err := collect(t, bulk.Into[company](client, "contact").Upsert(background(), []string{"contact_id"}, slices.Values([]company{{"a", 0}, {"b", 7}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed, bulk.Inserted}, statuses(all))
	require.ErrorIs(t, all[0].Err, superoffice.ErrInvalidArgument)

	all, err = collect(t, bulk.Into[equipment](client, "y_equipment").Insert(background(), slices.Values([]equipment{{ID: 5}, {}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed, bulk.Inserted}, statuses(all))
	require.ErrorContains(t, all[0].Err, "the server assigns")

	type tagged struct {
		Name string `so:"name"`
		ID   int    `so:"ticketID,key"`
	}
	_, err = collect(t, bulk.Into[tagged](client, "ticket").Insert(background(), slices.Values([]tagged{{Name: "a"}})))
	require.NoError(t, err)
	assert.Equal(t, []string{"ticketID", "name"}, (*sent)[len(*sent)-1].Columns)
}

// A key that the caller has tagged is sent, if it is not the primary key.
func TestKeysOfTheCaller(t *testing.T) {
	t.Parallel()
	type tagged struct {
		No   string `so:"x_no,key"`
		Name string `so:"x_name"`
	}
	client, sent := answering(t, written)
	all, err := collect(t, bulk.Into[tagged](client, "y_equipment").Insert(background(), slices.Values([]tagged{{"E-1", "a"}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted}, statuses(all))
	assert.Equal(t, []string{"x_no", "x_name"}, (*sent)[0].Columns)
	type odd struct {
		ID string `so:"id"`
	}
	_, err = collect(t, bulk.Into[odd](client, "y_equipment").Insert(background(), slices.Values([]odd{{"5"}})))
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// A batch is not sent again, even if the caller says that it may be.
func TestNeverTwice(t *testing.T) {
	t.Parallel()
	tries := 0
	client, _ := answering(t, func(*request) (*http.Response, error) {
		if tries++; tries == 1 {
			return nil, io.ErrUnexpectedEOF
		}
		return replying(403, `{"ErrorType":"SoSentryException"}`)
	})
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").With(superoffice.Idempotent()).Upsert(background(), []string{"x_no"}, slices.Values(pieces(1))))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Unknown}, statuses(all))
	assert.Equal(t, 1, tries)
}

// What cannot go well is not sent, and the rest is.
func TestRowsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	rows := pieces(6)
	rows[1].No, rows[3].No = "same", "same"
	rows[2].Name = strings.Repeat("å", 11)
	rows[4].Name = strings.Repeat("å", 10)
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").Limit("X_NAME", 10).Upsert(background(), []string{"x_no"}, slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Failed, bulk.Failed, bulk.Failed, bulk.Updated, bulk.Unchanged}, statuses(all))
	require.ErrorContains(t, all[2].Err, "x_name: the text has 11 characters")
	require.ErrorContains(t, all[3].Err, "the rows 1 and 3")
	require.Len(t, (*sent)[0].Data, 3)

	*sent = nil
	all, err = collect(t, bulk.Into[equipment](client, "y_equipment").Insert(background(), slices.Values([]equipment{{ID: 5}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed}, statuses(all))
	assert.Empty(t, *sent, "a batch of which nothing is left")
}

func TestBatchesByBytes(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	rows := pieces(5)
	rows[2].Name = strings.Repeat("x", 500)
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchBytes(150).Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Len(t, all, 5)
	var sizes []int
	for _, r := range *sent {
		sizes = append(sizes, len(r.Data))
	}
	assert.Equal(t, []int{2, 1, 2}, sizes)
}

// What the server says of a batch is told of its rows, and later batches go on.
func TestFailures(t *testing.T) {
	t.Parallel()
	dialed := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, c := range map[string]struct {
		status  int
		body    string
		err     error
		want    bulk.Status
		message string
	}{
		"no success":         {200, `{"Success":false,"Message":"too many"}`, nil, bulk.Failed, "too many"},
		"a refusal":          {403, `{"ErrorType":"SoSentryException","ErrorMessage":"no rights"}`, nil, bulk.Failed, "no rights"},
		"an exception":       {500, `{"ErrorType":"SoMassOperationException","ErrorMessage":"too long"}`, nil, bulk.Failed, "too long"},
		"a broken proxy":     {503, `{}`, nil, bulk.Unknown, "not known"},
		"a broken server":    {500, `<html>`, nil, bulk.Unknown, "not known"},
		"a broken gateway":   {502, ``, nil, bulk.Unknown, "not known"},
		"a late gateway":     {504, ``, nil, bulk.Unknown, "not known"},
		"a late client":      {408, ``, nil, bulk.Unknown, "not known"},
		"a cut answer":       {200, `{"Success":tr`, nil, bulk.Unknown, "not known"},
		"an empty answer":    {200, ``, nil, bulk.Unknown, "not known"},
		"no answer":          {0, "", io.ErrUnexpectedEOF, bulk.Unknown, "not known"},
		"no connection":      {0, "", dialed, bulk.NotSent, "refused"},
		"fewer rows than is": {200, `{"Success":true,"Inserts":1}`, nil, bulk.Unknown, "1 rows of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			client, _ := answering(t, func(r *request) (*http.Response, error) {
				if r.Data[0][0] != "E-0" {
					return written(r)
				}
				if tries++; c.err != nil {
					return nil, c.err
				}
				return replying(c.status, c.body)
			})
			all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(2).Insert(background(), slices.Values(pieces(4))))
			require.NoError(t, err)
			assert.Equal(t, []bulk.Status{c.want, c.want, bulk.Inserted, bulk.Inserted}, statuses(all))
			require.ErrorContains(t, all[0].Err, c.message)
			if c.want != bulk.NotSent { // of which the client knows that nothing has arrived
				assert.Equal(t, 1, tries, "sent once")
			}
		})
	}
}

func TestUpsertsThatFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result string
		want   []bulk.Status
	}{
		"a part":               {`{"Success":false,"Message":"full","RowStatus":[{"PrimaryKey":5,"Action":"Inserted","RowKeys":["E-1"]}]}`, []bulk.Status{bulk.Failed, bulk.Inserted}},
		"one untold":           {`{"Success":true,"RowStatus":[{"PrimaryKey":5,"Action":"Updated","RowKeys":["E-1"]}]}`, []bulk.Status{bulk.Unknown, bulk.Updated}},
		"all untold, new":      {`{"Success":true,"Inserts":2}`, []bulk.Status{bulk.Inserted, bulk.Inserted}},
		"all untold, changed":  {`{"Success":true,"Updates":2}`, []bulk.Status{bulk.Updated, bulk.Updated}},
		"all untold, the same": {`{"Success":true}`, []bulk.Status{bulk.Unchanged, bulk.Unchanged}},
		"all untold, mixed":    {`{"Success":true,"Inserts":1,"Updates":1}`, []bulk.Status{bulk.Unknown, bulk.Unknown}},
		"a new word":           {`{"Success":true,"RowStatus":[{"Action":"Merged","RowKeys":["E-1"]},{"Action":"Deleted","RowKeys":["E-0"]}]}`, []bulk.Status{bulk.Deleted, bulk.Unknown}},
		"a row of others":      {`{"Success":true,"RowStatus":[{"Action":"Updated","RowKeys":["E-9"]},{"Action":"Updated","RowKeys":["E-1"]},{"Action":"Updated","RowKeys":["[X:E-0]"]}]}`, []bulk.Status{bulk.Unknown, bulk.Updated}},
	} {
		client, _ := answering(t, func(*request) (*http.Response, error) { return replying(200, c.result) })
		all, err := collect(t, bulk.Into[equipment](client, "y_equipment").Upsert(background(), []string{"x_no"}, slices.Values(pieces(2))))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, statuses(all), name)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	rows := slices.Values(pieces(1))
	into := func(table string) bulk.Writer[equipment] { return bulk.Into[equipment](client, table) }
	type empty struct{ A int }
	type odd struct {
		C chan int `so:"c"`
	}
	for name, outcomes := range map[string]iter.Seq2[bulk.Outcome, error]{
		"no client":   bulk.Into[equipment](nil, "y_equipment").Insert(background(), rows),
		"zero":        bulk.Writer[equipment]{}.Insert(background(), rows),
		"no table":    into(" ").Insert(background(), rows),
		"a path":      into("a/b").Delete(background(), slices.Values([]int{1})),
		"protected":   into("Associate").Upsert(background(), []string{"x_no"}, rows),
		"a prefix":    into("erpconnection").Delete(background(), slices.Values([]int{1})),
		"no keys":     into("y_equipment").Upsert(background(), nil, rows),
		"another key": into("y_equipment").Upsert(background(), []string{"x_other"}, rows),
		"twice a key": into("y_equipment").Upsert(background(), []string{"x_no", "X_NO"}, rows),
		"two keys":    into("y_equipment").Upsert(background(), []string{"id", "X_NO"}, rows),
		"a limit":     into("y_equipment").Limit("x_other", 5).Insert(background(), rows),
		"no rows":     into("y_equipment").Insert(background(), nil),
		"no tags":     bulk.Into[empty](client, "y_equipment").Insert(background(), slices.Values([]empty{{}})),
		"a type":      bulk.Into[odd](client, "y_equipment").Insert(background(), slices.Values([]odd{{}})),
	} {
		all, err := collect(t, outcomes)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		assert.Empty(t, all, name)
	}
	assert.Empty(t, *sent)

	once := into("y_equipment").Insert(background(), rows)
	_, err := collect(t, once)
	require.NoError(t, err)
	_, err = collect(t, once)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.Len(t, *sent, 1)
}

// A run that is cancelled says of each row that was read what became of it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(background())
	defer cancel()
	client, sent := answering(t, func(r *request) (*http.Response, error) {
		if r.Data[0][0] == "E-2" {
			cancel()
			return nil, context.Canceled
		}
		return written(r)
	})
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(2).Insert(ctx, slices.Values(pieces(10))))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Inserted, bulk.Unknown, bulk.Unknown, bulk.NotSent, bulk.NotSent}, statuses(all))
	assert.Len(t, *sent, 2)

	all, err = collect(t, bulk.Into[equipment](client, "y_equipment").Insert(ctx, slices.Values(pieces(10))))
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, all)
}

// A run that is cancelled in its last batch says so, too.
func TestCancelledAtTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(background())
	defer cancel()
	client, _ := answering(t, func(*request) (*http.Response, error) {
		cancel()
		return nil, context.Canceled
	})
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").Insert(ctx, slices.Values(pieces(2))))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []bulk.Status{bulk.Unknown, bulk.Unknown}, statuses(all))
}

// Leaving the loop sends nothing more.
func TestBreak(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, written)
	for range bulk.Into[equipment](client, "y_equipment").BatchRows(2).Insert(background(), slices.Values(pieces(10))) {
		break
	}
	assert.Len(t, *sent, 1)
	for range bulk.Into[equipment](client, "y_equipment").BatchRows(2).Parallel(3).Insert(background(), slices.Values(pieces(100))) {
		break
	}
	assert.Len(t, *sent, 4)
}

// Of several batches under way each is told of in its order.
func TestParallel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	under, most := 0, 0
	arrived := make(chan struct{}, 1000)
	client, sent := answering(t, func(r *request) (*http.Response, error) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		arrived <- struct{}{}
		for len(arrived) < 4 { // until four were under way at the same time
			time.Sleep(time.Microsecond)
		}
		mu.Lock()
		under--
		mu.Unlock()
		return written(r)
	})
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(5).Parallel(4).Upsert(background(), []string{"x_no"}, slices.Values(pieces(100))))
	require.NoError(t, err)
	assert.Len(t, all, 100)
	assert.Len(t, *sent, 20)
	assert.Equal(t, 4, most)
}

// A hook of the client that panics ends nothing.
func TestPanics(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, func(*request) (*http.Response, error) { panic("out of order") })
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(2).Insert(background(), slices.Values(pieces(3))))
	require.NoError(t, err)
	assert.Equal(t, slices.Repeat([]bulk.Status{bulk.Unknown}, 3), statuses(all))
}
