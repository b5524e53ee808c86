package superoffice_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// answering returns a client over a transport that gives one answer to every
// call, and what arrived there.
func answering(t *testing.T, answer string) (*superoffice.Client, *[]string) {
	t.Helper()
	var arrived []string
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		arrived = append(arrived, strings.TrimPrefix(r.URL.RequestURI(), "/api/v1/Agents/")+" "+string(body))
		response := httpmock.NewStringResponse(http.StatusOK, answer)
		if answer == "" {
			response.StatusCode = http.StatusNoContent
		}
		response.Header.Set("Content-Type", "application/json")
		return response, nil
	})
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)
	return client, &arrived
}

// Go's zero value would have the server delete more than the call says, so
// nothing is sent.
func TestZeroWidensNoCall(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client, arrived := answering(t, "null")
	key := superoffice.ForeignSystemDeleteForeignKeyRequest{ApplicationName: "a", DeviceName: "b", TableName: "contact", RecordID: 5}
	named := superoffice.ForeignSystemDeleteForeignKeyOnNameRequest{ApplicationName: "a", DeviceName: "b", KeyName: "k", TableName: "contact", RecordID: 5}
	require.NoError(t, client.ForeignSystem.DeleteForeignKey(ctx, key))
	require.NoError(t, client.ForeignSystem.DeleteForeignKeyOnName(ctx, named))
	require.Len(t, *arrived, 2)
	wideKey, wideNamed := key, named
	wideKey.TableName, wideNamed.TableName = "", ""
	key.RecordID, named.RecordID = 0, 0
	none := []superoffice.ArchiveRestrictionInfo{}
	for want, call := range map[string]func() error{
		"TableName is empty":     func() error { return client.ForeignSystem.DeleteForeignKey(ctx, wideKey) },
		"req.TableName is empty": func() error { return client.ForeignSystem.DeleteForeignKeyOnName(ctx, wideNamed) },
		"RecordID is empty":      func() error { return client.ForeignSystem.DeleteForeignKey(ctx, key) },
		"req.RecordID is empty":  func() error { return client.ForeignSystem.DeleteForeignKeyOnName(ctx, named) },
		"MoveAfterDate is empty": func() error {
			return client.Person.Merge(ctx, superoffice.PersonMergeRequest{SourcePersonID: 1, DestinationPersonID: 2})
		},
		"oveAfterDate is empty":     func() error { return client.Person.Move(ctx, 1, 2, superoffice.DateTime{}) },
		"restrictions is empty":     func() error { _, err := client.Ticket.SetDeletedStatusByProvider(ctx, "p", nil); return err },
		"argument: restrictions is": func() error { _, err := client.Ticket.SetDeletedStatusByProvider(ctx, "p", none); return err },
		": restrictions is empty":   func() error { _, err := client.Ticket.SetSpamStatusByProvider(ctx, "p", none); return err },
		"restrictions is":           func() error { return client.Favourite.RemoveTicketsFromFavouritesByProvider(ctx, "p", nil, 5) },
		"invalid argument: restrictions": func() error {
			_, err := client.Ticket.UpdateTicketsReadStatusByProvider(ctx, "p", nil, superoffice.TicketReadStatusRed)
			return err
		},
	} {
		err := call()
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, want)
		assert.ErrorContains(t, err, want)
	}
	assert.Len(t, *arrived, 2)
}

func TestWhereParametersGo(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client, arrived := answering(t, "null")
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error { _, err := client.Contact.GetContactEntity(ctx, 5); return err }, "Contact/GetContactEntity?contactEntityId=5 "},
		{func() error {
			_, err := client.Contact.GetContactEntity(ctx, 5, superoffice.Select("Name", "Associate/Name"))
			return err
		}, "Contact/GetContactEntity?contactEntityId=5&$select=Name,Associate/Name "},
		{func() error { return client.Contact.DeleteContactEntity(ctx, -1) }, "Contact/DeleteContactEntity?contactEntityId=-1 "},
		{func() error { _, err := client.Contact.CreateDefaultContactEntity(ctx); return err }, "Contact/CreateDefaultContactEntity "},
		{func() error { _, err := client.Contact.GetContactList(ctx, []int{3, 4}); return err }, "Contact/GetContactList [3,4]"},
		{func() error { _, err := client.Contact.GetContactList(ctx, nil); return err }, "Contact/GetContactList []"},
		{func() error { _, err := client.Contact.IsNumberValid(ctx, 5, "a1"); return err }, `Contact/IsNumberValid {"ContactId":5,"Number":"a1"}`},
		{func() error {
			return client.Contact.Merge(ctx, superoffice.ContactMergeRequest{SourceContactID: 1, DestinationContactID: 2})
		}, `Contact/Merge {"SourceContactId":1,"DestinationContactId":2,"MergeIdenticalPersons":false,"ReplaceEmptyFieldsOnDestination":false}`},
		{func() error {
			_, err := client.Webhook.SaveWebhook(ctx, &superoffice.Webhook{Name: "n", State: superoffice.WebhookStateActive})
			return err
		}, `Webhook/SaveWebhook {"WebhookId":0,"Name":"n","Events":null,"TargetUrl":"","Secret":"","State":"Active",`},
	} {
		_ = c.call()
		require.NotEmpty(t, *arrived)
		assert.Truef(t, strings.HasPrefix((*arrived)[len(*arrived)-1], c.want), "%s\ncame, where this was due:\n%s", (*arrived)[len(*arrived)-1], c.want)
	}
}

func TestResultsOfEveryShape(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	is := func(answer string) *superoffice.Client { client, _ := answering(t, answer); return client }

	_, err := is("null").Contact.GetContactEntity(ctx, 5)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
	list, err := is("null").Contact.GetContactList(ctx, []int{1})
	require.NoError(t, err)
	assert.Equal(t, []superoffice.Contact{}, list)
	list, err = is(`[{"ContactId":1,"Name":"One"},{"ContactId":2}]`).Contact.GetContactList(ctx, []int{1, 2})
	require.NoError(t, err)
	assert.Equal(t, "One", list[0].Name)
	valid, err := is(`"true"`).Contact.IsNumberValid(ctx, 5, "a1")
	require.NoError(t, err)
	assert.True(t, valid, "a scalar may come as text")
	number, err := is(`17`).Contact.Copy(ctx, superoffice.ContactCopyRequest{SourceContactID: 1})
	require.NoError(t, err)
	assert.Equal(t, 17, number)
	require.NoError(t, is("").Contact.DeleteContactEntity(ctx, 5))
	when, err := is(`"2024-05-01T10:00:00Z"`).TimeZone.TimeOfLastTimeZoneUpdate(ctx)
	require.NoError(t, err)
	assert.Equal(t, "2024-05-01T10:00:00Z", when.String())
}

func TestCallsAreCheckedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client, arrived := answering(t, `{"ContactId":5,"Name":"One","Persons":[{"PersonId":7}]}`)

	_, err := client.Contact.SaveContactEntity(ctx, nil)
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.ErrorContains(t, err, "entity is empty")
	_, err = client.Contact.CreateDefaultContactEntity(ctx, superoffice.Select("Name"))
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.ErrorContains(t, err, "Select does not go with Contact/CreateDefaultContactEntity, which always answers in full")
	_, err = client.Contact.GetContactEntity(ctx, 5, superoffice.Select("Nam"))
	assert.ErrorContains(t, err, `did you mean "Name"?`)
	assert.Empty(t, *arrived)

	part, err := client.Contact.GetContactEntity(ctx, 5, superoffice.Select("Name", "Persons"))
	require.NoError(t, err)
	copied := *part
	for _, entity := range []*superoffice.ContactEntity{part, &copied} {
		_, err = client.Contact.SaveContactEntity(ctx, entity)
		assert.ErrorIs(t, err, superoffice.ErrPartial)
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
		_, err = client.Contact.ChangeCountry(ctx, entity, 47)
		assert.ErrorIs(t, err, superoffice.ErrPartial, "in a request too")
	}
	holder := superoffice.ContactEntity{Persons: part.Persons[:1]}
	_, err = client.Contact.SaveContactEntity(ctx, &holder)
	assert.ErrorIs(t, err, superoffice.ErrPartial, "inside a whole one too")
	_, err = client.Contact.ValidateContactEntity(ctx, part)
	assert.NotErrorIs(t, err, superoffice.ErrPartial, "a read wipes nothing")
	whole, err := client.Contact.GetContactEntity(ctx, 5)
	require.NoError(t, err)
	_, err = client.Contact.SaveContactEntity(ctx, whole)
	assert.NoError(t, err)
	assert.Len(t, *arrived, 4)
}

func TestSubtypesAreTold(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/custom_field_infos.json")
	require.NoError(t, err)
	client, _ := answering(t, string(text))
	infos, err := client.UserDefinedFieldInfo.GetCustomFieldInfoList(t.Context(), "contact", true)
	require.NoError(t, err)
	require.Len(t, infos, 4)
	assert.Equal(t, 12, infos[0].(*superoffice.FieldInfoInt).DefaultValue)
	weight := infos[1].(*superoffice.FieldInfoDecimal)
	assert.Equal(t, 0.5, weight.DefaultValue)
	assert.Equal(t, 3, weight.Precision)
	assert.Equal(t, "x_weight", weight.Base().FieldName)
	assert.IsType(t, &superoffice.FieldInfoBase{}, infos[2], "a kind that nobody knows yet")
	assert.Equal(t, []string{"S", "M"}, infos[3].(*superoffice.FieldInfoListText).Choices)
	again, err := json.Marshal(infos)
	require.NoError(t, err)
	assert.JSONEq(t, string(text), string(again))
}

// Whatever holds a secret prints none.
func TestGeneratedTypesPrintNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hush-hush"
	d, err := definition()
	require.NoError(t, err)
	values := []any{
		superoffice.UserCreateExternalUserRequest{UserName: "u", Password: secret}, superoffice.UserSetExternalUserInfoRequest{Password: secret},
		superoffice.UserIsPasswordValidRequest{Password: secret}, superoffice.UserIsPasswordValidWithReasonRequest{Password: secret},
		superoffice.UserExchangeCodeAndSaveTokensRequest{AuthorizationCode: secret, Nonce: secret, PKCEVerifier: secret},
	}
	for _, c := range d.Carriers {
		for _, m := range c.Members {
			if m.Secret {
				carrier := everyCarrier[c.Name]()
				require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{%q:%q}`, m.Name, secret), carrier))
				values = append(values, carrier)
			}
		}
	}
	assert.Greater(t, len(values), 15)
	for _, v := range values {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		printed := fmt.Sprintf("%v %+v %#v %s %q %d", v, v, v, v, v, v) + log.String()
		assert.NotContains(t, printed, secret, "%T", v)
		assert.Contains(t, printed, "REDACTED", "%T", v)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Contains(t, string(text), secret, "its JSON does hold it")
	}
}

// A carrier that holds another with a secret prints none either, as a value of
// structured logs too.
func TestCarriersAroundSecretsPrintNone(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	checked := 0
	for _, c := range d.Carriers {
		if !d.HoldsSecret(apidef.Type(c.Name)) {
			continue
		}
		checked++
		sample := d.Samples(&apidef.Call{Params: []apidef.Param{{Name: "x", Type: apidef.Type(c.Name)}}}, 0)["x"]
		var secrets []string
		d.Secrets(apidef.Type(c.Name), sample, func(secret, _ string) { secrets = append(secrets, secret) })
		require.NotEmpty(t, secrets, c.Name)
		text, err := json.Marshal(sample)
		require.NoError(t, err)
		carrier := everyCarrier[c.Name]()
		require.NoError(t, json.Unmarshal(text, carrier))
		again, err := json.Marshal(carrier)
		require.NoError(t, err)
		var log strings.Builder
		logger := slog.New(slog.NewMultiHandler(slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)))
		logger.Info("x", "pointer", carrier, "value", reflect.ValueOf(carrier).Elem().Interface())
		value := reflect.ValueOf(carrier).Elem().Interface()
		printed := fmt.Sprintf("%v %+v %#v %s %v %+v %#v %s", carrier, carrier, carrier, carrier, value, value, value, value)
		for _, secret := range secrets {
			require.Contains(t, string(again), secret, c.Name)
			assert.NotContains(t, log.String()+printed, secret, c.Name)
		}
	}
	assert.Greater(t, checked, 15)
}
