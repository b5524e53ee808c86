package superoffice_test

import (
	"encoding/json"
	"reflect"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// Each carrier goes through both JSON libraries without loss, alone and
// inside something else.
func TestCarriersKeepWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	for text, carrier := range map[string]any{
		`{"Provider":"p","AccessToken":null,"RefreshToken":"","Claims":"","New":[null,1.50],"FieldProperties":{}}`: new(superoffice.TokenManagementInfo),
		`{"Mask":15,"Reason":"r","Why":{"x":null}}`:                                                                new(superoffice.TableRight),
		`{"FieldRight":null,"FieldType":null,"FieldLength":"721","New":true}`:                                      new(superoffice.FieldProperty),
		`{"Mask":"Brandnew, Read","New":{}}`:                                                                       new(superoffice.FieldRight),
		`{"v1":"u","Version":null,"Colour":"blue"}`:                                                                new(superoffice.APIVersion),
	} {
		require.NoError(t, json.Unmarshal([]byte(text), carrier))
		back, err := json.Marshal(carrier)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(back))
		require.NoError(t, jsonv2.Unmarshal([]byte(text), carrier))
		back, err = jsonv2.Marshal(carrier)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(back))
		back, err = json.Marshal(map[string]any{"In": reflect.ValueOf(carrier).Elem().Interface()})
		require.NoError(t, err)
		assert.JSONEq(t, `{"In":`+text+`}`, string(back), "as a value too")
	}
}

// What a program changes goes out; what it leaves goes out as it came.
func TestChangesWin(t *testing.T) {
	t.Parallel()
	var info superoffice.TokenManagementInfo
	require.NoError(t, json.Unmarshal([]byte(`{"Provider":null,"AccessToken":null,"New":1,"TableRight":{"Mask":15,"New":2}}`), &info))
	changed := info
	changed.AccessToken = "fresh"
	changed.TableRight = &superoffice.TableRight{Mask: superoffice.TableRightSelect}
	text, err := json.Marshal(changed)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Provider":null,"AccessToken":"fresh","New":1,"TableRight":{"Mask":"Select","Reason":""}}`, string(text))
	text, err = json.Marshal(info)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Provider":null,"AccessToken":null,"New":1,"TableRight":{"Mask":15,"New":2}}`, string(text), "the copy shares, and changes nothing")
}

func TestCarriersBuiltFromNothing(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(superoffice.TokenManagementInfo{})
	require.NoError(t, err)
	assert.Equal(t, `{"Provider":"","AccessToken":"","RefreshToken":"","TableRight":null,"FieldProperties":null}`, string(text),
		"a server that does not know Claims is not sent any")
	text, err = json.Marshal(superoffice.FieldProperty{FieldRight: &superoffice.FieldRight{}})
	require.NoError(t, err)
	assert.Equal(t, `{"FieldRight":{"Mask":"","Reason":""},"FieldType":"","FieldLength":0}`, string(text))
	text, err = json.Marshal(superoffice.SuggestedAppointmentEntity{Name: "Call"})
	require.NoError(t, err)
	assert.Equal(t, `{"SuggestedAppointmentId":0,"Name":"Call","Tooltip":"","Rank":0,"Deleted":false,"DaysFuture":0,"Duration":"00:00:00","AutoSuggest":false,`+
		`"IsMilestone":false,"AssignToMember":false,"Text":"","ProjectTypeStatusLink":null,"SaleTypeStageLink":null,"Type":null,"TableRight":null,"FieldProperties":null}`, string(text))
	text, err = json.Marshal(superoffice.RecurrenceInfo{})
	require.NoError(t, err)
	assert.Equal(t, `{"RecurrenceId":0,"StartDate":"0001-01-01T00:00:00","EndDate":"0001-01-01T00:00:00","RecurrenceCounter":0,`+
		`"DayPattern":null,"WeekPattern":null,"MonthPattern":null,"YearPattern":null,"Dates":null,"IsRecurrence":false}`, string(text),
		"enums that are not set are left out")
}

func FuzzTokenManagementInfo(f *testing.F) {
	for _, name := range []string{"external_tokens.json", "external_tokens_newer.json", "external_tokens_selected.json"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(`{"TableRight":{"Mask":1e1},"FieldProperties":{"":null,"a":{"FieldLength":"7 "}},"\u0041":1,"A":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second superoffice.TokenManagementInfo
		if json.Unmarshal(text, &first) != nil {
			return
		}
		once, err := json.Marshal(first)
		require.NoError(t, err, "what was read can be written")
		require.NoError(t, json.Unmarshal(once, &second))
		twice, err := json.Marshal(second)
		require.NoError(t, err)
		assert.Equal(t, string(once), string(twice))
		assert.Equal(t, first.Provider, second.Provider)
		assert.Equal(t, first.Claims, second.Claims)
	})
}
