package archive_test

import (
	"database/sql"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// one returns the row that a value of a column becomes.
func one[T any](t *testing.T, json string) (T, error) {
	t.Helper()
	type row struct {
		Cell T `so:"cell"`
	}
	got, err := archive.From[row](answering(t, `{"value":[{"PrimaryKey":"7","EntityName":"sale","cell":`+json+`}]}`), "x").Limit(1).First(background())
	return got.Cell, err
}

func reads[T any](t *testing.T, want T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		got, err := one[T](t, text)
		if assert.NoError(t, err, "%s into %T", text, want) {
			assert.Equal(t, want, got, "%s into %T", text, want)
		}
	}
}

func refuses[T any](t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		got, err := one[T](t, text)
		cell := new(archive.RowError)
		if assert.ErrorAs(t, err, &cell, "%s into %T", text, got) {
			assert.Equal(t, "sale", cell.Entity)
			assert.Equal(t, "7", cell.PrimaryKey)
			assert.Equal(t, "cell", cell.Column)
			assert.ErrorContains(t, err, "the row sale 7: the column cell", text)
		}
		assert.Zero(t, got, text)
	}
}

func pointer[T any](v T) *T { return &v }

func TestTypes(t *testing.T) {
	t.Parallel()
	reads(t, "a\"\\/\b\f\n\r\tå😀\ufffd", `"a\"\\\/\b\f\n\r\tå\ud83d\ude00\ud83d"`)
	reads(t, "", `""`, `null`)
	reads(t, "1.50", `1.50`, `"1.50"`)
	reads(t, "true", `true`)
	reads(t, 6, `6`, `"6"`, `"[I:6]"`, `6.0`, `"[TS:6]"`, `60e-1`)
	reads(t, 0, `null`, `""`, `"[I:0]"`)
	reads(t, int64(math.MaxInt64), `9223372036854775807`, `"9223372036854775807"`)
	reads(t, int8(-128), `-128`)
	reads(t, uint16(65535), `65535`)
	reads(t, 1.5, `1.5`, `"1.5"`, `"[F:1.5]"`, `"[M:1.5]"`, `15e-1`)
	reads(t, float32(2), `2`, `"[I:2]"`)
	reads(t, true, `true`, `1`, `"1"`, `"True"`, `"[I:1]"`)
	reads(t, false, `false`, `0`, `"0"`, `""`, `null`)
	reads(t, time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC), `"2026-05-01T10:00:00"`, `"[DT:05/01/2026 10:00:00]"`, `"2026-05-01T12:00:00+02:00"`, `"2026-05-01T10:00:00Z"`)
	reads(t, time.Time{}, `"0001-01-01T00:00:00"`, `null`, `""`, `"0001-01-01T01:00:00+01:00"`)
	reads(t, superoffice.WallClock(time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)), `"2026-05-01T10:00:00"`, `"[DT:05/01/2026 10:00:00]"`)
	reads(t, superoffice.DateTime{}, `"0001-01-01T00:00:00"`, `null`)
	reads(t, superoffice.DateOf(2026, 5, 1), `"2026-05-01T00:00:00"`, `"[D:05/01/2026]"`)
	reads(t, superoffice.TimeSpanOf(90*time.Second), `90`, `"[TS:90]"`, `"00:01:30"`)
	reads(t, 90*time.Second, `90`, `"[TS:90]"`, `"00:01:30"`)
	reads(t, superoffice.IntValue(6), `6`, `"[I:6]"`)
	reads(t, superoffice.NullValue, `null`)
	reads(t, superoffice.FloatValue(1.5), `1.5`)
	reads(t, superoffice.BoolValue(true), `true`)
	reads(t, []int{1, 2}, `"[A:1,2]"`, `[1,2]`, `[ "1" , 2 ]`)
	reads(t, []int{6}, `6`, `"[I:6]"`)
	reads(t, []int(nil), `null`, `""`, `[]`)
	reads(t, []string{"a,b", "c"}, `["a,b","c"]`)
	reads(t, []string{"Smith, John"}, `"Smith, John"`)
	reads(t, superoffice.TableRightMask("Update, UIHintMandatory"), `"Update, UIHintMandatory"`)
	reads(t, superoffice.UserTypeResourceAssociate, `2`, `"ResourceAssociate"`)
	reads(t, sql.Null[int]{V: 6, Valid: true}, `6`, `"[I:6]"`)
	reads(t, sql.NullString{String: "", Valid: true}, `""`)
	reads(t, sql.NullString{}, `null`)
	reads(t, sql.NullTime{}, `null`, `"0001-01-01T00:00:00"`)
	reads(t, sql.NullFloat64{Float64: 1.5, Valid: true}, `1.5`)
	reads(t, pointer(6), `6`)
	reads(t, (*int)(nil), `null`, `""`)
	reads(t, pointer(""), `""`)
	reads(t, (*string)(nil), `null`)
	reads(t, (*time.Time)(nil), `"0001-01-01T00:00:00"`, `null`)

	refuses[int](t, `"a"`, `1.5`, `true`, `{}`, `"[D:05/01/2026]"`, `9223372036854775808`, `"0x6"`, `1e40`)
	refuses[int8](t, `128`)
	refuses[uint](t, `-1`)
	refuses[float64](t, `"a"`, `"NaN"`, `true`, `[]`, `"1,5"`)
	refuses[float32](t, `1e300`)
	refuses[bool](t, `2`, `"yes"`, `{}`)
	refuses[time.Time](t, `5`, `"yesterday"`, `"2026-13-01T00:00:00"`, `"2026-02-30T00:00:00"`)
	refuses[superoffice.Date](t, `5`, `"x"`)
	refuses[superoffice.TimeSpan](t, `"x:y"`, `"a"`)
	refuses[time.Duration](t, `"x:y"`, `true`)
	refuses[[]int](t, `["a"]`, `{}`)
}

// upper is a type of the caller's own.
type upper struct{ text string }

func (u *upper) UnmarshalText(text []byte) error {
	if string(text) == "bad" {
		return errors.New("bad")
	}
	u.text = strings.ToUpper(string(text))
	return nil
}

func TestOwnTypes(t *testing.T) {
	t.Parallel()
	reads(t, upper{"A"}, `"a"`)
	reads(t, upper{}, `null`)
	refuses[upper](t, `"bad"`)
}

func TestTypesThatCannotWork(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[]}`)
	check := func(err error, field string) {
		t.Helper()
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
		assert.ErrorContains(t, err, field)
	}
	_, err := archive.From[struct {
		Any any `so:"a"`
	}](client, "x").First(background())
	check(err, "Any")
	_, err = archive.From[struct {
		One int `so:"a"`
		Two int `so:"A"`
	}](client, "x").First(background())
	check(err, "One and Two")
	_, err = archive.From[struct {
		hidden int `so:"a"`
	}](client, "x").First(background())
	check(err, "hidden")
	_, err = archive.From[struct {
		Key string `so:"a,key"`
	}](client, "x").First(background())
	check(err, "Key")
	_, err = archive.From[struct {
		Tag string `so:"a,omitempty"`
	}](client, "x").First(background())
	check(err, "Tag")
	_, err = archive.From[struct {
		Tag string `so:""`
	}](client, "x").First(background())
	check(err, "Tag")
	_, err = archive.From[struct{ A int }](client, "x").First(background())
	check(err, "no field")
	_, err = archive.From[int](client, "x").First(background())
	check(err, "int")
	_, err = archive.From[struct {
		*item
	}](client, "x").First(background())
	check(err, "embed")
	_, err = archive.From[struct {
		List []float64 `so:"a"`
	}](client, "x").First(background())
	check(err, "List")
}

// address is a group of columns.
type address struct {
	City string `so:"city"`
	Zip  string `so:"zip"`
}

func TestNestedStructs(t *testing.T) {
	t.Parallel()
	type row struct {
		item
		Postal address `so:"postAddress"`
		Street address `so:"streetAddress/"`
		Kind   string  `so:"EntityName"`
		Key    int     `so:"PrimaryKey"`
		Other  int
	}
	client := answering(t, `{"value":[{"PrimaryKey":"7","EntityName":"contact","itemId":5,"NAME":"a","postAddress/city":"b","postAddress/zip":"c","streetAddress/city":"d","streetAddress/zip":"e","extra":[1,{"a":null}]}]}`)
	query := archive.From[row](client, "x").Limit(1)
	assert.Contains(t, query.String(), "$select=itemId,name,postAddress/city,postAddress/zip,streetAddress/city,streetAddress/zip&$orderBy=itemId")
	got, err := query.First(background())
	require.NoError(t, err)
	assert.Equal(t, row{item{5, "a"}, address{"b", "c"}, address{"d", "e"}, "contact", 7, 0}, got)
}

func TestColumnsThatDoNotCome(t *testing.T) {
	t.Parallel()
	_, err := archive.From[item](answering(t, `{"value":[{"itemId":1},{"itemId":2}]}`), "x").Collect(background())
	require.ErrorContains(t, err, "no row has the column name")
	all, err := archive.From[item](answering(t, `{"value":[{"itemId":1},{"itemId":2,"name":"b"}]}`), "x").Limit(2).Collect(background())
	require.NoError(t, err)
	assert.Equal(t, []item{{1, ""}, {2, "b"}}, all)
}

func TestTheLoopGoesOnBehindACell(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"value":[{"PrimaryKey":"1","name":"a","itemId":1},{"PrimaryKey":"2","name":"b","itemId":"x"},{"PrimaryKey":"3","name":"c","itemId":3}]}`)
	type loose struct {
		ID   int    `so:"itemId"`
		Name string `so:"name"`
	}
	query := archive.From[loose](client, "x").Limit(3)
	var rows []loose
	var errs []error
	for row, err := range query.All(background()) {
		rows, errs = append(rows, row), append(errs, err)
	}
	assert.Equal(t, []loose{{1, "a"}, {0, "b"}, {3, "c"}}, rows)
	require.Len(t, errs, 3)
	require.NoError(t, errs[0])
	require.ErrorContains(t, errs[1], `the row  2: the column itemId: "x" does not fit`)
	require.NoError(t, errs[2])
	for page, err := range query.Pages(background()) {
		assert.Equal(t, rows, page.Rows)
		cell := new(archive.RowError)
		require.ErrorAs(t, err, &cell)
		assert.Equal(t, "2", cell.PrimaryKey)
	}
	before, err := query.Collect(background())
	require.Error(t, err)
	assert.Len(t, before, 1)
}

func TestRow(t *testing.T) {
	t.Parallel()
	client := answering(t, `{"odata.metadata":"https://crm.example.com:443/api/v1//$metadata#Archive","value":[
		{"PrimaryKey":"25","EntityName":"contact","name":"Oslo","contact/n\u0061me":6,"none":null,"xstop":true,"amount":1.5},
		{"PrimaryKey":26,"EntityName":"contact","name":"Bergen","contact/n\u0061me":7,"none":"","xstop":false,"amount":2},
		{"PrimaryKey":26,"EntityName":"grandtotal","Sum(amount):HideDetail":3.5}]}`)
	all, err := archive.From[archive.Row](client, "dynamic").Limit(3).Collect(background())
	require.NoError(t, err)
	first := all[0]
	assert.Equal(t, []string{"name", "contact/name", "none", "xstop", "amount"}, first.Columns())
	assert.Equal(t, "25", first.PrimaryKey)
	assert.Equal(t, "26", all[1].PrimaryKey)
	assert.Equal(t, "contact", first.EntityName)
	text, ok := first.Text("NAME")
	assert.True(t, ok)
	assert.Equal(t, "Oslo", text)
	_, ok = first.Text("none")
	assert.False(t, ok)
	_, ok = first.Value("nobody")
	assert.False(t, ok)
	number, ok := first.Value("contact/name")
	assert.True(t, ok)
	assert.Equal(t, superoffice.IntValue(6), number)
	none, ok := first.Value("none")
	assert.True(t, ok)
	assert.True(t, none.IsNull())
	text, _ = all[1].Text("name")
	assert.Equal(t, "Bergen", text)
	assert.Equal(t, []string{"Sum(amount):HideDetail"}, all[2].Columns())
	assert.Empty(t, archive.Row{}.Columns())
	_, ok = archive.Row{}.Text("a")
	assert.False(t, ok)
}

func TestFullMode(t *testing.T) {
	t.Parallel()
	type row struct {
		ID       int                  `so:"contactId,key"`
		Name     string               `so:"name"`
		Category archive.Cell[int]    `so:"category"`
		Business string               `so:"business"`
		Number   archive.Cell[*int]   `so:"number"`
		Day      archive.Cell[string] `so:"day"`
	}
	client := answering(t, `{"value":[{"PrimaryKey":25,"EntityName":"contact","StyleHint":"","LinkHint":"nav=contact","TableRight":{"Mask":1},"Column":{
		"contactId":{"RawValue":25,"DisplayValue":"25"},
		"name":{"RawValue":"Oslo \u00c5","DisplayValue":"Oslo","LinkHint":"","TooltipHint":""},
		"category":{"RawValue":3,"DisplayValue":"US:\"Vendor\"","LinkHint":"l","TooltipHint":"t","More":{}},
		"business":{"RawValue":2,"DisplayValue":"Trade"},
		"number":{"RawValue":null,"DisplayValue":""},
		"day":null}}]}`)
	query := archive.From[row](client, "x").Limit(1)
	assert.Contains(t, query.String(), "$mode=Full")
	got, err := query.First(background())
	require.NoError(t, err)
	assert.Equal(t, row{
		25, "Oslo Å", archive.Cell[int]{Value: 3, Text: `US:"Vendor"`, Hint: "t", Link: "l"}, "Trade",
		archive.Cell[*int]{}, archive.Cell[string]{},
	}, got)
}

// Answers as the vendor's servers gave them over the years.
func TestRecordedForms(t *testing.T) {
	t.Parallel()
	type sale struct {
		ID   int    `so:"saleId,key"`
		Prob int    `so:"probPercent"`
		Name string `so:"heading"`
	}
	for _, body := range []string{
		`{"odata.metadata":"https://crm.example.com:443/api/v1//$metadata#Archive","value":[{"PrimaryKey":"1","EntityName":"sale","saleId":1,"probPercent":"100","heading":""}]}`,
		`{"odata.metadata":"x","odata.nextLink":null,"value":[{"heading":"","probPercent":100,"saleId":"1","EntityName":"sale","PrimaryKey":1}]}`,
		`{"value":[{"PrimaryKey":"1","saleId":"[I:1]","probPercent":"[I:100]","heading":null}],"odata.nextLink":null,"odata.count":1}`,
	} {
		all, err := archive.From[sale](answering(t, body), "x").Limit(1).Collect(background())
		require.NoError(t, err)
		assert.Equal(t, []sale{{1, 100, ""}}, all)
	}
	twice := `{"value":[{"PrimaryKey":"1","category.name":"Customer"},{"PrimaryKey":"1","category.name":null}]}`
	type category struct {
		Name *string `so:"category.name"`
		Key  int     `so:"PrimaryKey"`
	}
	all, err := archive.From[category](answering(t, twice), archive.Dynamic).Limit(2).Collect(background())
	require.NoError(t, err)
	assert.Equal(t, []category{{pointer("Customer"), 1}, {nil, 1}}, all)
}
