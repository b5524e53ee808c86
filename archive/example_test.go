package archive_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// today is when the data of the examples ends.
var today = time.Date(2026, time.May, 20, 12, 0, 0, 0, time.UTC)

// Sale is what one wants to know of a sale.
type Sale struct {
	ID      int       `so:"saleId,key"`
	Heading string    `so:"heading"`
	Company string    `so:"contact/name"`
	Amount  float64   `so:"amount"`
	Grade   *int      `so:"saleUdef/SuperOffice:2"`
	Updated time.Time `so:"updatedDate"`
}

// Updated is the column that says when a row was last changed.
const Updated archive.Date = "updatedDate"

// All sales that have changed since yesterday.
func Example() {
	server := superofficetest.NewServer(superofficetest.WithDemoData(200), superofficetest.WithToday(today))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	query := archive.From[Sale](client, archive.FindSale).Where(Updated.After(today.AddDate(0, 0, -1)))
	for sale, err := range query.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, %s: %.2f\n", sale.Heading, sale.Company, sale.Amount)
	}
	// Output:
	// 62 printers, Turku Marine Ltd: 1924.50
	// 87 ovens, Leuven Optics A/S: 16169.50
	// 74 sensors, Århus Bakery BV: 32338.50
	// 99 shelves, Turku Marine AS 126: 46583.50
	// 86 pumps, Trondheim Textiles A/S 170: 62752.50
}

func ExampleQuery_String() {
	server := superofficetest.NewServer()
	defer server.Close()
	const name, category = archive.Text("name"), archive.List("category")

	type Company struct {
		ID   int    `so:"contactId,key"`
		Name string `so:"name"`
	}
	query := archive.From[Company](server.Client(), archive.FindContact).
		Where(name.Begins("O'Brien"), category.AnyOf(2, 4))
	fmt.Println(query)
	// Output:
	// GET v1/Archive/FindContact?$select=contactId,name&$filter=name begins 'O\'Brien' and category oneOf (2,4)&$orderBy=contactId&$top=1000
}
