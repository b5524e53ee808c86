package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type sale struct {
	ID       int       `so:"saleId,key" json:"saleId"`
	Heading  string    `so:"heading" json:"heading"`
	Company  string    `so:"contact/name" json:"contact/name"`
	Person   string    `so:"person/fullName" json:"person/fullName"`
	Amount   float64   `so:"amount" json:"amount"`
	Currency string    `so:"currency" json:"currency"`
	Prob     int       `so:"probPercent" json:"probPercent,string"`
	Done     bool      `so:"completed" json:"completed"`
	Stage    string    `so:"stage" json:"stage"`
	Grade    *int      `so:"saleUdef/SuperOffice:2" json:"saleUdef/SuperOffice:2"`
	Updated  time.Time `so:"updatedDate" json:"-"`
	Owner    string    `so:"associateId" json:"associateId"`
}

// sales is a reader with the rows that it fills.
type sales struct {
	*reader
	into *listOf[sale]
}

func newSales() *sales {
	into := &listOf[sale]{}
	return &sales{newReader(planOf(reflect.TypeFor[sale]()), &zone{loc: time.UTC}, into), into}
}

func (s *sales) all() []sale { return s.into.rows }

func salesJSON(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"odata.metadata":"https://crm.example.com:443/api/v1//$metadata#Archive","odata.nextLink":null,"value":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		grade := "null"
		if i%3 == 0 {
			grade = fmt.Sprint(i % 7)
		}
		fmt.Fprintf(&b, `{"PrimaryKey":"%d","EntityName":"sale","saleId":%d,"heading":"Sale of %d machines","contact/name":"Company %d AS","person/fullName":"Kari Nordmann %d","amount":%d.5,"currency":"NOK","probPercent":"%d","completed":%t,"stage":"Offer sent","saleUdef/SuperOffice:2":%s,"updatedDate":"2026-05-%02dT12:%02d:00","associateId":"KN"}`,
			i+1, i+1, i, i%50, i%200, 1000+i, i%101, i%2 == 0, grade, i%28+1, i%60)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func TestRowsAreReadInAnyPieces(t *testing.T) {
	t.Parallel()
	body := salesJSON(300)
	whole := newSales()
	require.NoError(t, whole.ReadAnswer(bytes.NewReader(body)))
	require.Len(t, whole.all(), 300)
	assert.Equal(t, "Sale of 7 machines", whole.all()[7].Heading)
	assert.Equal(t, 3, *whole.all()[3].Grade)
	assert.Nil(t, whole.all()[4].Grade)
	assert.Equal(t, time.Date(2026, 5, 5, 12, 4, 0, 0, time.UTC), whole.all()[4].Updated)
	for _, read := range []func(*bytes.Reader) *sales{
		func(r *bytes.Reader) *sales {
			one := newSales()
			require.NoError(t, one.ReadAnswer(iotest.OneByteReader(r)))
			return one
		},
		func(r *bytes.Reader) *sales {
			one := newSales()
			require.NoError(t, one.ReadAnswer(iotest.DataErrReader(r)))
			return one
		},
	} {
		assert.Equal(t, whole.all(), read(bytes.NewReader(body)).all())
	}
	assert.False(t, whole.nextLink)
}

func TestEveryCutIsAnError(t *testing.T) {
	t.Parallel()
	body := salesJSON(3)
	r := newSales()
	for n := range body {
		if n > 0 { // nothing at all is an empty list
			require.Error(t, r.ReadAnswer(bytes.NewReader(body[:n])), n)
		}
	}
	require.NoError(t, r.ReadAnswer(bytes.NewReader(body)))
}

func BenchmarkDecode(b *testing.B) {
	body := salesJSON(1000)
	b.Run("archive", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		r := newSales()
		for b.Loop() {
			if err := r.ReadAnswer(bytes.NewReader(body)); err != nil || r.rows.len() != 1000 {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var out struct{ Value []sale }
			if err := json.NewDecoder(bytes.NewReader(body)).Decode(&out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What rows cost beside the strings that differ is a gate.
func TestRowsAllocateLittle(t *testing.T) {
	const rows, most = 1000, 4
	body := salesJSON(rows)
	r := newSales()
	all := testing.AllocsPerRun(5, func() {
		if err := r.ReadAnswer(bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	})
	assert.LessOrEqual(t, all/rows, float64(most))
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(salesJSON(2))
	f.Add([]byte(`{"value":[{"saleId":"[I:6]","heading":"\ud83d\ude00\u00e5","x":{"y":[1,{}]}}],"odata.nextLink":"https://elsewhere"}`))
	f.Add([]byte(`{"value":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newSales()
		err := r.ReadAnswer(bytes.NewReader(body))
		one := newSales()
		again := one.ReadAnswer(iotest.OneByteReader(bytes.NewReader(body)))
		if (err == nil) != (again == nil) || err == nil && r.rows.len() != one.rows.len() {
			t.Fatalf("in one piece %v, in many %v", err, again)
		}
		if err == nil && !saysNothing(body) && !json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) {
			t.Fatalf("taken, though it is no JSON: %q", body)
		}
		rows := newReader(planOf(reflect.TypeFor[Row]()), &zone{loc: time.UTC}, &listOf[Row]{})
		if taken := rows.ReadAnswer(strings.NewReader(string(body))); (taken == nil) != (err == nil) {
			t.Fatalf("as any columns %v, as a struct %v", taken, err)
		}
	})
}
