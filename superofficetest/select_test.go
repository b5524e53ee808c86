package superofficetest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	const (
		right      = `{"Mask":"Delete","Reason":"[SR_READ_ONLY]"}`
		properties = `{"fieldName":{"FieldRight":{"Mask":"FULL","Reason":"US:\"Read only\";NO:\"Skrivebeskyttet\""},"FieldType":"System.Int32","FieldLength":721},` +
			`"other":{"FieldRight":null,"FieldType":"System.String","FieldLength":0}}`
	)
	tests := []struct {
		query string
		want  map[string]string // members that are not null
	}{
		{"", map[string]string{"Provider": `"nesciunt"`, "AccessToken": `"quidem"`, "RefreshToken": `"perferendis"`, "TableRight": right, "FieldProperties": properties}},
		{"$select=", map[string]string{"Provider": `"nesciunt"`, "AccessToken": `"quidem"`, "RefreshToken": `"perferendis"`, "TableRight": right, "FieldProperties": properties}},
		{"$select=Provider", map[string]string{"Provider": `"nesciunt"`}},
		{"%24SELECT=pROVIDER,%20accesstoken", map[string]string{"Provider": `"nesciunt"`, "AccessToken": `"quidem"`}},
		{"$select=Provider&$select=AccessToken", map[string]string{"Provider": `"nesciunt"`, "AccessToken": `"quidem"`}},
		{"$select=TableRight", map[string]string{"TableRight": right}},
		{"$select=tableright/MASK", map[string]string{"TableRight": `{"Mask":"Delete","Reason":null}`}},
		{"$select=TableRight%2FMask,TableRight/Reason", map[string]string{"TableRight": right}},
		{"$select=TableRight/Mask,TableRight", map[string]string{"TableRight": right}},
		{"$select=TableRight,TableRight/Mask", map[string]string{"TableRight": right}},
		{"$select=/TableRight/Mask/", map[string]string{"TableRight": `{"Mask":"Delete","Reason":null}`}},
		{"$select=Provider/Deeper", map[string]string{"Provider": `"nesciunt"`}},
		{"$select=FieldProperties/FIELDNAME/FieldRight/Mask", map[string]string{"FieldProperties": `{"fieldName":{"FieldRight":{"Mask":"FULL","Reason":null},"FieldType":null,"FieldLength":null},"other":null}`}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			got := f.post(t, "GetExternalTokens", getSample, query(tt.query))
			require.Equal(t, 200, got.status)
			var members map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(got.body), &members))
			for _, name := range []string{"Provider", "AccessToken", "RefreshToken", "TableRight", "FieldProperties"} {
				want, selected := tt.want[name]
				if !selected {
					want = "null"
				}
				require.Contains(t, members, name, "nulled out, not removed")
				assert.JSONEq(t, want, string(members[name]), name)
			}
		})
	}
	after := f.post(t, "GetExternalTokens", getSample).object(t)
	assert.Equal(t, "quidem", after["AccessToken"], "what is stored is left as it was")
}

func TestSelectOnScalar(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.post(t, "SaveExternalTokens", `{"TokenManagementInfo":{}}`, query("$select=Provider"))
	assert.Equal(t, `"external-token-000001"`, got.body)
}
