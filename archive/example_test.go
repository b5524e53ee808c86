package archive_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/superoffice-go/superoffice"
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

// Company is what one wants to know of a company.
type Company struct {
	ID       int    `so:"contactId,key"`
	Name     string `so:"name"`
	Category string `so:"category"`
}

// Companies by name and category, in a language.
func ExampleQuery_Where() {
	client, done := demo()
	defer done()
	const name, category = archive.Text("name"), archive.List("category")

	query := archive.From[Company](client, archive.FindContact).
		Where(name.Begins("Oslo"), archive.Or(category.AnyOf(2), category.IsNull())).
		With(superoffice.WithLanguage("en"))
	companies, err := query.Collect(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range companies {
		fmt.Println(c.ID, c.Name, c.Category)
	}
	// Output:
	// 1 Oslo Marine AB Prospect
	// 13 Oslo Foods Ltd Prospect
	// 25 Oslo Timber BV Prospect
	// 37 Oslo Optics A/S Prospect
	// 49 Oslo Textiles AS Prospect
}

// The persons of a company.
func ExampleBelow() {
	client, done := demo()
	defer done()

	type Person struct {
		ID   int    `so:"personId,key"`
		Name string `so:"fullName"`
	}
	for person, err := range archive.Below[Person](client, "Contact", 5, "Persons").All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.ID, person.Name)
	}
	// Output:
	// 9 Jonas Nordmann
	// 10 Eilidh Nordmann
}

// Sales of this month, the largest first.
func ExampleDate_In() {
	client, done := demo()
	defer done()
	const saleDate, amount = archive.Date("saleDate"), archive.Decimal("amount")

	query := archive.From[Sale](client, archive.FindSale).
		Where(saleDate.In(archive.ThisPeriod(archive.Months)), amount.Greater(10_000)).
		OrderBy(amount.Desc()).
		Limit(3)
	for sale, err := range query.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %.2f\n", sale.Heading, sale.Amount)
	}
	// Output:
	// 48 pumps: 18056.50
	// 38 lenses: 17686.50
	// 27 shelves: 17279.50
}

// Requests that have changed, and what is not a request's own column.
func ExampleFrom() {
	client, done := demo()
	defer done()

	type Ticket struct {
		ID      int       `so:"ticketId,key"`
		Title   string    `so:"title"`
		Person  string    `so:"person/fullName"`
		Changed time.Time `so:"lastChanged"`
	}
	const changed archive.Date = "lastChanged"
	query := archive.From[Ticket](client, archive.Tickets).Where(changed.After(today.AddDate(0, 0, -14)))
	for ticket, err := range query.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ticket.Changed.Format(time.DateOnly), ticket.Title, "by", ticket.Person)
	}
	// Output:
	// 2026-05-12 Delivery is late by Kari de Vries
	// 2026-05-19 Part is missing by Sofie Maier
}

// A custom field is a column, as a field and in conditions.
func ExampleInt() {
	client, done := demo()
	defer done()
	const grade archive.Int = "saleUdef/SuperOffice:2"

	sale, err := archive.From[Sale](client, archive.FindSale).Where(grade.Greater(5)).First(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sale.Heading, *sale.Grade)
	// Output:
	// 16 lenses 6
}

// The rows of an extra table, by the provider dynamic.
func ExampleFrom_dynamic() {
	client, done := demo()
	defer done()

	type Rental struct {
		ID    int     `so:"y_rental.id,key"`
		Name  string  `so:"y_rental.x_name"`
		Price float64 `so:"y_rental.x_price"`
	}
	for rental, err := range archive.From[Rental](client, archive.Dynamic).Limit(2).All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %.2f\n", rental.Name, rental.Price)
	}
	// Output:
	// Rental of winches: 50.50
	// Rental of sensors: 100.50
}

// The total of a column, with the rows that it is of.
func ExampleQuery_GrandTotal() {
	client, done := demo()
	defer done()

	type Line struct {
		Kind    string  `so:"EntityName"`
		Heading string  `so:"heading"`
		Total   float64 `so:"Sum(amount):HideDetail"`
	}
	const company archive.Int = "contactId"
	query := archive.From[Line](client, archive.FindSale).Where(company.Is(5)).GrandTotal()
	for line, err := range query.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if line.Kind == "grandtotal" {
			fmt.Printf("in all: %.2f\n", line.Total)
		}
	}
	// Output:
	// in all: 16840.00
}

// Pages can be continued in another process.
func ExampleQuery_Resume() {
	client, done := demo()
	defer done()

	query := archive.From[Company](client, archive.FindContact).PageSize(20)
	cursor := ""
	for page, err := range query.Pages(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		cursor = page.Cursor // keep it where the next run finds it
		break
	}
	next, err := query.Resume(cursor).First(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(next.ID)
	// Output:
	// 21
}

// demo returns a client for a server with the data of fifty companies.
func demo() (*superoffice.Client, func()) {
	server := superofficetest.NewServer(superofficetest.WithDemoData(50), superofficetest.WithToday(today))
	client := server.Client()
	return client, func() {
		client.CloseIdleConnections()
		server.Close()
	}
}
