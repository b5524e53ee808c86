package superoffice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// A new company is begun with the server's defaults, changed and saved. What
// was fetched keeps all that it came with, so the next save loses nothing.
func ExampleContactAgent_SaveContactEntity() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	company, err := client.Contact.CreateDefaultContactEntity(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	company.Name = "Oslo Ost"
	company.CustomFields.Set("SuperOffice:1", superoffice.IntValue(42))
	company, err = client.Contact.SaveContactEntity(ctx, company)
	if err != nil {
		fmt.Println(err)
		return
	}
	company, err = client.Contact.GetContactEntity(ctx, company.ContactID)
	if err != nil {
		fmt.Println(err)
		return
	}
	company.Department = "North"
	company, err = client.Contact.SaveContactEntity(ctx, company)
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := company.CustomFields.Get("SuperOffice:1")
	number, err := value.Int()
	fmt.Println(company.ContactID, company.Name, company.Department, number, err)
	// Output: 1001 Oslo Ost North 42 <nil>
}

// A carrier that was fetched with Select holds some members only. Saving it
// would wipe the others, so it is refused.
func ExampleSelect_save() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	company, err := client.Contact.GetContactEntity(ctx, 5, superoffice.Select("Name"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Contact.SaveContactEntity(ctx, company)
	fmt.Println(errors.Is(err, superoffice.ErrPartial))
	// Output: true
}

// Flags work on their bits, whatever the names that the server chose.
func ExampleWeekday() {
	days := superoffice.Weekday("Monday, Wednesday, Fullmoon")
	fmt.Println(days.Has(superoffice.WeekdayWednesday), days.Has(superoffice.WeekdayFriday))
	days = days.With(superoffice.WeekdayFriday).Without(superoffice.WeekdayMonday)
	fmt.Println(days)
	// Output:
	// true false
	// Wednesday, Fullmoon, Friday
}

// Dates with an offset are instants. Those without are readings of a clock,
// which the caller hangs up somewhere.
func ExampleDateTime_Time() {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"2026-05-04T12:30:00+02:00", "2026-05-04T12:30:00"} {
		date, err := superoffice.ParseDateTime(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		instant, err := date.Time(oslo)
		fmt.Println(instant.UTC(), date.HasOffset(), err)
	}
	// Output:
	// 2026-05-04 10:30:00 +0000 UTC true <nil>
	// 2026-05-04 10:30:00 +0000 UTC false <nil>
}

// An appointment takes an instant, and lengths of time.
func ExampleAppointmentAgent_SaveAppointmentEntity() {
	server := superofficetest.NewServer()
	defer server.Close()
	client, ctx := server.Client(), context.Background()

	meeting, err := client.Appointment.CreateDefaultAppointmentEntity(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	meeting.StartDate = superoffice.DateTimeOf(time.Date(2026, time.May, 4, 10, 30, 0, 0, time.UTC))
	meeting.AlarmLeadTime = superoffice.TimeSpanOf(15 * time.Minute)
	meeting, err = client.Appointment.SaveAppointmentEntity(ctx, meeting)
	if err != nil {
		fmt.Println(err)
		return
	}
	alarm, err := meeting.AlarmLeadTime.Duration()
	fmt.Println(meeting.StartDate, alarm, err)
	// Output: 2026-05-04T10:30:00Z 15m0s <nil>
}

// A birthday may have no year.
func ExampleDate() {
	born := superoffice.DateOf(superoffice.YearUnknown, time.May, 17)
	day, err := born.Time(nil)
	fmt.Println(day.Format("2 January"), born.YearKnown(), err)
	// Output: 17 May false <nil>
}

// Custom fields are encoded text. What cannot be read is an error, and stays
// as it is.
func ExampleFieldValue() {
	fields := superoffice.CustomFields{
		"SuperOffice:1": superoffice.IntsValue(3, 4),
		"SuperOffice:2": "[DT:05/13/1999 20:28:37]",
		"SuperOffice:3": "[F:four]",
	}
	fmt.Println(fields["SuperOffice:1"].Ints())
	fmt.Println(fields["SuperOffice:2"].DateTime())
	_, err := fields["SuperOffice:3"].Float()
	fmt.Println(err)
	// Output:
	// [3 4] <nil>
	// 1999-05-13T20:28:37 <nil>
	// superoffice: the field value "[F:four]" is no number
}

// A key is found in any case, and a nil dictionary takes one.
func ExampleCustomFields() {
	var fields superoffice.CustomFields
	fields.Set("superoffice:1", superoffice.IntValue(42))
	fields.Set("SuperOffice:1", superoffice.IntValue(43))
	fields.Set("x_rental", superoffice.NullValue) // clears it
	text, err := json.Marshal(fields)
	fmt.Println(string(text), err)
	value, ok := fields.Get("SUPEROFFICE:1")
	fmt.Println(value, ok)
	// Output:
	// {"SuperOffice:1":"[I:43]","x_rental":null} <nil>
	// [I:43] true
}

// Some carriers come in kinds, which a type switch tells apart.
func ExampleFieldInfo() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.Reply("UserDefinedFieldInfo/GetCustomFieldInfoList", superofficetest.File("testdata/custom_field_infos.json"))

	infos, err := server.Client().UserDefinedFieldInfo.GetCustomFieldInfoList(context.Background(), "contact", true)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, info := range infos {
		switch info := info.(type) {
		case *superoffice.FieldInfoInt:
			fmt.Println(info.FieldName, "is", info.DefaultValue)
		case *superoffice.FieldInfoListText:
			fmt.Println(info.FieldName, "is one of", info.Choices)
		default:
			fmt.Println(info.Base().FieldName, "is a", info.Base().FieldType)
		}
	}
	// Output:
	// x_boxes is 12
	// x_weight is a Decimal
	// x_shape is a Hologram
	// x_size is one of [S M]
}
