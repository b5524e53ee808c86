package bulk_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/superoffice-go/superoffice/bulk"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// Drill is a row of an extra table.
type Drill struct {
	No    string     `so:"x_no"`
	Name  string     `so:"x_name"`
	Price float64    `so:"x_price"`
	Until *time.Time `so:"x_until"`
}

func withDrills() (*superofficetest.Server, bulk.Writer[Drill]) {
	server := superofficetest.NewServer()
	server.AddTable(superofficetest.Table{Name: "y_drill", Columns: []superofficetest.Column{
		{Name: "x_no", Type: superofficetest.ColumnString, MaxLength: 20, NotNull: true}, {Name: "x_name", Type: superofficetest.ColumnString, MaxLength: 10},
		{Name: "x_price", Type: superofficetest.ColumnDecimal}, {Name: "x_until", Type: superofficetest.ColumnDateTime},
	}})
	return server, bulk.Into[Drill](server.Client(), "y_drill").Limit("x_name", 10)
}

// Rows are found by a key: those that are there are changed, and the others added.
func ExampleWriter_Upsert() {
	server, into := withDrills()
	defer server.Close()
	for _, rows := range [][]Drill{
		{{No: "D-1", Name: "Hammer", Price: 99.5}, {No: "D-2", Name: "Rotary"}},
		{{No: "D-1", Name: "Hammer", Price: 89.5}, {No: "D-2", Name: "Rotary"}, {No: "D-3", Name: "A name of many words"}, {No: "D-4", Name: "Core"}},
	} {
		for outcome, err := range into.Upsert(context.Background(), []string{"x_no"}, slices.Values(rows)) {
			if err != nil {
				fmt.Println(err) // the run has ended
				return
			}
			fmt.Println(outcome.Row, outcome.Status, outcome.Err)
		}
	}
	// Output:
	// 0 Inserted <nil>
	// 1 Inserted <nil>
	// 0 Updated <nil>
	// 1 Unchanged <nil>
	// 2 Failed superoffice: invalid argument: the column x_name: the text has 20 characters, at most 10 are allowed
	// 3 Inserted <nil>
}

// A batch whose answer was lost is Unknown, and never sent again by itself. Resume
// asks which of its rows are there.
func ExampleWriter_Resume() {
	server, into := withDrills()
	defer server.Close()
	server.InjectOn("DatabaseTable/Insert", 1, superofficetest.LostAnswer())
	rows := []Drill{{No: "D-1"}, {No: "D-2"}}
	var unknown []Drill
	for outcome, err := range into.Insert(context.Background(), slices.Values(rows)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if outcome.Status == bulk.Unknown {
			unknown = append(unknown, rows[outcome.Row])
		}
	}
	unknown = append(unknown, Drill{No: "D-3"})
	for outcome := range into.Resume(context.Background(), []string{"x_no"}, slices.Values(unknown)) {
		fmt.Println(outcome.Row, outcome.Status)
	}
	// Output:
	// 0 Unchanged
	// 1 Unchanged
	// 2 Inserted
}
