package udef_test

import (
	"context"
	"fmt"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/udef"
)

// company are the fields that a tenant has added to its companies.
type company struct {
	Grade  int       `so:"SuperOffice:2"`
	Branch udef.Item `so:"branch"`
	Rental *bool     `so:"x_rental"`
}

// Custom fields are read and written as a struct, and one that has changed is one
// step of a patch.
func Example() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()
	contact, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{
		Name: "Example Trading", CustomFields: superoffice.CustomFields{"SuperOffice:2": "[I:3]", "branch": "[I:7]", "branch:DisplayText": "Retail"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	contact, err = rest.New(client).Contact.Change(ctx, contact.ContactID, func(c *superoffice.ContactEntity) error {
		own, err := udef.Decode[company](c.CustomFields)
		if err != nil {
			return err
		}
		fmt.Println(own.Grade, own.Branch, own.Rental == nil)
		own.Grade++
		return udef.Encode(own, &c.CustomFields)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	grade, _ := contact.CustomFields.Get("SuperOffice:2")
	fmt.Println(grade)
	// Output:
	// 3 Retail true
	// [I:4]
}

// The same struct is part of a row of an archive: its columns begin with the name
// of the fields' table there.
func Example_archive() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()
	_, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{
		Name: "Example Trading", CustomFields: superoffice.CustomFields{"SuperOffice:2": "[I:3]", "branch": "[I:7]"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	type row struct {
		Name string  `so:"name"`
		Own  company `so:"contactUdef"`
	}
	for company, err := range archive.From[row](client, archive.FindContact).Limit(1).All(ctx) {
		fmt.Println(company.Name, company.Own.Grade, company.Own.Branch.ID, err)
	}
	// Output:
	// Example Trading 3 7 <nil>
}
