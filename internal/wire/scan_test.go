package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// syntaxSeeds are texts at the edge of what JSON is.
var syntaxSeeds = []string{
	``, ` `, `null`, ` true `, `nul`, `nulx`, `truefalse`, `fals`, `x`, `}`, `]`, `:`, `,`, "\x00", "\x1f1",
	`0`, `-0`, `-`, `-x`, `01`, `1.`, `1.x`, `1.5`, `1e`, `1e+`, `1E-07`, `1e5x`, `.5`, `+1`, `--1`, `1_0`, `0x1`, `12 3`, `0[`, `{}{`,
	`""`, `"`, `"a`, `"\`, `"\"`, `"\n\/\b\f\r\t\\\""`, `"\x"`, `"\u12`, `"\u1"`, `"\u12G4"`, `"\u00e5\uD83D\uDE00"`, `"\ud800"`, `"\ud800\u"`, `"\ud800\ud800"`, "\"\n\"", "\"\x7f\"", "\"\xff\"", "\"\xe2\x82\"", "\xff",
	`[]`, `[`, `[ ]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1}`, `[[[]]]`, `[1,2,[3]]`, `[]]`, `[] []`, "[\t1\r\n,\n2 ]",
	`{}`, `{`, `{ }`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{"a",1}`, `{a:1}`, `{1:2}`, `{"a":1]`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{"a":{"b":[{}]}}`, `{"a"::1}`, `{} {}`, `{"\u0061":1}`,
	`{"PersonId":5,}`, `{"PersonId"}`, `{"PersonId":}`, `{"PersonId":5 5}`, `{"Boss":{"PersonId":1]}`, `{"Emails":["a",]}`, `{"Emails":["a""b"]}`, `{"Custom":{"a":"b",}}`, `{"Custom":{"a"}}`, `{"Custom":{5:1}}`, `{"Active":tru}`, `{"Picture":"AA`, `{"Since":5`, `{"PersonId" : 5 , "FullName" : "x"}`,
}

// said is what the JSON library says of text: nothing, or where it is broken.
func said(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(bytes.ToValidUTF8(text, []byte("\ufffd"))), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, err := d.ReadValue()
	follows := err == nil
	if follows {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return errors.New("something follows the end of the data")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &syntax):
		return fmt.Errorf("the JSON is broken at byte %d", syntax.ByteOffset)
	}
	return err
}

// compare holds the decoder against the JSON library: it takes the same texts
// and finds the others broken at the same place.
func compare(t *testing.T, text []byte) {
	t.Helper()
	want := said(text)
	var raw json.RawMessage
	got := wire.Unmarshal(text, &raw)
	if want == nil {
		require.NoError(t, got, "%q", text)
	} else {
		require.EqualError(t, got, want.Error(), "%q", text)
	}
	for _, target := range []any{new(person), new([]person), new(map[string]string), new([]string), new(drawing)} {
		switch got := wire.Unmarshal(text, target); {
		case got != nil && (strings.Contains(got.Error(), "due") || strings.Contains(got.Error(), "does not fit")):
			// What comes before the break was of another type.
		case want == nil:
			require.NoError(t, got, "%q into %T", text, target)
		default:
			require.EqualError(t, got, want.Error(), "%q into %T", text, target)
		}
	}
}

func TestSyntaxIsTakenAsTheLibraryTakesIt(t *testing.T) {
	t.Parallel()
	for _, text := range syntaxSeeds {
		compare(t, []byte(text))
		compare(t, []byte(`{"Unheard":`+text+`}`))
		compare(t, []byte(`{"FullName":`+text+`,"PersonId":1}`))
		compare(t, []byte(`[`+text+`]`))
	}
	for cut := range len(whole) {
		compare(t, []byte(whole[:cut]))
		compare(t, []byte(whole[:cut]+"!"+whole[cut:]))
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, 9_999, 10_000, 10_001, 20_000} {
		for begin, end := range map[string]string{"[": "]", `{"Boss":`: "}", `{"Unheard":[`: "]}"} {
			compare(t, []byte(strings.Repeat(begin, depth)+strings.Repeat(end, depth)))
			compare(t, []byte(strings.Repeat(begin, depth)+"null"+strings.Repeat(end, depth)))
		}
	}
}

func TestNothingOfOneAnswerIsInTheNext(t *testing.T) {
	t.Parallel()
	var first, second []person
	require.NoError(t, wire.Unmarshal([]byte(`[{"FullName":"x","New":1},{"FullName":"x","New":1},{"FullName":null,"Custom":{"key":null}}]`), &first))
	require.NoError(t, wire.Unmarshal([]byte(`[{"FullName":"x"},{"FullName":"y","Other":2}]`), &second))
	text, err := wire.Marshal(second)
	require.NoError(t, err)
	assert.Equal(t, `[{"FullName":"x"},{"FullName":"y","Other":2}]`, string(text))
	first[0].Rank = 2
	text, err = wire.Marshal(first)
	require.NoError(t, err)
	assert.Equal(t, `[{"FullName":"x","Rank":2,"New":1},{"FullName":"x","New":1},{"FullName":null,"Custom":{"key":null}}]`, string(text), "what is shared is not changed")
}

func TestTheLastOfTwoMembersCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"PersonId":"5","FullName":null,"PersonId":6}`:                                    `{"PersonId":6,"FullName":null}`,
		`{"FullName":"x","PersonId":5,"FullName":null,"PersonId":"6"}`:                     `{"PersonId":"6","FullName":null}`,
		`{"Boss":{"FullName":"x"},"Boss":{"PersonId":1}}`:                                  `{"Boss":{"PersonId":1}}`,
		`{"Custom":{"a":"1"},"Custom":{"b":"2"}}`:                                          `{"Custom":{"b":"2"}}`,
		`{"Any":{"a":1},"Any":{"b":2}}`:                                                    `{"Any":{"b":2}}`,
		`{"Rights":{"a":{"Mask":"x"},"a":{"Level":1}}}`:                                    `{"Rights":{"a":{"Level":1}}}`,
		`{"New":{"FullName":1},"Boss":{"New":1,"Boss":{"Newer":"","X":2},"Y":3},"Z":null}`: `{"Boss":{"Boss":{"Newer":"","X":2},"New":1,"Y":3},"New":{"FullName":1},"Z":null}`,
	} {
		var p person
		require.NoError(t, wire.Unmarshal([]byte(text), &p))
		got, err := wire.Marshal(p)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), text)
	}
}

func FuzzSyntax(f *testing.F) {
	for _, text := range syntaxSeeds {
		f.Add([]byte(text))
	}
	f.Add([]byte(whole))
	f.Fuzz(compare)
}

func TestLargeDictionariesAndCarriers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 64, 65, 1000, 2} {
		all := make(map[string]right, n)
		for i := range n {
			all[fmt.Sprintf("%03d", i)] = right{Mask: "m", Level: int8(i % 100)}
		}
		text, err := wire.Marshal(all)
		require.NoError(t, err)
		var read map[string]right
		require.NoError(t, wire.Unmarshal(text, &read))
		assert.Equal(t, all, read)
		plain, err := json.Marshal(all)
		require.NoError(t, err)
		assert.Equal(t, string(plain), string(text), "in the order of the keys")
	}
	text, err := wire.Marshal(wide{A69: "last"})
	require.NoError(t, err)
	var w wide
	require.NoError(t, wire.Unmarshal(text, &w))
	assert.Equal(t, wide{A69: "last"}, w, "nothing to keep")
	require.NoError(t, wire.Unmarshal(bytes.Replace(text, []byte(`,"A68":""`), nil, 1), &w))
	again, err := wire.Marshal(w)
	require.NoError(t, err)
	assert.NotContains(t, string(again), "A68")
}
