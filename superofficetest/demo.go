package superofficetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
)

// The demo data is made of these, by the number of what is made.
var (
	demoPlaces   = []string{"Bergen", "Oslo", "Trondheim", "Tromsø", "Århus", "Malmö", "Turku", "Utrecht", "Leuven", "Linz", "Basel", "Cork"}
	demoTrades   = []string{"Marine", "Foods", "Timber", "Optics", "Textiles", "Logistics", "Energy", "Bakery", "Printing", "Robotics"}
	demoForms    = []string{"AS", "AB", "A/S", "Oy", "BV", "GmbH", "Ltd"}
	demoFirst    = []string{"Kari", "Ola", "Ingrid", "Lars", "Astrid", "Erik", "Sofie", "Mikkel", "Anneke", "Jonas", "Eilidh", "Pådraig"}
	demoLast     = []string{"Nordmann", "Berg", "Lindqvist", "Korhonen", "de Vries", "O'Brien", "Sørensen", "Maier", "Peeters", "Haugen"}
	demoGoods    = []string{"pumps", "winches", "sensors", "shelves", "printers", "ovens", "lenses", "trucks"}
	demoSubjects = []string{"Delivery is late", "Invoice does not match", "Cannot sign in", "Part is missing", "Wants an offer", "Machine has stopped"}

	// Lists have their texts in two languages.
	demoCategories = []string{`US:"Customer";NO:"Kunde"`, `US:"Prospect";NO:"Potensiell kunde"`, `US:"Vendor";NO:"Leverandør"`, `US:"Partner";NO:"Samarbeidspartner"`}
	demoBusinesses = []string{`US:"Industry";NO:"Industri"`, `US:"Trade";NO:"Handel"`, `US:"Services";NO:"Tjenester"`}
	demoCountries  = []string{"Norway", "Sweden", "Denmark", "Finland", "Netherlands", "Austria"}
	demoCurrencies = []string{"NOK", "EUR", "SEK"}
	demoStatuses   = []string{"Open", "Sold", "Lost"}
	demoUsers      = []string{"KN Kari Nordmann", "OB Ola Berg", "IL Ingrid Lindqvist", "LK Lars Korhonen"}
)

func pick(list []string, n int) string { return list[n%len(list)] }

func demoNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

func demoItem(list []string, n int) map[string]any {
	return map[string]any{"Id": demoNumber(n%len(list) + 1), "Value": pick(list, n)}
}

func demoUser(n int) map[string]any {
	initials, name, _ := strings.Cut(pick(demoUsers, n), " ")
	return map[string]any{"AssociateId": demoNumber(n%len(demoUsers) + 1), "Name": initials, "FullName": name}
}

// demo makes the data of companies.
type demo struct {
	seeded map[string]map[int]map[string]any
	today  time.Time // its clock is that of the installation
}

// How many of each a company has.
const (
	demoPersons      = 2
	demoSales        = 10
	demoAppointments = 3
)

// demoRentals is the extra table of the demo data.
var demoRentals = Table{Name: "y_rental", Title: "Rental", Display: "x_name", Columns: []Column{
	{Name: "x_name", Type: ColumnString, MaxLength: 100, NotNull: true, Label: "Name"}, {Name: "x_contact", Type: ColumnID, Table: "contact", Label: "Company"},
	{Name: "x_price", Type: ColumnDecimal, Label: "Price"}, {Name: "x_since", Type: ColumnDateTime, Label: "Since"},
}}

// seed fills the server with the data of n companies.
func (s *Server) seed(n int) {
	if n <= 0 {
		return
	}
	d := &demo{seeded: make(map[string]map[int]map[string]any), today: s.settings.now().In(s.settings.baseZone()).Truncate(time.Minute)}
	d.lists()
	s.AddTable(demoRentals)
	rentals := s.database.table(demoRentals.Name).store.(*memoryRows)
	for i := 1; i <= n; i++ {
		d.company(i)
		since := wallClock(d.today.AddDate(0, 0, -(i*11)%365), s.settings.baseZone())
		rentals.load(i, row{int64(i), "Rental of " + pick(demoGoods, i), int64(i), float64(50*(i%40)) + 0.5, since})
	}
	s.entities.seeded = d.seeded
	for _, entity := range slices.Sorted(maps.Keys(fieldEntities)) {
		s.AddField(Field{Entity: entity, Label: "Goods", Type: superoffice.UDefFieldTypeShortText})
		s.AddField(Field{Entity: entity, Label: "Grade", Type: superoffice.UDefFieldTypeNumber})
		s.AddField(Field{Entity: entity, Label: "Visited", Type: superoffice.UDefFieldTypeDate})
	}
}

// put stores an entity with what all of them have: who made it and when, and a
// custom field.
func (d *demo) put(carrier string, id int, changed time.Duration, object map[string]any) {
	updated := d.today.Add(-changed)
	object["CreatedDate"], object["UpdatedDate"] = demoClock(updated.AddDate(0, -2, 0)), demoClock(updated)
	object["CreatedBy"], object["UpdatedBy"] = demoUser(id), demoUser(id+1)
	if object["CustomFields"] == nil {
		object["CustomFields"] = map[string]any{
			"SuperOffice:1": pick(demoGoods, id), "SuperOffice:2": fmt.Sprintf("[I:%d]", id%7),
			"SuperOffice:3": "[D:" + updated.Format("01/02/2006") + "]",
		}
	}
	if d.seeded[carrier] == nil {
		d.seeded[carrier] = make(map[int]map[string]any)
	}
	d.seeded[carrier][id] = object
}

// lists makes the lists that the entities have items of.
func (d *demo) lists() {
	for name, texts := range map[string][]string{
		"category": demoCategories, "business": demoBusinesses, "country": demoCountries, "currency": demoCurrencies,
	} {
		items := make(map[int]map[string]any)
		for i, text := range texts {
			items[i+1] = listItem(i+1, ListItem{Name: text})
		}
		d.seeded[listEntity(name)] = items
	}
}

func demoClock(t time.Time) string { return t.Format("2006-01-02T15:04:05") }

// demoAge is how long ago something was changed: from an hour to about a
// year, the same for the same number.
func demoAge(n int) time.Duration {
	const step, steps = time.Hour, 8_761 // a prime
	return time.Duration(n*7_919%steps+1) * step
}

func (d *demo) company(i int) {
	name := fmt.Sprintf("%s %s %s", pick(demoPlaces, i), pick(demoTrades, i/len(demoPlaces)), pick(demoForms, i))
	if i > len(demoPlaces)*len(demoTrades) {
		name += " " + strconv.Itoa(i)
	}
	company := map[string]any{"ContactId": demoNumber(i), "Name": name}
	d.put("ContactEntity", i, demoAge(i), map[string]any{
		"ContactId": demoNumber(i), "Name": name, "Department": "", "OrgNr": fmt.Sprintf("9%08d", i), "Number1": strconv.Itoa(10_000 + i),
		"Category": demoItem(demoCategories, i), "Business": demoItem(demoBusinesses, i), "Country": map[string]any{"CountryId": demoNumber(i%len(demoCountries) + 1), "Name": pick(demoCountries, i)},
		"Associate": demoUser(i), "Xstop": i%11 == 0, "NoMailing": i%5 == 0,
	})
	var person map[string]any
	for k := range demoPersons {
		person = d.person((i-1)*demoPersons+k+1, company)
	}
	for k := range demoSales {
		d.sale((i-1)*demoSales+k+1, company, person)
	}
	for k := range demoAppointments {
		d.appointment((i-1)*demoAppointments+k+1, company, person)
	}
	d.document(i, company, person)
	d.ticket(i, person)
}

func (d *demo) person(i int, company map[string]any) map[string]any {
	first, last := pick(demoFirst, i), pick(demoLast, i/len(demoFirst))
	d.put("PersonEntity", i, demoAge(i+1), map[string]any{
		"PersonId": demoNumber(i), "Firstname": first, "Lastname": last, "FullName": first + " " + last,
		"Title": "", "Contact": company, "Associate": demoUser(i), "Retired": i%23 == 0,
	})
	return map[string]any{"PersonId": demoNumber(i), "FullName": first + " " + last}
}

func (d *demo) sale(i int, company, person map[string]any) {
	age := demoAge(i)
	d.put("SaleEntity", i, age, map[string]any{
		"SaleId": demoNumber(i), "Heading": fmt.Sprintf("%d %s", i%90+10, pick(demoGoods, i)), "Number": strconv.Itoa(20_000 + i),
		"Amount": json.Number(fmt.Sprintf("%d.5", i*37%100_000)), "Currency": demoItem(demoCurrencies, i),
		"Contact": company, "Person": person, "Associate": demoUser(i), "Status": pick(demoStatuses, i),
		"Probability": demoNumber(i * 10 % 110), "Saledate": demoClock(d.today.Add(-age).AddDate(0, 1, 0)),
	})
}

func (d *demo) appointment(i int, company, person map[string]any) {
	start := d.today.Add(-demoAge(i)).Truncate(time.Hour)
	d.put("AppointmentEntity", i, demoAge(i+3), map[string]any{
		"AppointmentId": demoNumber(i), "Title": "About " + pick(demoGoods, i), "Description": "We talk about " + pick(demoGoods, i) + ".",
		"StartDate": demoClock(start), "EndDate": demoClock(start.Add(time.Hour)), "Contact": company, "Person": person, "Associate": demoUser(i),
	})
}

func (d *demo) document(i int, company, person map[string]any) {
	d.put("DocumentEntity", i, demoAge(i+5), map[string]any{
		"DocumentId": demoNumber(i), "Header": "Offer for " + pick(demoGoods, i), "Name": fmt.Sprintf("offer%d.docx", i),
		"Date": demoClock(d.today.Add(-demoAge(i + 5))), "Contact": company, "Person": person, "Associate": demoUser(i),
	})
}

func (d *demo) ticket(i int, person map[string]any) {
	changed := d.today.Add(-demoAge(i + 7))
	d.put("TicketEntity", i, demoAge(i+7), map[string]any{
		"TicketId": demoNumber(i), "Title": pick(demoSubjects, i), "Person": person, "OwnedBy": demoUser(i),
		"CreatedAt": demoClock(changed.AddDate(0, 0, -3)), "LastChanged": demoClock(changed), "NumMessages": demoNumber(i%4 + 1),
	})
}
