package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/bulk"
)

// piece is a row of the benchmark of mass operations.
type piece struct {
	No    string    `so:"x_no"`
	Name  string    `so:"x_name"`
	Price float64   `so:"x_price"`
	Count int       `so:"x_count"`
	Since time.Time `so:"x_since"`
}

func pieces(n int) []piece {
	all := make([]piece, n)
	for i := range all {
		all[i] = piece{"E-" + strconv.Itoa(i), "Piece of equipment " + strconv.Itoa(i), float64(i) / 4, i, time.Date(2026, 5, 1, 0, 0, i, 0, time.UTC)}
	}
	return all
}

// upserts answers each upsert with the status of its rows.
func upserts(w http.ResponseWriter, r *http.Request) {
	var request struct{ Data [][]string }
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var out bytes.Buffer
	out.WriteString(`{"Success":true,"Message":"","Inserts":` + strconv.Itoa(len(request.Data)) + `,"RowStatus":[`)
	for i, row := range request.Data {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"PrimaryKey":%d,"Action":"Inserted","RowKeys":[%q]}`, i+1, row[0])
	}
	out.WriteString(`]}`)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out.Bytes())
}

// BenchmarkBulk writes 100,000 rows over loopback, by package bulk and by a loop over
// DatabaseTable.Upsert with the same batches that looks at the same answers.
func BenchmarkBulk(b *testing.B) {
	const rows = 100_000
	server := httptest.NewServer(http.HandlerFunc(upserts))
	defer server.Close()
	client, err := superoffice.NewClient(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	defer client.CloseIdleConnections()
	all := pieces(rows)
	for name, write := range map[string]func(context.Context, *superoffice.Client, []piece) (int, error){"bulk": writeBulk, "by hand": writeByHand} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := write(context.Background(), client, all); err != nil || n != rows {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func writeBulk(ctx context.Context, client *superoffice.Client, all []piece) (n int, err error) {
	for o, err := range bulk.Into[piece](client, "y_equipment").Upsert(ctx, []string{"x_no"}, slices.Values(all)) {
		if err != nil {
			return n, err
		}
		if o.Status == bulk.Inserted {
			n++
		}
	}
	return n, nil
}

// writeByHand is what one writes without package bulk.
func writeByHand(ctx context.Context, client *superoffice.Client, all []piece) (n int, err error) {
	for batch := range slices.Chunk(all, 500) {
		data := make([][]string, 0, len(batch))
		for _, p := range batch {
			data = append(data, []string{
				p.No, p.Name, string(superoffice.FloatValue(p.Price)), string(superoffice.IntValue(p.Count)), string(superoffice.DateTimeValue(p.Since)),
			})
		}
		result, err := client.DatabaseTable.Upsert(ctx, superoffice.DatabaseTableUpsertRequest{
			TableName: "y_equipment", Columns: []string{"x_no", "x_name", "x_price", "x_count", "x_since"}, Keys: []string{"x_no"}, Data: data,
			NomatchAction: superoffice.UpsertNomatchActionNoChange, ReturnRowStatus: true,
		})
		if err != nil {
			return n, err
		}
		if !result.Success {
			return n, fmt.Errorf("refused: %s", result.Message)
		}
		status := make(map[string]superoffice.UpsertRowActionStatus, len(batch))
		for _, row := range result.RowStatus {
			status[row.RowKeys[0]] = row.Action
		}
		for _, p := range batch {
			if status[p.No] == superoffice.UpsertRowActionStatusInserted {
				n++
			}
		}
	}
	return n, nil
}
