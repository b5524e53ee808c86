package superofficetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/rest"
)

// TestVendorClientOnEntities makes all calls that the six REST classes of the
// vendor's client have, with them and with package rest, each on a sandbox of its
// own, and compares what they return field by field.
func TestVendorClientOnEntities(t *testing.T) {
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
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "entities.cjs"), url, string(headers))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	theirs := decodeTree(t, out).(map[string]any)

	url, user, password = sandbox(t, binary)
	client, err := superoffice.NewClient(url, superoffice.WithAuth(superoffice.BasicAuth(user, password)))
	require.NoError(t, err)
	entities, ours := rest.New(client), make(map[string]any)
	entityLikeTheVendors(t, ours, "Contact", &entities.Contact, func(c *superoffice.ContactEntity) *string { return &c.Name })
	entityLikeTheVendors(t, ours, "Person", &entities.Person, func(p *superoffice.PersonEntity) *string { return &p.Firstname })
	entityLikeTheVendors(t, ours, "Project", &entities.Project, func(p *superoffice.ProjectEntity) *string { return &p.Name })
	entityLikeTheVendors(t, ours, "Sale", &entities.Sale, func(s *superoffice.SaleEntity) *string { return &s.Heading })
	entityLikeTheVendors(t, ours, "Document", &entities.Document, func(d *superoffice.DocumentEntity) *string { return &d.Header })
	entityLikeTheVendors(t, ours, "Appointment", &entities.Appointment, func(a *superoffice.AppointmentEntity) *string { return &a.Description })
	assert.Len(t, theirs, len(ours))
	d, err := definition()
	require.NoError(t, err)
	compare := comparison{t, d}
	for name, result := range ours {
		entity, _, _ := strings.Cut(name, ".")
		compare.equal(name, apidef.Type(entity+"Entity"), result, theirs[name])
	}
}

// entity is what the six entities have in common.
type entity[T any] interface {
	Default(ctx context.Context, opts ...superoffice.CallOption) (*T, error)
	Create(ctx context.Context, entity *T, opts ...superoffice.CallOption) (*T, error)
	Get(ctx context.Context, id int, opts ...superoffice.CallOption) (*T, error)
	Replace(ctx context.Context, id int, entity *T, opts ...superoffice.CallOption) (*T, error)
	Patch(ctx context.Context, id int, changes rest.Patch, opts ...superoffice.CallOption) (*T, error)
	Delete(ctx context.Context, id int, opts ...superoffice.CallOption) error
}

// entityLikeTheVendors makes the calls of testdata/entities.cjs for one entity.
func entityLikeTheVendors[T any](t *testing.T, results map[string]any, name string, e entity[T], text func(*T) *string) {
	t.Helper()
	keep := func(verb string, result *T, err error) *T {
		require.NoError(t, err, name, verb)
		text, err := json.Marshal(result)
		require.NoError(t, err, name)
		results[name+"."+verb] = withoutLinks(decodeTree(t, text))
		return result
	}
	fresh, err := e.Default(t.Context())
	keep("Default", fresh, err)
	*text(fresh) = "Vendor's"
	made, err := e.Create(t.Context(), fresh)
	keep("Create", made, err)
	id := int(reflect.ValueOf(made).Elem().FieldByName(name + "ID").Int())
	found, err := e.Get(t.Context(), id)
	keep("Get", found, err)
	changed := rest.Clone(found)
	*text(changed) = "Changed"
	replaced, err := e.Replace(t.Context(), id, changed)
	keep("Replace", replaced, err)
	patched := rest.Clone(replaced)
	*text(patched) = "Patched"
	patch, err := rest.Diff(replaced, patched)
	require.NoError(t, err, name)
	patched, err = e.Patch(t.Context(), id, patch)
	keep("Patch", patched, err)
	require.NoError(t, e.Delete(t.Context(), id))
	results[name+".Delete"] = nil
}

// withoutLinks leaves out the links, whose host is that of the sandbox.
func withoutLinks(tree any) any {
	object := tree.(map[string]any)
	delete(object, "_Links")
	return object
}
