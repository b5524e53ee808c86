package superofficetest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// agentsClient returns a server tied to the test, and a client for it.
func agentsClient(t *testing.T, opts ...superofficetest.Option) (*superofficetest.Server, *superoffice.Client) {
	t.Helper()
	server := superofficetest.NewServer(append(opts, superofficetest.WithTest(t))...)
	return server, server.Client()
}

func TestEntitiesAreKept(t *testing.T) {
	t.Parallel()
	_, client := agentsClient(t)
	ctx := t.Context()

	contact, err := client.Contact.CreateDefaultContactEntity(ctx)
	require.NoError(t, err)
	assert.Zero(t, contact.ContactID)
	contact.Name = "Oslo Ost"
	saved, err := client.Contact.SaveContactEntity(ctx, contact)
	require.NoError(t, err)
	assert.Equal(t, 1001, saved.ContactID)
	assert.Equal(t, "Oslo Ost", saved.Name)

	saved.Department = "North"
	_, err = client.Contact.SaveContactEntity(ctx, saved)
	require.NoError(t, err)
	got, err := client.Contact.GetContactEntity(ctx, 1001)
	require.NoError(t, err)
	assert.Equal(t, "North", got.Department)
	assert.Equal(t, saved, got)

	short, err := client.Contact.GetContact(ctx, 1001)
	require.NoError(t, err)
	assert.Equal(t, "Oslo Ost", short.Name)
	assert.Equal(t, 1001, short.ContactID)
	list, err := client.Contact.GetContactList(ctx, []int{1001, 0, 7})
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "Oslo Ost", list[0].Name)
	assert.Equal(t, 7, list[1].ContactID)

	require.NoError(t, client.Contact.DeleteContactEntity(ctx, 1001))
	_, err = client.Contact.GetContactEntity(ctx, 1001)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = client.Contact.GetContactEntity(ctx, -1)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
	unsaved, err := client.Contact.GetContactEntity(ctx, 5)
	require.NoError(t, err)
	assert.Equal(t, 5, unsaved.ContactID, "one that nobody saved is a sample")
	again, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{ContactID: 1001, Name: "Back"})
	require.NoError(t, err)
	assert.Equal(t, "Back", again.Name)
}

func TestPeopleAppointmentsAndUsersAreKept(t *testing.T) {
	t.Parallel()
	_, client := agentsClient(t)
	ctx := t.Context()
	person, err := client.Person.SavePersonEntity(ctx, &superoffice.PersonEntity{Firstname: "Kari", BirthDate: superoffice.DateOf(1990, 5, 17)})
	require.NoError(t, err)
	person, err = client.Person.GetPersonEntity(ctx, person.PersonID)
	require.NoError(t, err)
	assert.Equal(t, "Kari", person.Firstname)
	assert.Equal(t, superoffice.DateOf(1990, 5, 17), person.BirthDate)
	meeting, err := client.Appointment.CreateDefaultAppointmentEntity(ctx)
	require.NoError(t, err)
	meeting, err = client.Appointment.SaveAppointmentEntity(ctx, meeting)
	require.NoError(t, err)
	require.NoError(t, client.Appointment.DeleteAppointmentEntity(ctx, meeting.AppointmentID))
	_, err = client.Appointment.GetAppointmentEntity(ctx, meeting.AppointmentID)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
	user, err := client.User.SaveUser(ctx, &superoffice.User{UserName: "kari"})
	require.NoError(t, err)
	user, err = client.User.GetUser(ctx, user.AssociateID)
	require.NoError(t, err)
	assert.Equal(t, "kari", user.UserName)
}

func TestMembersThatNobodyKnowsAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, err := f.try(f.request(t, f.api+"/v1/Agents/Contact/SaveContactEntity", `{"contactid":7,"emails":[{"value":"x"}],"NewMember":{"a":[1.50]}}`))
	require.NoError(t, err)
	got, err := f.try(f.request(t, f.api+"/v1/Agents/Contact/GetContactEntity?contactEntityId=7", ""))
	require.NoError(t, err)
	assert.JSONEq(t, `{"ContactId":7,"Emails":[{"Value":"x"}],"NewMember":{"a":[1.50]}}`, got.body)
	assert.Contains(t, got.body, "1.50")
}

func TestReply(t *testing.T) {
	t.Parallel()
	server, client := agentsClient(t)
	ctx := t.Context()
	server.Reply("contact/getcontactentity", superoffice.ContactEntity{ContactID: 5, Name: "Mine"})
	contact, err := client.Contact.GetContactEntity(ctx, 5)
	require.NoError(t, err)
	assert.Equal(t, "Mine", contact.Name)
	part, err := client.Contact.GetContactEntity(ctx, 5, superoffice.Select("ContactId"))
	require.NoError(t, err)
	assert.Empty(t, part.Name, "$select works on it")

	server.Reply("Contact/GetContactEntity", nil)
	_, err = client.Contact.GetContactEntity(ctx, 5)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)

	server.Reply("Contact/GetContactEntity", func(r *http.Request) (any, error) {
		if r.URL.Query().Get("contactEntityId") == "13" {
			return nil, errors.New("bad luck")
		}
		return superoffice.ContactEntity{Name: r.URL.RawQuery}, nil
	})
	contact, err = client.Contact.GetContactEntity(ctx, 6)
	require.NoError(t, err)
	assert.Equal(t, "contactEntityId=6", contact.Name)
	_, err = client.Contact.GetContactEntity(ctx, 13, superoffice.WithHeader("X", "y"))
	assert.ErrorContains(t, err, "bad luck")

	path := filepath.Join(t.TempDir(), "contact.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"ContactId":8,"Name":"Filed","New":1}`), 0o600))
	server.Reply("Contact/GetContactEntity", superofficetest.File(path))
	contact, err = client.Contact.GetContactEntity(ctx, 8)
	require.NoError(t, err)
	assert.Equal(t, "Filed", contact.Name)

	server.Reply("Contact/GetContactEntity", superofficetest.Status(http.StatusForbidden, "SoSentryException", "no"))
	for range 2 {
		_, err = client.Contact.GetContactEntity(ctx, 8)
		assert.ErrorIs(t, err, superoffice.ErrForbidden)
	}
	server.ClearReplies()
	_, err = client.Contact.GetContactEntity(ctx, 8)
	assert.NoError(t, err)

	server.Reply("Person/GetPersonImage", []byte("an image"))
	image, err := client.Person.GetPersonImage(ctx, 5)
	require.NoError(t, err)
	content, err := io.ReadAll(image)
	require.NoError(t, err)
	assert.Equal(t, "an image", string(content))
	require.NoError(t, image.Close())
	server.Reply("Person/GetPersonImage", "no base64!")
	image, err = client.Person.GetPersonImage(ctx, 5)
	require.NoError(t, err)
	content, err = io.ReadAll(image)
	require.NoError(t, err)
	assert.Equal(t, "no base64!", string(content))
	require.NoError(t, image.Close())
}

func TestRepliesThatCannotBe(t *testing.T) {
	t.Parallel()
	server, client := agentsClient(t)
	for want, reply := range map[string]func(){
		`did you mean "Contact/GetContactEntity"?`: func() { server.Reply("Contact/GetContctEntity", nil) },
		"json: unsupported type":                   func() { server.Reply("Contact/GetContactEntity", func() {}) },
		"no such file":                             func() { server.Reply("Contact/GetContactEntity", superofficetest.File("nowhere.json")) },
		"the answer is no JSON":                    func() { server.Reply("Contact/GetContactEntity", superofficetest.File("agents_test.go")) },
	} {
		func() {
			defer func() { assert.Contains(t, fmt.Sprint(recover()), want) }()
			reply()
			t.Error("did not panic")
		}()
	}
	server.Reply("Contact/GetContactEntity", func(*http.Request) (any, error) { return func() {}, nil })
	_, err := client.Contact.GetContactEntity(t.Context(), 5, superoffice.WithTimeout(0))
	assert.ErrorContains(t, err, "cannot be marshalled")
}

// failed stands in for a test and notes what failed it.
type failed struct {
	texts   []string
	cleanup func()
}

func (f *failed) Helper() {}
func (f *failed) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}
func (f *failed) Cleanup(after func()) { f.cleanup = after }

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	test := new(failed)
	f := newFixture(t, superofficetest.WithTest(test))
	for _, c := range []struct{ path, body, want string }{
		{"Contact/GetContactEntity", "", "query: the parameter contactEntityId is missing"},
		{"Contact/GetContactEntity?contactEntityId=x", "", "query contactEntityId: is a number, where a whole number was due"},
		{"Contact/GetContactEntity?contactEntityId=5&page=2", "", "query page: the call takes no such parameter"},
		{"Contact/GetContactEntity?contactEntityId=5", `{"a":1}`, "body: the call takes none"},
		{"Contact/GetContactEntity?contactEntityId=5&$select=Name,Associate/Nam", "", `query $select: Associate has no member "Nam" (in "Associate/Nam")`},
		{"Contact/CreateDefaultContactEntity?$select=Name", "", "query $select: the call takes no such parameter"},
		{"Contact/GetContactList", "", "The request body is missing."},
		{"Contact/GetContactList", `{"ids":[1]}`, "body: is an object, where a list was due"},
		{"Contact/GetContactList", `[1,"x",2.5]`, "body/1: is a text, where a whole number was due; Contact/GetContactList: body/2: is a number"},
		{"Contact/IsNumberValid", `{"ContactId":5,"Nr":"7"}`, "body/Nr: the call takes no such parameter; it takes ContactId, Number"},
		{"Contact/IsNumberValid", `[5]`, "the body is not an object"},
		{"Contact/SaveContactEntity", `{"Name":{},"CreatedDate":"soon","Emails":{"a":1},"Associate":"me","CustomFields":[],"ActivityInterval":true}`,
			"body/CreatedDate: is a text, where a date was due"},
		{"Appointment/SaveAppointmentEntity", `{"LeadTime":"15 minutes","Type":"","BookingType":"Owner, Participant","Private":true}`, "body/LeadTime: is a text, where a time span was due"},
		{"Person/SetPersonImage", `{"Image":"!"}`, "body/Image: is a text, where base64 was due"},
		{"UserDefinedFieldInfo/SaveUserDefinedFieldInfo", `{"UDListDefinitionId":[]}`, "body/UDListDefinitionId: is a list"},
	} {
		before := len(test.texts)
		got, err := f.try(f.request(t, f.api+"/v1/Agents/"+c.path, c.body))
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, got.status, c.path)
		all := f.Mismatches()
		require.NotEmpty(t, all)
		if c.path == "Contact/GetContactList" && c.body == `[1,"x",2.5]` {
			c.want = "body/1: is a text, where a whole number was due; body/2: is a number, where a whole number was due"
		}
		assert.Contains(t, all[len(all)-1], c.want)
		if c.body != "[5]" {
			assert.Greater(t, len(test.texts), before, "it fails the test")
		}
	}
	require.NotNil(t, test.cleanup)
	test.cleanup()
	_, err := f.try(f.request(t, f.api, ""))
	assert.Error(t, err, "the server is closed when the test ends")
}

func TestWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for path, body := range map[string]string{
		"Contact/SaveContactEntity": `{"contactid":"5","Name":7,"CreatedDate":"2024-05-01T10:00:00.1234567-0500","Emails":[{"Value":"a@b"}],"Associate":null,` +
			`"CustomFields":{"SuperOffice:1":"[I:5]"},"TableRight":{"Mask":"FULL"},"New":[1]}`,
		"Appointment/SaveAppointmentEntity":                  `{"LeadTime":"1.02:03:04.5","Type":"NeverHeardOf","BookingType":2}`,
		"Contact/GetContactList":                             `[]`,
		"Selection/SaveBoardViewSettings":                    `{"BoardViewSettings":{"EntityType":"Sale","HideClosedSales":true,"BadgeType":"Unknown"}}`,
		"EMail/CreateDefaultEMailEntity":                     ``,
		"Contact/GetContactEntity?CONTACTENTITYID=5":         ``,
		"Find/GetRestrictionGroup?$select=Restrictions/Name": `{}`,
	} {
		got, err := f.try(f.request(t, f.api+"/v1/Agents/"+path, body))
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, got.status, "%s: %s", path, got.body)
	}
	assert.Empty(t, f.Mismatches())
}

func TestFilesComeAsTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for accept, want := range map[string]string{
		"": "application/octet-stream", "*/*": "application/octet-stream", "application/octet-stream": "application/octet-stream",
		"application/json": "application/json; charset=utf-8", "application/xml": "application/xml; charset=utf-8",
	} {
		got, err := f.try(f.request(t, f.api+"/v1/Agents/Document/GetDocumentStream", `{"DocumentId":5}`, header("Accept", accept)))
		require.NoError(t, err)
		assert.Equal(t, want, got.header.Get("Content-Type"), accept)
	}
	assert.Contains(t, f.request(t, f.URL, "").URL.String(), "SuperOffice")
}

func TestDatesWithOffsets(t *testing.T) {
	t.Parallel()
	_, client := agentsClient(t)
	bare, err := client.Appointment.GetAppointmentEntity(t.Context(), 5)
	require.NoError(t, err)
	assert.False(t, bare.StartDate.HasOffset())
	zoned, err := client.Appointment.GetAppointmentEntity(t.Context(), 5, superoffice.WithTimeZone("UTC"), superoffice.WithTimeZoneOffsets())
	require.NoError(t, err)
	assert.True(t, zoned.StartDate.HasOffset())
}

func TestRespondServesWithoutASocket(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]superofficetest.Option{nil, {superofficetest.Online()}} {
		server, _ := agentsClient(t, opts...)
		transport := httpmock.NewMockTransport()
		transport.RegisterNoResponder(server.Respond)
		client, err := superoffice.NewClient("https://crm.example.com/anywhere",
			superoffice.WithHTTPClient(&http.Client{Transport: transport}), superoffice.WithAuth(superoffice.BasicAuth("mine", "own")))
		require.NoError(t, err)
		contact, err := client.Contact.GetContactEntity(t.Context(), 5)
		require.NoError(t, err)
		assert.Equal(t, 5, contact.ContactID)
		_, err = client.Contact.IsNumberValid(t.Context(), 5, "7")
		require.NoError(t, err)
		version, err := client.Version(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, version.NetServerVersion)
		server.InjectOn("Contact/GetContactEntity", 1, superofficetest.Null())
		_, err = client.Contact.GetContactEntity(t.Context(), 5)
		assert.ErrorIs(t, err, superoffice.ErrNotFound)
		assert.Len(t, server.Requests(), 4)
		assert.Zero(t, server.Connections())
	}
}
