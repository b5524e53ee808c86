package archive_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

const provider = "Items"

// collect ranges over a query and returns the ids of its rows.
func collect(t testing.TB, q archive.Query[item]) []int {
	t.Helper()
	ids := []int{}
	for one, err := range q.All(background()) {
		require.NoError(t, err)
		ids = append(ids, one.ID)
	}
	return ids
}

func TestEveryRowComesOnce(t *testing.T) {
	t.Parallel()
	name := archive.Text("name")
	for _, form := range []superofficetest.NextLink{superofficetest.NextLinkNull, superofficetest.NextLinkAbsent, superofficetest.NextLinkGiven} {
		for _, limit := range []int{0, 3} {
			server, client := newServer(t, superofficetest.WithNextLink(form), superofficetest.WithPageCap(limit))
			for n := range 12 {
				server.Rows(provider, items(upTo(n)...))
				query := archive.From[item](client, provider).PageSize(4)
				for title, q := range map[string]archive.Query[item]{
					"key": query, "skip": query.OrderBy(name.Asc()), "ahead": query.ReadAhead(), "skip ahead": query.OrderBy(name.Asc()).ReadAhead(),
				} {
					about := fmt.Sprintf("%s of %d, form %d, cap %d", title, n, form, limit)
					before := len(server.Requests())
					got := collect(t, q)
					assert.Equal(t, append([]int{}, upTo(n)...), got, about)
					if limit == 0 {
						assert.LessOrEqual(t, len(server.Requests())-before, (n+3)/4+1, about)
					}
					assert.Equal(t, got, collect(t, q), "again: "+about)
				}
			}
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(10)...))
	query := archive.From[item](client, provider).PageSize(4)
	for limit, requests := range []int{0, 1, 1, 1, 1, 2} {
		before := len(server.Requests())
		assert.Len(t, collect(t, query.Limit(limit)), limit)
		assert.Equal(t, requests, len(server.Requests())-before, limit)
	}
	first, err := query.First(background())
	require.NoError(t, err)
	assert.Equal(t, item{1, "item"}, first)
	_, err = query.Where(archive.Int("itemId").Greater(10)).First(background())
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = query.Limit(0).First(background())
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	none, err := query.Where(archive.Int("itemId").Greater(10)).Collect(background())
	require.NoError(t, err)
	assert.NotNil(t, none)
}

// By key, each row that is there all the time comes exactly once, whatever is
// inserted, changed and deleted between the pages.
func TestRowsThatStayComeOnce(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		stays := make(map[int]bool)
		rows := make(map[int]string)
		for id := 1; id <= 60; id++ {
			if random.IntN(3) > 0 {
				rows[id*10] = "item"
				stays[id*10] = random.IntN(2) == 0
			}
		}
		put := func() {
			var all []item
			for id, name := range rows {
				all = append(all, item{id, name})
			}
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			server.Rows(provider, all)
		}
		put()
		got := make(map[int]int)
		query := archive.From[item](client, provider).PageSize(random.IntN(9) + 1)
		if seed%2 == 0 {
			query = query.ReadAhead()
		}
		for page, err := range query.Pages(background()) {
			require.NoError(t, err)
			for _, row := range page.Rows {
				got[row.ID]++
			}
			for range random.IntN(6) {
				id := random.IntN(700)
				switch {
				case stays[id]:
					rows[id] = fmt.Sprintf("changed %d", random.Int())
				case random.IntN(2) == 0:
					delete(rows, id)
				default:
					rows[id] = "new"
				}
			}
			put()
		}
		for id, stay := range stays {
			if stay {
				assert.Equal(t, 1, got[id], "seed %d, row %d", seed, id)
			}
		}
		for id, n := range got {
			assert.Equal(t, 1, n, "seed %d, row %d", seed, id)
		}
	}
}

// Each page is a call like any other: it is retried, renewed and bounded.
func TestPagesSurviveFaults(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(50)...))
	for name, fault := range map[string]superofficetest.Fault{
		"unavailable": superofficetest.Unavailable(""), "throttled": superofficetest.Throttled("0"), "cut": superofficetest.CutBody(), "reset": superofficetest.Reset(),
	} {
		server.InjectOn("Archive/{provider}", 2, superofficetest.Fault{})
		server.InjectOn("Archive/{provider}", 2, fault)
		assert.Equal(t, upTo(50), collect(t, archive.From[item](client, provider).PageSize(10)), name)
	}
}

func TestErrorsEndTheLoopOnce(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(50)...))
	for name, fault := range map[string]superofficetest.Fault{
		"forbidden": superofficetest.Status(http.StatusForbidden, "SoSentryException", "no"),
		"error":     superofficetest.Status(http.StatusOK, "SoSentryException", "no"),
		"page":      superofficetest.LoginPage(), "other": superofficetest.Respond(200, "application/json", `{"Value":5}`),
		"broken": superofficetest.Respond(200, "application/json", `{"value":[{"itemId":11,"name":"x"},{]}`),
		"cut":    superofficetest.Respond(200, "application/json", `{"value":[{"itemId":11,"name":"x"}`),
		"xml":    superofficetest.Respond(200, "application/xml", `<a/>`), "text": superofficetest.Respond(200, "text/plain", `ok`),
		"list": superofficetest.Respond(200, "application/json", `[{"itemId":11}]`), "order": superofficetest.Respond(200, "application/json", `{"value":[{"itemId":5,"name":"x"}]}`),
		"twice":    superofficetest.Respond(200, "application/json", `{"value":[{"itemId":11,"name":"x"},{"itemId":11,"name":"y"}]}`),
		"too many": superofficetest.Respond(200, "application/json", `{"value":[`+strings.TrimSuffix(strings.Repeat(`{"itemId":99,"name":""},`, 12), ",")+`]}`),
		"problem":  superofficetest.Respond(200, "application/problem+json", `{"title":"no","status":403}`),
		"tail":     superofficetest.Respond(200, "application/json", `{"value":[],"Error":true,"ErrorType":"SoException","ErrorMessage":"no"}`),
		"more":     superofficetest.Respond(200, "application/json", `{"value":[]}{`),
	} {
		for _, ahead := range []bool{false, true} {
			server.ClearFaults()
			server.InjectOn("Archive/{provider}", 1, superofficetest.Fault{})
			server.InjectOn("Archive/{provider}", 1, fault)
			query := archive.From[item](client, provider).PageSize(10)
			if ahead {
				query = query.ReadAhead()
			}
			rows, errs := 0, []error{}
			for _, err := range query.All(background()) {
				if err != nil {
					errs = append(errs, err)
				} else {
					rows++
				}
			}
			assert.Equal(t, 10, rows, name)
			if assert.Len(t, errs, 1, name) {
				assert.ErrorContains(t, errs[0], "page 2", name)
			}
		}
	}
}

// An answer without a value is an empty list, as for every call.
func TestNothingIsAnEmptyPage(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `{"value":null}`, `{"value":[]}`, "\xef\xbb\xbf{\"odata.nextLink\":\"\",\"value\":[ ] }\n"} {
		all, err := archive.From[item](answering(t, body), provider).Collect(background())
		require.NoError(t, err, body)
		assert.Empty(t, all, body)
	}
}

func TestEmptyPagesInTheMiddle(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(5)...))
	server.InjectOn("Archive/{provider}", 1, superofficetest.Respond(200, "application/json", `{"value":[],"odata.nextLink":"https://elsewhere.example.com/"}`))
	for _, r := range server.Requests() {
		assert.NotContains(t, r.Header.Get("Host"), "elsewhere")
	}
	// What is skipped is what was asked for, since rows that the user may not see count.
	assert.Equal(t, []int{3, 4, 5}, collect(t, archive.From[item](client, provider).PageSize(2)))
	_, err := archive.From[item](answering(t, `{"value":[],"odata.nextLink":"x"}`), provider).Collect(background())
	require.ErrorContains(t, err, "in a row are empty")
}

func TestBreakAndCancel(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(50)...))
	for _, query := range []archive.Query[item]{archive.From[item](client, provider).PageSize(5), archive.From[item](client, provider).PageSize(5).ReadAhead()} {
		for range query.All(background()) {
			break
		}
		for range query.Pages(background()) {
			break
		}
		ctx, cancel := context.WithCancel(background())
		defer cancel()
		var last error
		rows := 0
		for _, err := range query.All(ctx) {
			if rows++; rows == 7 {
				cancel()
			}
			last = err
		}
		require.ErrorIs(t, last, context.Canceled)
		assert.Less(t, rows, 50)
		_, err := query.Collect(ctx)
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(20)...))
	byKey := archive.From[item](client, provider).PageSize(6)
	for _, query := range []archive.Query[item]{byKey, byKey.OrderBy(archive.Text("name").Desc()), byKey.Where(archive.Int("itemId").Greater(-5))} {
		var before []int
		cursor := ""
		for page, err := range query.Pages(background()) {
			require.NoError(t, err)
			for _, row := range page.Rows {
				before = append(before, row.ID)
			}
			if cursor = page.Cursor; page.Number == 2 {
				break
			}
		}
		assert.Equal(t, upTo(20), append(before, collect(t, query.Resume(cursor))...))
		_, err := query.Where(archive.Int("itemId").Less(9)).Resume(cursor).Collect(background())
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	}
}

func TestLongQueriesAreForms(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(2000)...))
	id := archive.Int("itemId")
	query := archive.From[item](client, provider).Where(id.In(upTo(1500)...)).OrderBy()
	assert.Equal(t, upTo(1500), collect(t, query))
	for _, r := range server.Requests() {
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "application/x-www-form-urlencoded", r.Header.Get("Content-Type"))
	}
}

// A list below an entity takes no form, so a large set is asked for in parts.
func TestLargeSetsAreSplit(t *testing.T) {
	t.Parallel()
	type person struct {
		ID int `so:"personId,key"`
	}
	for _, form := range []superofficetest.NextLink{superofficetest.NextLinkNull, superofficetest.NextLinkGiven} {
		server, client := newServer(t, superofficetest.WithDemoData(300), superofficetest.WithNextLink(form))
		id, company := archive.Int("personId"), archive.Int("contactId")
		below := archive.Below[person](client, "Contact", 7, "Persons")
		all, err := below.Collect(background())
		require.NoError(t, err)
		require.NotEmpty(t, all)
		many := slices.Repeat(upTo(1500), 2) // each twice
		query := below.PageSize(1).Where(archive.And(company.Is(7), id.In(many...)), company.In(6, 7, 8))
		got, err := query.Collect(background())
		require.NoError(t, err)
		slices.SortFunc(got, func(a, b person) int { return a.ID - b.ID })
		assert.Equal(t, all, got)
		for _, r := range server.Requests() {
			assert.LessOrEqual(t, len(r.RawQuery), 2048)
		}
		var resumed []person
		for cursor, first := "", true; first || cursor != ""; first = false {
			before := cursor
			cursor = ""
			for page, err := range query.Resume(before).Pages(background()) {
				require.NoError(t, err)
				resumed, cursor = append(resumed, page.Rows...), page.Cursor
				break
			}
		}
		assert.ElementsMatch(t, all, resumed)
		one, err := query.First(background())
		require.NoError(t, err)
		assert.Contains(t, all, one)
		for name, q := range map[string]archive.Query[person]{
			"order": query.OrderBy(id.Desc()), "total": query.GrandTotal(), "texts": below.Where(archive.Text("fullName").In(strings.Split(strings.Repeat("a,", 2000), ",")...)),
			"opposite": below.Where(archive.Not(id.In(upTo(1500)...))), "or": below.Where(archive.Or(id.In(upTo(1500)...), company.Is(7))),
			"one": below.Where(id.In(upTo(1500)...), archive.Text("fullName").Is(strings.Repeat("a", 2000))),
		} {
			_, err := q.Collect(background())
			require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		}
	}
}

func TestOptionsGoWithEachPage(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(9)...))
	query := archive.From[item](client, provider).PageSize(3).With(superoffice.WithHeader("X-Job", "7"), superoffice.WithAccept(superoffice.ContentTypeXML))
	assert.Equal(t, upTo(9), collect(t, query))
	for _, r := range server.Requests() {
		assert.Equal(t, "7", r.Header.Get("X-Job"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
	}
}

func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(upTo(500)...))
	small, err := client.With(superoffice.WithMaxResponseBytes(2000))
	require.NoError(t, err)
	_, err = archive.From[item](small, provider).Collect(background())
	require.ErrorContains(t, err, "larger than 2000 bytes")
}

// Any text comes to the server as it is, and never ends its literal.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "a", "O'Brien", `\`, `\'`, `' or name is '`, "a\x00b", "å 😀", "%27", "&$top=1", "+", "a\nb", "#"} {
		f.Add(text)
	}
	server, client := newServer(f)
	name := archive.Text("name")
	f.Fuzz(func(t *testing.T, text string) {
		if !slices.Equal([]rune(text), []rune(strings.ToValidUTF8(text, "\ufffd"))) || strings.ToValidUTF8(text, "") != text {
			t.Skip()
		}
		server.Rows(provider, []item{{1, text}, {2, text + "x"}, {3, "y" + text}})
		found, err := archive.From[item](client, provider).Where(name.Is(text)).Collect(context.Background())
		if err != nil || len(found) != 1 || found[0] != (item{1, text}) {
			t.Fatalf("%q: %v, %v", text, found, err)
		}
		found, err = archive.From[item](client, provider).Where(name.In(text, "nothing like it")).Collect(context.Background())
		if err != nil || len(found) != 1 || found[0].Name != text {
			t.Fatalf("%q in a set: %v, %v", text, found, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Rows(provider, items(1))
	for _, q := range []archive.Query[archive.Row]{
		archive.From[archive.Row](client, "NoSuchProvider"),
		archive.From[archive.Row](client, provider).Where(archive.Raw("itemId le 5")),
		archive.From[archive.Row](client, provider).Where(archive.Raw("name gt 5")),
		archive.From[archive.Row](client, provider).Where(archive.Int("other").Is(5)),
		archive.From[archive.Row](client, provider).OrderBy(archive.Int("other").Asc()),
	} {
		_, err := q.Collect(background())
		failed := new(superoffice.Error)
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, http.StatusBadRequest, failed.StatusCode)
	}
}
