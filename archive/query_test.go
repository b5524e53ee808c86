package archive_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// filterOf returns the filter that a query sends.
func filterOf(t *testing.T, conds ...archive.Cond) string {
	t.Helper()
	client := answering(t, `{"value":[]}`)
	text := archive.From[archive.Row](client, "x").Where(conds...).String()
	_, filter, _ := strings.Cut(text, "$filter=")
	filter, _, _ = strings.Cut(filter, "&$top")
	if filter == "" {
		return text
	}
	return filter
}

var (
	aText  archive.Text      = "name"
	anInt  archive.Int       = "n"
	aFloat archive.Decimal   = "amount"
	aBool  archive.Bool      = "xstop"
	aDate  archive.Date      = "date"
	tags   archive.Tags      = "tags"
	aList  archive.List      = "category"
	aUser  archive.Associate = "associateId"
	noon                     = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
)

func TestFilters(t *testing.T) {
	t.Parallel()
	for want, cond := range map[string]archive.Cond{
		`name is 'a'`:                aText.Is("a"),
		`name isNot 'a'`:             aText.IsNot("a"),
		`name begins 'O\'Brien'`:     aText.Begins("O'Brien"),
		`name contains 'a\\b'`:       aText.Contains(`a\b`),
		`name ends '\\\' or 1 eq 1'`: aText.Ends(`\' or 1 eq 1`),
		`name in ('a','b\'')`:        aText.In("a", "b'"),
		`n eq -3`:                    anInt.Is(-3),
		`n ne 3`:                     anInt.IsNot(3),
		`n lt 3`:                     anInt.Less(3),
		`n gt 3`:                     anInt.Greater(3),
		`n between (1,3)`:            anInt.Between(1, 3),
		`n in (1,2)`:                 anInt.In(1, 2),
		`amount gt 0.1`:              aFloat.Greater(0.1),
		`amount between (-1.5,100000000000000000000)`: aFloat.Between(-1.5, 1e20),
		`xstop set true`:                        aBool.Is(true),
		`xstop set false`:                       aBool.Is(false),
		`tags intArrayAllOf (1,2)`:              tags.AllOf(1, 2),
		`tags intArrayOneOf (1)`:                tags.AnyOf(1),
		`tags intArrayNotAnyOf (1)`:             tags.NoneOf(1),
		`category oneOf (3,6)`:                  aList.AnyOf(3, 6),
		`category notOneOf (3)`:                 aList.NoneOf(3),
		`associateId associateIsOneOf (1)`:      aUser.AnyOf(1),
		`associateId associateIsNotOneOf (1)`:   aUser.NoneOf(1),
		`associateId currentAssociate`:          aUser.IsCurrent(),
		`category isNull`:                       aList.IsNull(),
		`date isNotNull`:                        aDate.IsNotNull(),
		`date afterTime '2026-05-20T12:00:00'`:  aDate.After(noon.Add(time.Millisecond)),
		`date beforeTime '2026-05-20T12:00:01'`: aDate.Before(noon.Add(time.Millisecond)),
		`date beforeTime '2026-05-20T12:00:00'`: aDate.Before(noon),
		`date date '2026-05-20'`:                aDate.On(noon),
		`date afterTime '2026-05-20T11:59:59' and date beforeTime '2026-05-20T13:00:01'`: aDate.Between(noon, noon.Add(time.Hour)),
		`date thisPeriod (3)`:           aDate.In(archive.ThisPeriod(archive.Months)),
		`date previousPeriod (2,2)`:     aDate.In(archive.PreviousPeriod(2, archive.Weeks)),
		`date thisPreviousAndNext (6)`:  aDate.In(archive.ThisPreviousAndNext(archive.Years)),
		`date thisAndNext (10,1)`:       aDate.In(archive.ThisAndNext(10, archive.Days)),
		`date thisAndPrevious (1,4)`:    aDate.In(archive.ThisAndPrevious(1, archive.Quarters)),
		`date nextPeriod (1,5)`:         aDate.In(archive.NextPeriod(1, archive.HalfYears)),
		`getAllRows=true`:               archive.Raw("getAllRows=true"),
		`n eq 1 or n eq 2`:              archive.Or(anInt.Is(1), anInt.Is(2)),
		`n eq 1`:                        archive.And(archive.Or(anInt.Is(1))),
		`(n eq 1 or n eq 2) and n eq 3`: archive.And(archive.Or(anInt.Is(1), anInt.Is(2)), anInt.Is(3)),
		`(a eq 1 or b eq 2) and n eq 3`: archive.And(archive.Raw("a eq 1 or b eq 2"), anInt.Is(3)),

		// The server has no not: the opposites are sent.
		`name isNot 'a'  `:                        archive.Not(aText.Is("a")),
		`name is 'a'  `:                           archive.Not(archive.Not(aText.Is("a"))),
		`name isNot 'a' and name isNot 'b'`:       archive.Not(aText.In("a", "b")),
		`n gt 3 or n eq 3`:                        archive.Not(anInt.Less(3)),
		`n lt 1 or n gt 3`:                        archive.Not(anInt.Between(1, 3)),
		`xstop set false  `:                       archive.Not(aBool.Is(true)),
		`category isNotNull`:                      archive.Not(aList.IsNull()),
		`tags intArrayNotAllOf (1)`:               archive.Not(tags.AllOf(1)),
		`tags intArrayOneOf (1)  `:                archive.Not(tags.NoneOf(1)),
		`n ne 1 and name notBegins 'a'`:           archive.Not(archive.Or(anInt.Is(1), aText.Begins("a"))),
		`date beforeTime '2026-05-20T12:00:01'  `: archive.Not(aDate.After(noon)),
		`date afterTime '2026-05-20T11:59:59'`:    archive.Not(aDate.Before(noon)),
		`date beforeTime '2026-05-20T00:00:00' or date afterTime '2026-05-20T23:59:59'`: archive.Not(aDate.On(noon)),
		`date beforeTime '2026-05-20T12:00:00' or date afterTime '2026-05-20T13:00:00'`: archive.Not(aDate.Between(noon, noon.Add(time.Hour))),
	} {
		assert.Equal(t, strings.TrimSpace(want), filterOf(t, cond))
	}
	assert.Equal(t, `n eq 1 and (n eq 2 or n eq 3)`, filterOf(t, anInt.Is(1), archive.Or(anInt.Is(2), anInt.Is(3))))
	assert.Equal(t, `n eq 1 and (date afterTime '2026-05-20T11:59:59' and date beforeTime '2026-05-20T12:00:01')`, filterOf(t, anInt.Is(1), aDate.Between(noon, noon)))
}

// What cannot be sent, and what would select more than was meant, is an error.
func TestConditionsThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cond := range map[string]archive.Cond{
		"zero Cond": {}, "And()": archive.And(), "Or()": archive.Or(), "Not(Cond{})": archive.Not(archive.Cond{}), "Raw": archive.Raw(" "),
		"empty In": anInt.In(), "empty texts": aText.In(), "empty AnyOf": aList.AnyOf(), "empty tags": tags.NoneOf(), "empty users": aUser.AnyOf(),
		"NaN": aFloat.Is(math.NaN()), "Inf": aFloat.Less(math.Inf(1)), "Between": anInt.Between(2, 1), "times": aDate.Between(noon, noon.Add(-1)),
		"zero time": aDate.After(time.Time{}), "no Period": aDate.In(archive.Period{}), "unit": aDate.In(archive.ThisPeriod(7)),
		"count": aDate.In(archive.NextPeriod(0, archive.Days)), "not ends": archive.Not(aText.Ends("a")), "not raw": archive.Not(archive.Raw("a eq 1")),
		"not period": archive.Not(aDate.In(archive.ThisPeriod(archive.Days))), "not current": archive.Not(aUser.IsCurrent()),
		"no column": archive.Text("").Is("a"), "blank in a column": archive.Text("a eq 1 or b").Is("a"), "quote": archive.Int("a'").Is(1),
		"inner": archive.And(anInt.Is(1), archive.Or(anInt.In())),
	} {
		client := answering(t, `{"value":[]}`)
		query := archive.From[archive.Row](client, "x").Where(cond)
		_, err := query.Collect(background())
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		assert.Contains(t, query.String(), "invalid query", name)
	}
}

func TestQueriesThatCannotWork(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[]}`)
	rows := archive.From[archive.Row](client, "x")
	for name, query := range map[string]archive.Query[archive.Row]{
		"provider": archive.From[archive.Row](client, " "), "client": archive.From[archive.Row](nil, "x"),
		"entity": archive.Below[archive.Row](client, "Contact/5", 5, "Persons"), "id": archive.Below[archive.Row](client, "Contact", 0, "Persons"),
		"list": archive.Below[archive.Row](client, "Contact", 5, ""), "page size": rows.PageSize(0), "limit": rows.Limit(-1), "zone": rows.Zone(nil),
		"order": rows.OrderBy(archive.Order{}), "kind": rows.Entities("a,b"), "cursor": rows.Resume("k-5.xyz"), "cursor kind": rows.Resume("5"),
		"zero client": archive.From[archive.Row](new(superoffice.Client), "x"), "nil option": rows.With(nil),
		"select": rows.With(superoffice.Select("a")), "columns": rows.Columns("a,b"), "no column": rows.Columns(""), "zone name": rows.Where(aDate.After(noon)).With(superoffice.WithTimeZone("17")),
	} {
		_, err := query.First(background())
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
	}
}

func TestColumnsOfAnyRows(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[]}`)
	rows := archive.From[archive.Row](client, "x")
	assert.Equal(t, `GET v1/Archive/x?$select=a,b/c,d&$top=1000`, rows.Columns("a", "b/c").Columns("d").String())
	_, err := archive.From[item](client, "x").Columns("a").First(background())
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	require.ErrorContains(t, err, "item")
}

func TestQueriesAreValues(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[]}`)
	base := archive.From[archive.Row](client, "x").Where(anInt.Is(1)).OrderBy(anInt.Asc())
	before := base.String()
	one, two := base.Where(anInt.Is(2)).OrderBy(aText.Desc()), base.Where(anInt.Is(3)).Limit(5).Entities("a").PageSize(7)
	assert.Equal(t, before, base.String())
	assert.Equal(t, `GET v1/Archive/x?$filter=n eq 1 and n eq 2&$orderBy=n,name desc&$top=1000`, one.String())
	assert.Equal(t, `GET v1/Archive/x?$filter=n eq 1 and n eq 3&$orderBy=n&$entities=a&$top=5`, two.String())
}

func TestOrders(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[]}`)
	query := archive.From[item](client, "x")
	for want, q := range map[string]archive.Query[item]{
		"$orderBy=itemId&":           query,
		"$orderBy=itemId &":          query.OrderBy(archive.Int("ITEMID").Asc()),
		"$orderBy=name desc,itemId&": query.OrderBy(aText.Desc()),
		"$orderBy=itemId desc&":      query.OrderBy(archive.Int("itemId").Desc()),
	} {
		assert.Contains(t, q.String(), strings.ReplaceAll(want, " &", "&"))
	}
}

// The zone of a query is the one that an option names, and never the host's.
func TestTimesAreInTheZoneOfTheQuery(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	server, client := newServer(t)
	query := archive.From[archive.Row](client, "x").Where(aDate.After(noon))
	assert.Contains(t, query.String(), "'2026-05-20T12:00:00'")
	assert.Contains(t, query.With(superoffice.WithTimeZone("no")).String(), "'2026-05-20T14:00:00'")
	assert.Contains(t, query.Zone(oslo).String(), "'2026-05-20T14:00:00'")
	norwegian, err := client.With(superoffice.WithTimeZone("NO"))
	require.NoError(t, err)
	assert.Contains(t, archive.From[archive.Row](norwegian, "x").Where(aDate.After(noon)).String(), "'2026-05-20T14:00:00'")

	type row struct {
		Date time.Time `so:"date,"`
	}
	server.Rows("x", []row{{noon}, {noon.Add(time.Second)}, {}})
	for _, q := range []archive.Query[row]{
		archive.From[row](client, "x"), archive.From[row](norwegian, "x"),
		archive.From[row](client, "x").With(superoffice.WithTimeZone("US-NY"), superoffice.WithTimeZoneOffsets()),
	} {
		all, err := q.Collect(background())
		require.NoError(t, err)
		require.Len(t, all, 3)
		assert.True(t, all[0].Date.Equal(noon), all[0].Date)
		assert.True(t, all[2].Date.IsZero())
		assert.NotEqual(t, time.Local, all[0].Date.Location())
		later, err := q.Where(aDate.After(noon)).Collect(background())
		require.NoError(t, err)
		assert.Len(t, later, 1)
		same, err := q.Where(aDate.Between(noon, noon)).Collect(background())
		require.NoError(t, err)
		assert.Len(t, same, 1)
	}
}

// An installation whose clocks are elsewhere, asked without a zone.
func TestTimesOfTheInstallation(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	server, client := newServer(t, superofficetest.WithBaseZone(oslo))
	type row struct {
		ID   int       `so:"itemId,key"`
		Date time.Time `so:"date"`
	}
	var all []row
	for i := range 50 { // over the hour that summer time skips
		all = append(all, row{i + 1, time.Date(2026, 3, 28, 12+i, 0, 0, 0, time.UTC)})
	}
	server.Rows("x", all)
	for name, query := range map[string]archive.Query[row]{
		"base": archive.From[row](client, "x").Zone(oslo), "UTC": archive.From[row](client, "x"),
		"NO": archive.From[row](client, "x").With(superoffice.WithTimeZone("NO")),
	} {
		got, err := query.PageSize(7).Collect(background())
		require.NoError(t, err)
		require.Len(t, got, len(all))
		for i := range all {
			assert.True(t, got[i].Date.Equal(all[i].Date), "%s: %s is not %s", name, got[i].Date, all[i].Date)
		}
		middle := all[20].Date
		later, err := query.Where(aDate.After(middle)).Collect(background())
		require.NoError(t, err)
		assert.Len(t, later, 29, name)
	}
}
