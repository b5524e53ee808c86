package superoffice

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		assert.Equal(t, bits, tableRights.parse(string(mask)), mask)
	}
	field := map[FieldRightMask]uint64{
		FieldRightNone: 0, FieldRightRead: 1, FieldRightWrite: 2, FieldRightUpdate: 3, FieldRightUnused1: 4, FieldRightUnused2: 8,
		FieldRightUnused3: 16, FieldRightUnused4: 32, FieldRightNullable: 32, FieldRightUIHintMandatory: 64,
		FieldRightUIHintReadOnly: 128, FieldRightUIHints: 192, FieldRightUndefinedValue256: 256,
	}
	require.Len(t, fieldRights, len(field))
	for mask, bits := range field {
		assert.Equal(t, bits, fieldRights.parse(string(mask)), mask)
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
		for name := range names(text) {
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
