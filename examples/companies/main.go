// Command companies makes a company, changes it, books a meeting with it and
// reads a document, to show how carriers, custom fields, dates and files go.
//
// Without configuration it runs against a stand-in server inside the program;
// see internal/connect for how to name yours. There it leaves nothing
// behind: what it makes it deletes again.
//
// It exits with 0 only if everything worked.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/rest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "companies:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, done, err := connect.Client()
	if err != nil {
		return err
	}
	defer done()
	company, err := create(ctx, client)
	if err != nil {
		return err
	}
	if err := meet(ctx, client, company); err != nil {
		return err
	}
	if err := upload(ctx, client); err != nil {
		return err
	}
	return remove(ctx, client, company.ContactID)
}

// create begins with the server's defaults, since preferences fill fields, and
// then changes one of them.
func create(ctx context.Context, client *superoffice.Client) (*superoffice.ContactEntity, error) {
	company, err := client.Contact.CreateDefaultContactEntity(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for a new company: %w", err)
	}
	company.Name = "Example Trading"
	if company, err = client.Contact.SaveContactEntity(ctx, company); err != nil {
		return nil, fmt.Errorf("saving it: %w", err)
	}
	// One field, whatever others change meanwhile.
	company, err = rest.New(client).Contact.Change(ctx, company.ContactID, func(c *superoffice.ContactEntity) error {
		c.Department = "Oslo"
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("changing it: %w", err)
	}
	fmt.Printf("Company %d: %s, %s\n", company.ContactID, company.Name, company.Department)
	for name, value := range company.CustomFields {
		if number, err := value.Int(); err == nil {
			fmt.Printf("  custom field %s is the number %d\n", name, number)
		}
	}
	return company, nil
}

// meet books an hour and has an alarm a quarter before it.
func meet(ctx context.Context, client *superoffice.Client, company *superoffice.ContactEntity) error {
	meeting, err := client.Appointment.CreateDefaultAppointmentEntity(ctx)
	if err != nil {
		return fmt.Errorf("asking for a new appointment: %w", err)
	}
	start := time.Date(2030, time.May, 6, 10, 0, 0, 0, time.UTC)
	meeting.Contact = &superoffice.Contact{ContactID: company.ContactID}
	meeting.StartDate = superoffice.DateTimeOf(start)
	meeting.EndDate = superoffice.DateTimeOf(start.Add(time.Hour))
	meeting.AlarmLeadTime = superoffice.TimeSpanOf(15 * time.Minute)
	if meeting, err = client.Appointment.SaveAppointmentEntity(ctx, meeting); err != nil {
		return fmt.Errorf("saving the appointment: %w", err)
	}
	fmt.Println("Meeting at", meeting.StartDate, "with an alarm", meeting.AlarmLeadTime, "before")
	return client.Appointment.DeleteAppointmentEntity(ctx, meeting.AppointmentID)
}

// upload sends this program's own file, as it is read, to the server's folder
// for temporary files.
func upload(ctx context.Context, client *superoffice.Client) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	start := io.LimitReader(file, 1<<20)
	name, err := client.Document.CreateTempFile(ctx, "example.bin", start)
	if err != nil {
		return fmt.Errorf("sending a file: %w", err)
	}
	fmt.Println("Sent a file, known as", name)
	return nil
}

// remove deletes the company, and makes sure that it is gone.
func remove(ctx context.Context, client *superoffice.Client, id int) error {
	if err := client.Contact.DeleteContactEntity(ctx, id); err != nil {
		return fmt.Errorf("deleting the company: %w", err)
	}
	if _, err := client.Contact.GetContactEntity(ctx, id); !errors.Is(err, superoffice.ErrNotFound) {
		return fmt.Errorf("the company is still there: %w", err)
	}
	fmt.Println("Deleted it again")
	return nil
}
