package rest_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// What an agent has saved REST finds and changes, and the other way round.
func TestOneWorld(t *testing.T) {
	t.Parallel()
	server, client, entities := newWorld(t)
	ctx := background()
	saved := newCompany(t, client)
	found, err := entities.Contact.Get(ctx, saved.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "Ann's", found.Name)
	links := rest.Links(found)
	assert.True(t, strings.HasSuffix(links["Self"], "/v1/Contact/1001"), links)
	assert.True(t, strings.HasSuffix(links["Archive"], "/v1/Contact"), links)
	assert.Nil(t, rest.Links(saved))

	found.Name = "Bo's"
	again, err := client.Contact.SaveContactEntity(ctx, found)
	require.NoError(t, err, "what REST gave the agent takes")
	assert.Nil(t, rest.Links(again))
	assert.Equal(t, "Bo's", again.Name)
	again.Name = "Cy's"
	replaced, err := entities.Contact.Replace(ctx, again.ContactID, again)
	require.NoError(t, err)
	assert.Equal(t, "Cy's", replaced.Name)
	short, err := entities.Contact.Simple(ctx, again.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "Cy's", short.Name)

	fresh, err := entities.Contact.Default(ctx)
	require.NoError(t, err)
	fresh.Name = "New"
	made, err := entities.Contact.Create(ctx, fresh)
	require.NoError(t, err)
	assert.NotZero(t, made.ContactID)
	require.NoError(t, entities.Contact.Delete(ctx, made.ContactID))
	_, err = entities.Contact.Get(ctx, made.ContactID)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = client.Contact.GetContactEntity(ctx, made.ContactID)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = entities.Contact.Patch(ctx, made.ContactID, must(rest.ParsePatch([]byte(`[{"op":"replace","path":"/Name","value":"x"}]`))))
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	assert.Empty(t, server.Mismatches())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestConditions(t *testing.T) {
	t.Parallel()
	_, client, entities := newWorld(t)
	ctx := background()
	saved := newCompany(t, client)
	ago, soon := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	_, err := entities.Contact.Get(ctx, saved.ContactID, superoffice.IfModifiedSince(soon))
	require.ErrorIs(t, err, superoffice.ErrNotModified)
	found, err := entities.Contact.Get(ctx, saved.ContactID, superoffice.IfModifiedSince(ago))
	require.NoError(t, err)
	changed := rest.Clone(found)
	changed.Name = "x"
	patch := must(rest.Diff(found, changed))
	_, err = entities.Contact.Patch(ctx, saved.ContactID, patch, superoffice.IfUnmodifiedSince(ago))
	require.ErrorIs(t, err, superoffice.ErrPreconditionFailed)
	_, err = entities.Contact.Replace(ctx, saved.ContactID, found, superoffice.IfUnmodifiedSince(ago))
	require.ErrorIs(t, err, superoffice.ErrPreconditionFailed)
	require.ErrorIs(t, entities.Contact.Delete(ctx, saved.ContactID, superoffice.IfUnmodifiedSince(ago)), superoffice.ErrPreconditionFailed)
	_, err = entities.Contact.Patch(ctx, saved.ContactID, patch, superoffice.IfUnmodifiedSince(soon))
	require.NoError(t, err)
	require.NoError(t, entities.Contact.Delete(ctx, saved.ContactID, superoffice.IfUnmodifiedSince(soon)))
}

// What the server would ignore, or take for something else, is not sent.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	server, client, entities := newWorld(t)
	ctx := background()
	saved := newCompany(t, client)
	server.ForgetRequests()
	for name, call := range map[string]func() error{
		"a condition": func() error {
			_, err := entities.Ticket.Get(ctx, 5, superoffice.IfModifiedSince(time.Now()))
			return err
		},
		"another condition": func() error {
			_, err := entities.Contact.Get(ctx, 5, superoffice.IfUnmodifiedSince(time.Now()))
			return err
		},
		"an option": func() error { _, err := entities.Contact.Get(ctx, 5, rest.WithNotify(true)); return err },
		"an agent's option": func() error {
			_, err := client.Contact.GetContactEntity(ctx, 5, rest.WithForeignKeys(true))
			return err
		},
		"a number":  func() error { _, err := entities.User.GetByName(ctx, "12"); return err },
		"a literal": func() error { _, err := entities.User.GetByName(ctx, "Current"); return err },
		"all records": func() error {
			return entities.ForeignApp.DeleteKeyOfDevice(ctx, "app", "device", "key", "identifier", "contact", 0)
		},
		"an empty name":     func() error { _, err := entities.User.GetByName(ctx, ""); return err },
		"a list's number":   func() error { _, err := entities.Lists.ByName("7").Items(ctx); return err },
		"a list of its own": func() error { _, err := entities.Lists.ByName("category").Items(ctx); return err },
		"a call of no list": func() error { _, err := entities.Lists.UserGroup.MDOItems(ctx); return err },
		"an option of no one": func() error {
			_, err := entities.Lists.TicketStatus.Items(ctx, rest.WithIncludeDeleted(true))
			return err
		},
		"a field's literal": func() error { _, err := entities.Contact.Layout.Field(ctx, "published"); return err },
		"a nil carrier":     func() error { _, err := entities.Contact.Create(ctx, nil); return err },
		"a nil file":        func() error { _, err := entities.Contact.Image.Set(ctx, 5, nil); return err },
		"select":            func() error { _, err := entities.Contact.Default(ctx, superoffice.Select("Name")); return err },
		"a guarded merge": func() error {
			_, err := entities.Contact.Patch(ctx, 5, must(rest.ParsePatch([]byte(`{"Name":"x"}`))).Guarded(saved))
			return err
		},
	} {
		require.ErrorIs(t, call(), superoffice.ErrInvalidArgument, name)
	}
	assert.Empty(t, server.Requests())
}

func TestOptions(t *testing.T) {
	t.Parallel()
	server, _, entities := newWorld(t)
	_, err := entities.Contact.Get(background(), 5, rest.WithForeignKeys(true), superoffice.Select("Name"))
	require.NoError(t, err)
	assert.Equal(t, "%24select=Name&fk=true", sorted(server.Requests()[0].RawQuery))
	_, err = entities.Document.Properties(background(), 5, rest.WithRequestedProperties("a b", "c&d"))
	require.NoError(t, err)
	assert.Equal(t, "requestedProperties=a%20b&requestedProperties=c%26d", server.Requests()[1].RawQuery)
	assert.Empty(t, server.Mismatches())
}

func sorted(query string) string {
	parts := strings.Split(strings.ReplaceAll(query, "$", "%24"), "&")
	if len(parts) == 2 && parts[0] > parts[1] {
		parts[0], parts[1] = parts[1], parts[0]
	}
	return strings.Join(parts, "&")
}

// A carrier that was fetched with Select is patched in what it has, and never sent
// as a whole.
func TestPartialCarriers(t *testing.T) {
	t.Parallel()
	_, client, entities := newWorld(t)
	saved := newCompany(t, client)
	partial, err := entities.Contact.Get(background(), saved.ContactID, superoffice.Select("ContactId", "Name"))
	require.NoError(t, err)
	_, err = entities.Contact.Replace(background(), saved.ContactID, partial)
	require.ErrorIs(t, err, superoffice.ErrPartial)
	_, err = entities.Contact.Replace(background(), saved.ContactID, rest.Clone(partial))
	require.ErrorIs(t, err, superoffice.ErrPartial)
	changed, err := entities.Contact.Change(background(), saved.ContactID, func(c *superoffice.ContactEntity) error {
		c.Name = "Bo's"
		return nil
	}, superoffice.Select("ContactId", "Name"))
	require.NoError(t, err)
	assert.Equal(t, "Bo's", changed.Name)
	whole, err := entities.Contact.Get(background(), saved.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "0", whole.Number1)
}

func TestContent(t *testing.T) {
	t.Parallel()
	server, client, entities := newWorld(t)
	ctx := background()
	picture := bytes.Repeat([]byte{0xff, 0, '\r', '\n', '-', '-'}, 20<<10)
	id, err := entities.Contact.Image.Set(ctx, 5, bytes.NewReader(picture), superoffice.WithContentType("image/png"))
	require.NoError(t, err)
	assert.NotZero(t, id)
	request := server.Requests()[0]
	assert.True(t, strings.HasPrefix(request.Header.Get("Content-Type"), "multipart/form-data; boundary="))
	assert.Contains(t, string(request.Body), `Content-Disposition: form-data; name="image"; filename="image"`+"\r\nContent-Type: image/png\r\n\r\n")
	assert.Equal(t, picture, readAll(t, must(entities.Contact.Image.Get(ctx, 5, rest.WithWidth(10)))))
	assert.Equal(t, picture, readAll(t, must(client.BLOB.GetContactImage(ctx, 5))), "as the agent has it")
	require.NoError(t, entities.Contact.Image.Delete(ctx, 5))

	// Of a reader whose length nobody knows.
	_, err = entities.Document.SetContent(ctx, 7, io.MultiReader(bytes.NewReader(picture)), superoffice.WithContentType("application/pdf"))
	require.NoError(t, err)
	request = server.Requests()[len(server.Requests())-1]
	assert.Equal(t, "application/pdf", request.Header.Get("Content-Type"))
	assert.Equal(t, picture, request.Body)
	assert.Equal(t, picture, readAll(t, must(entities.Document.Content(ctx, 7))))
	assert.Equal(t, picture, readAll(t, must(client.Document.GetDocumentStream(ctx, 7))))

	// A file that can go back is sent again after a renewal, and one that cannot is
	// an error.
	server.InjectOn("PUT Document/{documentId}/Content", 1, superofficetest.Unavailable("0"))
	_, err = entities.Document.SetContent(ctx, 8, bytes.NewReader(picture))
	require.NoError(t, err)
	assert.Equal(t, picture, readAll(t, must(entities.Document.Content(ctx, 8))))
	server.InjectOn("PUT Contact/{contactId}/Image", 1, superofficetest.Unavailable("0"))
	_, err = entities.Contact.Image.Set(ctx, 9, bytes.NewReader(picture))
	require.NoError(t, err)
	assert.Equal(t, picture, readAll(t, must(entities.Contact.Image.Get(ctx, 9))))
	server.InjectOn("PUT Contact/{contactId}/Image", 1, superofficetest.Unavailable("0"))
	_, err = entities.Contact.Image.Set(ctx, 9, io.MultiReader(bytes.NewReader(picture)))
	require.ErrorIs(t, err, superoffice.ErrUnavailable)
}

func readAll(t testing.TB, s *superoffice.Stream) []byte {
	t.Helper()
	content, err := io.ReadAll(s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return content
}

func TestLists(t *testing.T) {
	t.Parallel()
	server, _, entities := newWorld(t)
	ctx := background()
	item, err := entities.Lists.Category.Default(ctx)
	require.NoError(t, err)
	item.Name = "Customer"
	item, err = entities.Lists.Category.Add(ctx, item)
	require.NoError(t, err)
	items, err := entities.Lists.Category.Items(ctx, rest.WithIncludeDeleted(true))
	require.NoError(t, err)
	require.Len(t, items, 1)
	assert.Equal(t, "Customer", items[0].Name)
	item.Name = "Partner"
	_, err = entities.Lists.Category.Replace(ctx, item.ID, item)
	require.NoError(t, err)
	item, err = entities.Lists.Category.Item(ctx, item.ID)
	require.NoError(t, err)
	assert.Equal(t, "Partner", item.Name)
	require.NoError(t, entities.Lists.Category.Delete(ctx, item.ID))
	_, err = entities.Lists.Category.Item(ctx, item.ID)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = entities.Lists.ByName("udlist one").Headings(ctx)
	require.NoError(t, err)
	assert.Equal(t, "/SuperOffice/api/v1/List/udlist one/Headings", server.Requests()[len(server.Requests())-1].Path)
	_, err = entities.Lists.ByID(7).UserGroupsOf(ctx, 8)
	require.NoError(t, err)
	currency, err := entities.Lists.Currency.Item(ctx, 3)
	require.NoError(t, err)
	assert.IsType(t, &superoffice.CurrencyEntity{}, currency)
	assert.Empty(t, server.Mismatches())
}

// The secrets in a patch are redacted from what the server says of it.
func TestSecretsOfPatches(t *testing.T) {
	t.Parallel()
	server, _, entities := newWorld(t)
	hook, err := entities.Webhook.Get(background(), 5)
	require.NoError(t, err)
	changed := rest.Clone(hook)
	changed.Secret = "tops3cret-value"
	patch := must(rest.Diff(hook, changed))
	server.InjectOn("PATCH Webhook/{id}", 1, superofficetest.Status(http.StatusBadRequest, "ArgumentException", "bad: tops3cret-value"))
	_, err = entities.Webhook.Patch(background(), 5, patch)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "tops3cret")
}

// A GET that changes something is not sent again.
func TestGetThatWrites(t *testing.T) {
	t.Parallel()
	server, _, entities := newWorld(t)
	server.InjectOn("List/TicketStatus/{fromTicketStatusId}/ChangeTo/{toTicketStatusId}", 1, superofficetest.Reset())
	require.Error(t, entities.List.ChangeTicketStatus(background(), 1, 2))
	assert.Len(t, server.Requests(), 1)
	require.NoError(t, entities.List.ChangeTicketStatus(background(), 1, 2))
}
