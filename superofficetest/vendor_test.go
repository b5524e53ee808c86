package superofficetest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// TestVendorClientOnAgents makes more than twenty calls with the vendor's
// client and with ours, each on a sandbox of its own, and compares what they
// return field by field.
func TestVendorClientOnAgents(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	modules := vendorModules(t)
	if err != nil || modules == "" {
		t.Skip("node or the npm package @superoffice/webapi is not installed; see TestVendorClient")
	}
	binary := filepath.Join(t.TempDir(), "sosandbox.exe")
	text, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/sosandbox").CombinedOutput()
	require.NoError(t, err, "%s", text)

	url, user, password := sandbox(t, binary)
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	headers, err := json.Marshal(map[string]string{"Authorization": r.Header.Get("Authorization")})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "agents.cjs"), url, string(headers))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	theirs := decodeTree(t, out).(map[string]any)

	url, user, password = sandbox(t, binary)
	client, err := superoffice.NewClient(url, superoffice.WithAuth(superoffice.BasicAuth(user, password)))
	require.NoError(t, err)
	ours := callsLikeTheVendors(t, client)
	require.GreaterOrEqual(t, len(ours), 20)
	assert.Len(t, theirs, len(ours))
	d, err := apidef.Read(api.Files())
	require.NoError(t, err)
	compare := comparison{t, d}
	for name, result := range ours {
		agent, method, _ := strings.Cut(name, "/")
		for _, c := range d.Agent(agent).Calls {
			if c.Name == method {
				compare.equal(name, c.Result, result, theirs[name])
			}
		}
	}
}

// sandbox starts cmd/sosandbox and returns what it prints of itself.
func sandbox(t *testing.T, binary string) (url, user, password string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "-addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for password == "" && lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "base URL"); ok {
			url = strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "user, password"); ok {
			user, password, _ = strings.Cut(strings.TrimSpace(rest), "  ")
		}
	}
	require.NotEmpty(t, password, "the sandbox did not start")
	return url, user, password
}

// callsLikeTheVendors makes the calls of testdata/agents.cjs and returns the
// results as JSON trees.
func callsLikeTheVendors(t *testing.T, client *superoffice.Client) map[string]any {
	t.Helper()
	ctx, results := t.Context(), make(map[string]any)
	keep := func(name string, result any, err error) {
		require.NoError(t, err, name)
		text, err := json.Marshal(result)
		require.NoError(t, err, name)
		results[name] = decodeTree(t, text)
	}
	company, err := client.Contact.CreateDefaultContactEntity(ctx)
	keep("Contact/CreateDefaultContactEntity", company, err)
	company.Name = "Vendor's"
	company, err = client.Contact.SaveContactEntity(ctx, company)
	keep("Contact/SaveContactEntity", company, err)
	keepOf(keep, "Contact/GetContactEntity")(client.Contact.GetContactEntity(ctx, company.ContactID))
	keepOf(keep, "Contact/GetContact")(client.Contact.GetContact(ctx, company.ContactID))
	keepOf(keep, "Contact/GetContactList")(client.Contact.GetContactList(ctx, []int{company.ContactID, 7}))
	keepOf(keep, "Contact/IsNumberValid")(client.Contact.IsNumberValid(ctx, 5, "a1"))
	keep("Contact/DeleteContactEntity", nil, client.Contact.DeleteContactEntity(ctx, company.ContactID))
	keepOf(keep, "Contact/GetDuplicateRules")(client.Contact.GetDuplicateRules(ctx))
	keepOf(keep, "Person/CreateDefaultPersonEntity")(client.Person.CreateDefaultPersonEntity(ctx))
	keepOf(keep, "Person/GetPersonList")(client.Person.GetPersonList(ctx, []int{3, 4}))
	meeting, err := client.Appointment.CreateDefaultAppointmentEntity(ctx)
	keep("Appointment/CreateDefaultAppointmentEntity", meeting, err)
	meeting, err = client.Appointment.SaveAppointmentEntity(ctx, meeting)
	keep("Appointment/SaveAppointmentEntity", meeting, err)
	keepOf(keep, "Appointment/GetAppointmentEntity")(client.Appointment.GetAppointmentEntity(ctx, meeting.AppointmentID))
	keepOf(keep, "User/GetUser")(client.User.GetUser(ctx, 9))
	file, err := client.Document.GetDocumentStream(ctx, 5)
	require.NoError(t, err)
	content, err := io.ReadAll(file)
	keep("Document/GetDocumentStream", content, err)
	require.NoError(t, file.Close())
	keepOf(keep, "Document/CreateTempFile")(client.Document.CreateTempFile(ctx, "a.txt", strings.NewReader("bytes")))
	keepOf(keep, "Archive/GetArchiveListByColumns2")(client.Archive.GetArchiveListByColumns2(ctx, superoffice.ArchiveGetArchiveListByColumns2Request{
		ProviderName: "contact", Columns: "name", Restrictions: "name begins 'a'", PageSize: 10,
	}))
	keepOf(keep, "Webhook/GetAllWebhooks")(client.Webhook.GetAllWebhooks(ctx, "", "", superoffice.WebhookStateActive))
	keepOf(keep, "UserDefinedFieldInfo/GetCustomFieldInfoList")(client.UserDefinedFieldInfo.GetCustomFieldInfoList(ctx, "contact", true))
	keepOf(keep, "Workflow/GetEmailFlow")(client.Workflow.GetEmailFlow(ctx, 3))
	keepOf(keep, "List/GetAllCountries")(client.List.GetAllCountries(ctx, true))
	keepOf(keep, "BLOB/GetBlobEntity")(client.BLOB.GetBlobEntity(ctx, 4))
	return results
}

// keepOf lets a call's results be passed on as they come.
func keepOf(keep func(string, any, error), name string) func(any, error) {
	return func(result any, err error) { keep(name, result, err) }
}

func decodeTree(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	require.NoError(t, d.Decode(&tree), "%s", text)
	return tree
}

// comparison holds what our client returned against what the vendor's did. That
// one names members in camelCase, adds flags up, and turns dates and time
// spans into objects of its own.
type comparison struct {
	*testing.T
	d *apidef.Definition
}

func (c *comparison) equal(path string, t apidef.Type, ours, theirs any) {
	c.Helper()
	if ours == nil || theirs == nil {
		assert.Equal(c, ours == nil, theirs == nil, "%s: %v, and the vendor's %v", path, ours, theirs)
		return
	}
	if element, ok := t.List(); ok {
		list, their := ours.([]any), theirs.([]any)
		require.Len(c, their, len(list), path)
		for i := range list {
			c.equal(fmt.Sprintf("%s/%d", path, i), element, list[i], their[i])
		}
		return
	}
	if value, ok := t.Dictionary(); ok {
		object, their := ours.(map[string]any), theirs.(map[string]any)
		require.Len(c, their, len(object), path)
		for name := range object {
			c.equal(path+"/"+name, value, object[name], their[name])
		}
		return
	}
	if carrier := c.d.Carrier(t); carrier != nil {
		c.members(path, carrier, ours.(map[string]any), theirs.(map[string]any))
		return
	}
	c.scalar(path, t, fmt.Sprint(ours), theirs)
}

func (c *comparison) members(path string, carrier *apidef.Carrier, ours, theirs map[string]any) {
	c.Helper()
	byName := make(map[string]any)
	for name, value := range theirs {
		byName[strings.ToLower(name)] = value
	}
	for _, m := range carrier.Members {
		if m.Type == "span" && strings.Contains(path, "Appointment") && !strings.Contains(path, "Default") {
			continue // the vendor's client does not send them
		}
		c.equal(path+"/"+m.Name, m.Type, ours[m.Name], byName[strings.ToLower(m.Name)])
	}
}

func (c *comparison) scalar(path string, t apidef.Type, ours string, theirs any) {
	c.Helper()
	if e := c.d.Enum(t); e != nil {
		c.enum(path, e, ours, fmt.Sprint(theirs))
		return
	}
	switch t {
	case "time", "date":
		d, err := superoffice.ParseDateTime(ours)
		require.NoError(c, err, path)
		our, err := d.Time(time.UTC)
		require.NoError(c, err, path)
		their, err := time.Parse(time.RFC3339, fmt.Sprint(theirs))
		require.NoError(c, err, path)
		assert.True(c, our.Equal(their), "%s: %s, and the vendor's %s", path, our, their)
	case "span":
		span, err := superoffice.ParseTimeSpan(ours)
		require.NoError(c, err, path)
		our, err := span.Duration()
		require.NoError(c, err, path)
		text := strings.ToLower(strings.TrimPrefix(strings.Replace(fmt.Sprint(theirs), "P0D", "PT0S", 1), "PT"))
		their, err := time.ParseDuration(text)
		require.NoError(c, err, path)
		assert.Equal(c, their, our, path)
	default:
		assert.Equal(c, fmt.Sprint(theirs), ours, path)
	}
}

// enum compares names, or the sums of flags.
func (c *comparison) enum(path string, e *apidef.Enum, ours, theirs string) {
	c.Helper()
	sum := 0
	for name := range strings.SplitSeq(ours, ",") {
		for _, m := range e.Members {
			if m.Name == strings.TrimSpace(name) {
				sum |= m.Value
			}
		}
	}
	assert.Contains(c, []string{ours, fmt.Sprint(sum)}, theirs, path)
}
