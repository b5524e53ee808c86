package bench

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	gojson "github.com/goccy/go-json"

	"github.com/superoffice-go/superoffice"
	rows "github.com/superoffice-go/superoffice/archive"
)

// saleRow is a row of twelve columns as all of the peers can read it: its dates
// are texts, since none but this SDK reads dates without an offset.
type saleRow struct {
	ID       int     `so:"saleId,key" json:"saleId"`
	Heading  string  `so:"heading" json:"heading"`
	Company  string  `so:"contact/name" json:"contact/name"`
	Person   string  `so:"person/fullName" json:"person/fullName"`
	Amount   float64 `so:"amount" json:"amount"`
	Currency string  `so:"currency" json:"currency"`
	Prob     int     `so:"probability" json:"probability"`
	Done     bool    `so:"completed" json:"completed"`
	Stage    string  `so:"stage" json:"stage"`
	Grade    *int    `so:"saleUdef/SuperOffice:2" json:"saleUdef/SuperOffice:2"`
	Updated  string  `so:"updatedDate" json:"updatedDate"`
	Owner    string  `so:"associateId" json:"associateId"`
}

// salePage is an answer with the rows whose ids follow first.
func salePage(b *bytes.Buffer, first, n int) {
	b.WriteString(`{"odata.metadata":"https://crm.example.com:443/api/v1//$metadata#Archive","odata.nextLink":null,"value":[`)
	for i := first + 1; i <= first+n; i++ {
		if i > first+1 {
			b.WriteByte(',')
		}
		grade := "null"
		if i%3 == 0 {
			grade = strconv.Itoa(i % 7)
		}
		fmt.Fprintf(b, `{"PrimaryKey":"%d","EntityName":"sale","saleId":%d,"heading":"Sale of %d machines","contact/name":"Company %d AS","person/fullName":"Kari Nordmann %d","amount":%d.5,"currency":"NOK","probability":%d,"completed":%t,"stage":"Offer sent","saleUdef/SuperOffice:2":%s,"updatedDate":"2026-05-%02dT12:%02d:00","associateId":"KN"}`,
			i, i, i, i%50, i%200, 1000+i, i%101, i%2 == 0, grade, i%28+1, i%60)
	}
	b.WriteString(`]}`)
}

// pageTransport answers each request with the same page.
type pageTransport []byte

// RoundTrip implements http.RoundTripper.
func (p pageTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(p)), ContentLength: int64(len(p)), Request: r}, nil
}

const rowsOfPage = 1000

// rowReaders are ways to read a page of rows into structs. That of this SDK is
// a whole call with its request; the others have the bytes.
func rowReaders(tb testing.TB) map[string]func() (int, error) {
	var b bytes.Buffer
	salePage(&b, 0, rowsOfPage)
	body := b.Bytes()
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithHTTPClient(&http.Client{Transport: pageTransport(body)}))
	if err != nil {
		tb.Fatal(err)
	}
	query := rows.From[saleRow](client, rows.FindSale).Limit(rowsOfPage)
	type page struct {
		Value []saleRow `json:"value"`
	}
	decoded := func(unmarshal func([]byte, any) error) func() (int, error) {
		return func() (int, error) {
			var p page
			err := unmarshal(body, &p)
			return len(p.Value), err
		}
	}
	return map[string]func() (int, error){
		"archive": func() (n int, err error) {
			for _, err := range query.All(tb.Context()) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		},
		"encoding/json": decoded(stdjson.Unmarshal),
		"json v2":       decoded(func(text []byte, out any) error { return jsonv2.Unmarshal(text, out) }),
		"sonic":         decoded(sonic.ConfigStd.Unmarshal),
		"sonic fastest": decoded(sonic.ConfigFastest.Unmarshal),
		"goccy":         decoded(gojson.Unmarshal),
	}
}

func BenchmarkRows(b *testing.B) {
	for name, read := range rowReaders(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := read(); err != nil || n != rowsOfPage {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// TestRowAllocations holds a row to four allocations, all strings included.
func TestRowAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	read := rowReaders(t)["archive"]
	const runs, most = 20, 4
	if n := testing.AllocsPerRun(runs, func() { _, _ = read() }) / rowsOfPage; n > most {
		t.Errorf("a row takes %.1f allocations, and %d may be", n, most)
	}
}

// saleServer has n rows, and counts the requests.
func saleServer(n int, requests *int) *httptest.Server {
	var b bytes.Buffer
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		last := 0
		if _, behind, found := strings.Cut(r.URL.Query().Get("$filter"), " gt "); found {
			last, _ = strconv.Atoi(behind)
		}
		b.Reset()
		salePage(&b, last, min(rowsOfPage, n-last))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(b.Bytes())
	}))
}

// heapObjects is the memory of objects, dead ones that are not yet swept included.
func heapObjects() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// readAll reads n rows over loopback, and reports the peak of the heap over that
// before, the requests, and the time per row of the first and the last tenth.
func readAll(tb testing.TB, n int) (peak uint64, requests int, first, last time.Duration) {
	server := saleServer(n, &requests)
	defer server.Close()
	client, err := superoffice.NewClient(server.URL)
	if err != nil {
		tb.Fatal(err)
	}
	defer client.CloseIdleConnections()
	runtime.GC()
	idle := heapObjects()
	came, began, tenth := 0, time.Now(), n/10
	for _, err := range rows.From[saleRow](client, rows.FindSale).All(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		switch came++; {
		case came == tenth:
			first = time.Since(began) / time.Duration(tenth)
		case came == n-tenth:
			began = time.Now()
		}
		if came%rowsOfPage == 0 {
			peak = max(peak, heapObjects())
		}
	}
	if came != n {
		tb.Fatalf("%d rows came, and %d are there", came, n)
	}
	return peak - min(peak, idle), requests, first, time.Since(began) / time.Duration(tenth)
}

// TestRowsTakeConstantMemory reads 100,000 rows; the benchmark a million.
func TestRowsTakeConstantMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory too")
	}
	const n, most = 100_000, 16 << 20
	peak, requests, _, _ := readAll(t, n)
	if peak > most {
		t.Errorf("the heap grew by %d bytes, and %d may be", peak, most)
	}
	if requests != n/rowsOfPage+1 {
		t.Errorf("%d requests for %d pages", requests, n/rowsOfPage)
	}
}

func BenchmarkMillionRows(b *testing.B) {
	if testing.Short() {
		b.Skip("it takes seconds")
	}
	const n = 1_000_000
	for b.Loop() {
		peak, requests, first, last := readAll(b, n)
		b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
		b.ReportMetric(float64(requests), "requests")
		b.ReportMetric(float64(first), "ns/row-first-tenth")
		b.ReportMetric(float64(last), "ns/row-last-tenth")
	}
}
