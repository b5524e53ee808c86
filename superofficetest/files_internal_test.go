package superofficetest

import (
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// streamParam returns the parameter of a call that is a file, or "".
func streamParam(c *apidef.Call) string {
	for _, p := range c.Params {
		if p.Type == "stream" {
			return p.Name
		}
	}
	return ""
}

func TestFileCallsAreOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, f := range fileCalls {
		c := theAPI().calls[strings.ToLower(name)]
		if !assert.NotNil(t, c, name) {
			continue
		}
		assert.Equal(t, name, c.Agent+"/"+c.Name)
		assert.True(t, c.Result == "stream" || streamParam(c) != "", name)
		for _, key := range f.keys {
			of, _, _ := strings.Cut(key, "/")
			assert.NotNil(t, param(c, of), "%s: %s", name, key)
		}
	}
}

// keyed is the body of a call with its keys filled in.
func (f fileCall) keyed() map[string]any {
	body := make(map[string]any)
	for _, path := range f.keys {
		name, inner, nested := strings.Cut(path, "/")
		var value any = "en-US"
		if strings.HasSuffix(path, "Id") {
			value = 7
		}
		if nested {
			value = map[string]any{inner: value}
		}
		body[name] = value
	}
	return body
}

// What each call stores comes back from each call that returns the same file.
func TestStoredFilesComeBack(t *testing.T) {
	t.Parallel()
	for storing, from := range fileCalls {
		param := streamParam(theAPI().calls[strings.ToLower(storing)])
		if param == "" || from.keys == nil {
			continue
		}
		returned := 0
		for returning, to := range fileCalls {
			if to.kind != from.kind || theAPI().calls[strings.ToLower(returning)].Result != "stream" {
				continue
			}
			returned++
			server := NewServer(WithTest(t))
			client := server.Client()
			in := from.keyed()
			in[param] = []byte("stored by " + storing)
			require.NoError(t, client.Call(t.Context(), "POST", "v1/Agents/"+storing, in, nil), storing)
			var out string
			require.NoError(t, client.Call(t.Context(), "POST", "v1/Agents/"+returning, to.keyed(), &out), returning)
			content, err := base64.StdEncoding.DecodeString(out)
			require.NoError(t, err, returning)
			assert.Equal(t, "stored by "+storing, string(content), returning)
		}
		assert.Positive(t, returned, storing)
	}
}

func TestStoredDocumentComesBack(t *testing.T) {
	t.Parallel()
	server := NewServer(WithTest(t))
	client, ctx := server.Client(), t.Context()
	document, err := client.Document.CreateDefaultDocumentEntity(ctx)
	require.NoError(t, err)
	document.Name = "offer.txt"
	document, err = client.Document.SaveDocumentEntity(ctx, document)
	require.NoError(t, err)
	stored, err := client.Document.SetDocumentStream(ctx, document, strings.NewReader("an offer"), true)
	require.NoError(t, err)
	assert.Equal(t, "offer.txt", stored.Name)
	assert.Equal(t, document.DocumentID, stored.DocumentID)
	read := func() (string, error) {
		file, err := client.Document.GetDocumentStream(ctx, document.DocumentID)
		if err != nil {
			return "", err
		}
		defer func() { assert.NoError(t, file.Close()) }()
		content, err := io.ReadAll(file)
		return string(content), err
	}
	content, err := read()
	require.NoError(t, err)
	assert.Equal(t, "an offer", content)

	byID, err := client.Document.SetDocumentStreamFromID(ctx, document.DocumentID, strings.NewReader("another"))
	require.NoError(t, err)
	assert.Equal(t, "offer.txt", byID.Name)
	content, err = read()
	require.NoError(t, err)
	assert.Equal(t, "another", content)

	report, err := client.Document.SavePrivacyReportPDF(ctx, strings.NewReader("%PDF"), "Privacy", 5)
	require.NoError(t, err)
	assert.Positive(t, report)

	require.NoError(t, client.Document.DeleteDocumentEntity(ctx, document.DocumentID))
	_, err = read()
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
}

// CreateDefault calls give what is to be filled in, so that nothing is saved
// that the caller did not write.
func TestDefaultsAreEmpty(t *testing.T) {
	t.Parallel()
	server := NewServer(WithTest(t))
	client, ctx := server.Client(), t.Context()
	contact, err := client.Contact.CreateDefaultContactEntity(ctx)
	require.NoError(t, err)
	assert.Empty(t, contact.Name)
	assert.Empty(t, contact.Emails)
	assert.Nil(t, contact.Associate)
	assert.True(t, contact.TableRight.Mask.Has(superoffice.TableRightUpdate))
	assert.Zero(t, contact.CreatedDate)

	user, err := client.User.CreateDefaultUserFromUserType(ctx, superoffice.UserTypeExternalAssociate)
	require.NoError(t, err)
	assert.Equal(t, superoffice.UserTypeExternalAssociate, user.Type)
	step, err := client.Workflow.CreateDefaultWorkflowStepFromType(ctx, superoffice.WorkflowStepTypeSendEmail)
	require.NoError(t, err)
	assert.IsType(t, &superoffice.WorkflowStepSendEmail{}, step)
	for _, c := range theAPI().Calls() {
		if !theAPI().createsDefault(c) {
			continue
		}
		for name, value := range (sampler{definition: theAPI()}).fresh(c, nil) {
			text, isText := value.(string)
			assert.False(t, isText && strings.HasSuffix(text, " text"), "%s: %s", c.Name, name)
		}
	}
}
