package superoffice_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// A company is found by its organisation number with package archive, which reads
// rows into structs.
func Example_findACompany() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()
	if _, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{Name: "Oslo Ost AS", OrgNr: "987654321"}); err != nil {
		log.Fatal(err)
	}

	type company struct {
		ID   int    `so:"contactId,key"`
		Name string `so:"name"`
	}
	const orgNr archive.Text = "orgNr"
	found, err := archive.From[company](client, archive.FindContact).Where(orgNr.Is("987654321")).First(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Name)
	// Output: Oslo Ost AS
}

// All sales above an amount: package archive reads page after page by the key of
// the rows, so that none is lost or read twice.
func Example_pageThroughSales() {
	today := time.Date(2026, time.May, 20, 12, 0, 0, 0, time.UTC)
	server := superofficetest.NewServer(superofficetest.WithDemoData(50), superofficetest.WithToday(today))
	defer server.Close()
	client := server.Client()

	type sale struct {
		ID      int     `so:"saleId,key"`
		Heading string  `so:"heading"`
		Company string  `so:"contact/name"`
		Amount  float64 `so:"amount"`
	}
	const amount archive.Decimal = "amount"
	sales := archive.From[sale](client, archive.FindSale).Where(amount.Greater(18_000)).PageSize(10)
	count := 0
	for s, err := range sales.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if count++; count <= 2 {
			fmt.Printf("%s, %s: %.2f\n", s.Heading, s.Company, s.Amount)
		}
	}
	fmt.Println(count, "sales")
	// Output:
	// 47 trucks, Oslo Textiles AS: 18019.50
	// 48 pumps, Oslo Textiles AS: 18056.50
	// 14 sales
}

// The agent gives rows as they are: columns to return, and a condition as a text.
// A quote in a value has a backslash before it.
func ExampleArchiveAgent_GetArchiveListByColumns2() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.Reply("Archive/GetArchiveListByColumns2", []any{map[string]any{
		"EntityName": "contact", "PrimaryKey": 5, "ColumnData": map[string]any{
			"contactId": map[string]any{"DisplayValue": "[I:5]"},
			"name":      map[string]any{"DisplayValue": "Oslo Ost AS"},
		},
	}})
	client := server.Client()

	rows, err := client.Archive.GetArchiveListByColumns2(context.Background(), superoffice.ArchiveGetArchiveListByColumns2Request{
		ProviderName: "FindContact", Columns: "contactId,name", Restrictions: "orgNr is '987654321'", Page: 0, PageSize: 2,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows {
		id, err := superoffice.FieldValue(row.ColumnData["contactId"].DisplayValue).Int()
		fmt.Println(id, row.ColumnData["name"].DisplayValue, err)
	}
	// Output: 5 Oslo Ost AS <nil>
}

// A document is made with its defaults, saved, and then given its content.
func ExampleDocumentAgent_SetDocumentStream() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	document, err := client.Document.CreateDefaultDocumentEntity(ctx)
	if err != nil {
		log.Fatal(err)
	}
	document.Header, document.Name = "Offer", "offer.txt"
	if document, err = client.Document.SaveDocumentEntity(ctx, document); err != nil {
		log.Fatal(err)
	}
	if document, err = client.Document.SetDocumentStream(ctx, document, strings.NewReader("20 pieces"), true); err != nil {
		log.Fatal(err)
	}
	file, err := client.Document.GetDocumentStream(ctx, document.DocumentID)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	fmt.Println(document.Header, string(content), err)
	// Output: Offer 20 pieces <nil>
}

// A request with an attachment: the request, a message in it, an attachment of
// the message, and the content of that.
func ExampleTicketAgent_UploadAttachment() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	ticket, err := client.Ticket.CreateDefaultTicketEntity(ctx)
	if err != nil {
		log.Fatal(err)
	}
	ticket.Title = "The printer is on fire"
	if ticket, err = client.Ticket.SaveTicketEntity(ctx, ticket); err != nil {
		log.Fatal(err)
	}
	attachment, err := client.Ticket.CreateDefaultAttachmentEntity(ctx)
	if err != nil {
		log.Fatal(err)
	}
	attachment.Name, attachment.ContentType = "photo.jpg", "image/jpeg"
	if attachment, err = client.Ticket.SaveAttachmentEntity(ctx, attachment); err != nil {
		log.Fatal(err)
	}
	if err := client.Ticket.UploadAttachment(ctx, attachment.AttachmentID, strings.NewReader("a photo")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ticket.Title, "-", attachment.Name)
	// Output: The printer is on fire - photo.jpg
}

// The items of a list by its name, such as the categories of companies.
func ExampleMDOAgent_GetSimpleList() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.Reply("MDO/GetSimpleList", []any{map[string]any{"Id": 1, "Name": "Customer"}, map[string]any{"Id": 2, "Name": "Partner"}})
	client := server.Client(superoffice.WithLanguage("en"))

	items, err := client.MDO.GetSimpleList(context.Background(), "category")
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range items {
		fmt.Println(item.ID, item.Name)
	}
	// Output:
	// 1 Customer
	// 2 Partner
}

// What the user may do comes with each record, in its TableRight.
func ExampleTableRight() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.Reply("Sale/GetSaleEntity", map[string]any{"SaleId": 5, "TableRight": map[string]any{"Mask": "Select, Update"}})
	client := server.Client()

	sale, err := client.Sale.GetSaleEntity(context.Background(), 5)
	if err != nil {
		log.Fatal(err)
	}
	rights := sale.TableRight.Mask
	fmt.Println(rights.Has(superoffice.TableRightUpdate), rights.Has(superoffice.TableRightDelete))
	// Output: true false
}

// An appointment for a company: type, time and place.
func ExampleAppointmentAgent_CreateDefaultAppointmentEntityByType() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(superoffice.WithTimeZone("UTC"), superoffice.WithTimeZoneOffsets()), context.Background()

	meeting, err := client.Appointment.CreateDefaultAppointmentEntityByType(ctx, superoffice.TaskTypeAppointment)
	if err != nil {
		log.Fatal(err)
	}
	start := time.Date(2026, time.May, 4, 10, 30, 0, 0, time.UTC)
	meeting.StartDate, meeting.EndDate = superoffice.DateTimeOf(start), superoffice.DateTimeOf(start.Add(time.Hour))
	meeting.Description, meeting.Contact = "Renewal", &superoffice.Contact{ContactID: 5}
	if meeting, err = client.Appointment.SaveAppointmentEntity(ctx, meeting); err != nil {
		log.Fatal(err)
	}
	fmt.Println(meeting.Description, meeting.StartDate)
	// Output: Renewal 2026-05-04T10:30:00Z
}
