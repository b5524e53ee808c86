package superoffice

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/enum"
)

func TestMasksWorkOnBits(t *testing.T) {
	t.Parallel()
	for _, flag := range []TableRightMask{TableRightSelect, TableRightUpdate, TableRightInsert, TableRightDelete, TableRightURI, "Select, Delete", "5", TableRightNone, ""} {
		assert.True(t, TableRightFULL.Has(flag), flag)
	}
	for _, flag := range []TableRightMask{TableRightFiltering, TableRightRestrictedUpdate, TableRightWRITE, "Select, Filtering", "Selekt", "16"} {
		assert.False(t, TableRightFULL.Has(flag), flag)
	}
	assert.True(t, TableRightMask("RI, RestrictedUpdate").Has(TableRightInsert))
	assert.True(t, TableRightMask("15").Has(TableRightFULL), "a number is bits")
	assert.True(t, TableRightMask("select,  UPDATE").Has(TableRightUR), "case and blanks do not matter")
	assert.True(t, TableRightMask("").Has(TableRightNone))
	assert.False(t, TableRightMask("").Has(TableRightSelect))

	hints := FieldRightMask("Update, UIHintMandatory")
	assert.True(t, hints.Has(FieldRightRead))
	assert.True(t, hints.Has(FieldRightWrite+", "+FieldRightUIHintMandatory))
	assert.False(t, hints.Has(FieldRightUIHints))
	assert.True(t, FieldRightNullable.Has(FieldRightUnused4), "two names for one bit")
}

func TestUnknownFlagsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	full := FieldRightMask("FULL") // no member of this enum
	assert.False(t, full.Has(FieldRightRead))
	assert.True(t, full.Has("FULL"))
	assert.False(t, full.Has("EMPTY"))
	mixed := FieldRightMask("Read, Brandnew")
	assert.True(t, mixed.Has("Brandnew, Read"))
	assert.Equal(t, "Read, Brandnew", mixed.String())
	assert.Equal(t, "FULL", TableRightFULL.String())
}

// Every member of the vendor's enums, by its value.
func TestMaskMembers(t *testing.T) {
	t.Parallel()
	table := map[TableRightMask]uint64{
		TableRightNone: 0, TableRightSelect: 1, TableRightR: 1, TableRightUpdate: 2, TableRightUR: 3, TableRightInsert: 4,
		TableRightRI: 5, TableRightURI: 7, TableRightDelete: 8, TableRightUDR: 11, TableRightFULL: 15, TableRightFiltering: 16,
		TableRightF: 16, TableRightRF: 17, TableRightFI: 20, TableRightRestrictedUpdate: 32, TableRightURU: 34, TableRightWRITE: 38,
		TableRightUnused1: 64, TableRightUninitialized: 128,
	}
	require.Len(t, tableRights, len(table))
	for mask, bits := range table {
		assert.Equal(t, bits, tableRights.Bits(string(mask)), mask)
	}
	field := map[FieldRightMask]uint64{
		FieldRightNone: 0, FieldRightRead: 1, FieldRightWrite: 2, FieldRightUpdate: 3, FieldRightUnused1: 4, FieldRightUnused2: 8,
		FieldRightUnused3: 16, FieldRightUnused4: 32, FieldRightNullable: 32, FieldRightUIHintMandatory: 64,
		FieldRightUIHintReadOnly: 128, FieldRightUIHints: 192, FieldRightUndefinedValue256: 256,
	}
	require.Len(t, fieldRights, len(field))
	for mask, bits := range field {
		assert.Equal(t, bits, fieldRights.Bits(string(mask)), mask)
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{"FULL", "Update, UIHintMandatory", "15", "-1", "0x10", ",,", "Select,,Nope", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mask := TableRightMask(text)
		assert.True(t, mask.Has(mask), "a mask has itself")
		assert.True(t, mask.Has(TableRightNone))
		for name := range enum.Names(text) {
			assert.True(t, mask.Has(TableRightMask(name)), "and each of its names")
		}
		in, err := json.Marshal(map[string]string{"Mask": text, "Reason": ""})
		require.NoError(t, err)
		var right TableRight
		require.NoError(t, json.Unmarshal(in, &right))
		out, err := json.Marshal(right)
		require.NoError(t, err)
		assert.JSONEq(t, string(in), string(out))
	})
}

func TestFlagsAreAdded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, added, want WebhookNotifyVia }{
		{"", WebhookNotifyViaEmail, "Email"},
		{"None", WebhookNotifyViaEmail, "Email"},
		{"Email", WebhookNotifyViaInApp, "Email, InApp"},
		{"InApp,Brandnew", "Email, InApp", "InApp, Brandnew, Email"},
		{" inapp ,  Email", WebhookNotifyViaInApp, " inapp ,  Email"},
		{"Email", WebhookNotifyViaNone, "Email"},
		{"Email", "Brandnew", "Email, Brandnew"},
		{"1", WebhookNotifyViaInApp, "3"},
		{"1", "Brandnew", "1, Brandnew"},
		{"", "", ""},
	} {
		assert.Equal(t, c.want, c.text.With(c.added), "%q with %q", c.text, c.added)
	}
	assert.Equal(t, TableRightFULL, TableRightFULL.With(TableRightDelete))
	assert.Equal(t, TableRightMask("Select, RestrictedUpdate, WRITE"), TableRightMask("Select, RestrictedUpdate").With(TableRightWRITE))
	assert.Equal(t, FieldRightMask("Update, Nullable"), FieldRightUpdate.With(FieldRightNullable))
}

func TestFlagsAreTakenAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, removed, want TableRightMask }{
		{"FULL", TableRightDelete, "Select, Update, Insert"},
		{"Select, FULL", TableRightDelete, "Select, Update, Insert"},
		{"FULL, Select", TableRightDelete, "Select, Update, Insert"},
		{"Select, Brandnew, Update", TableRightSelect, "Brandnew, Update"},
		{"Select, Brandnew", "Brandnew", "Select"},
		{"Select, Brandnew", "Other", "Select, Brandnew"},
		{"select,Update", TableRightFiltering, "select,Update"},
		{"Select", TableRightFULL, "None"},
		{"Select", TableRightNone, "Select"},
		{"None", TableRightNone, "None"},
		{"15", TableRightDelete, "7"},
		{"Select, 256", TableRightSelect, "256"},
		{"Select, 260", TableRightInsert, "Select, 256"},
		{"", TableRightSelect, ""},
	} {
		assert.Equal(t, c.want, c.text.Without(c.removed), "%q without %q", c.text, c.removed)
	}
	assert.Equal(t, FieldRightMask("Write, Nullable"), FieldRightMask("Update, Nullable").Without(FieldRightRead))
	assert.Equal(t, "0", enum.Flags{{Name: "A", Bits: 1}}.Without("A", "A"), "a set without a name for none")
}
