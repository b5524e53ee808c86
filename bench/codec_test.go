package bench

import (
	"bytes"
	stdjson "encoding/json"
	"io"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice"
)

// keepingTokens is tokens with the members that the struct does not have, as
// go-json-experiment keeps them. The SDK's carriers keep more: whether a
// member was null, empty or missing.
type keepingTokens struct {
	Provider        string
	AccessToken     string
	RefreshToken    string
	Claims          string `json:",omitzero"`
	TableRight      *keepingRight
	FieldProperties map[string]keepingField
	Unknown         jsontext.Value `json:",embed"`
}

type keepingRight struct {
	Mask    string
	Reason  string
	Unknown jsontext.Value `json:",embed"`
}

type keepingField struct {
	FieldRight  *keepingRight
	FieldType   string
	FieldLength int
	Unknown     jsontext.Value `json:",embed"`
}

// codec is one way to read and to write the sample.
type codec struct {
	name   string
	decode func(text []byte) (value any, err error)
	encode func(value any) ([]byte, error)
}

func codecs() []codec {
	return []codec{
		{"encoding/json",
			func(text []byte) (any, error) { v := new(tokens); return v, stdjson.Unmarshal(text, v) },
			stdjson.Marshal},
		{"go-json-experiment",
			func(text []byte) (any, error) { v := new(tokens); return v, json.Unmarshal(text, v) },
			func(v any) ([]byte, error) { return json.Marshal(v) }},
		{"go-json-experiment, unknown members kept",
			func(text []byte) (any, error) { v := new(keepingTokens); return v, json.Unmarshal(text, v) },
			func(v any) ([]byte, error) { return json.Marshal(v) }},
		{"this SDK",
			func(text []byte) (any, error) {
				v := new(superoffice.TokenManagementInfo)
				return v, v.UnmarshalJSON(text)
			},
			func(v any) ([]byte, error) { return v.(*superoffice.TokenManagementInfo).MarshalJSON() }},
	}
}

// BenchmarkDecode reads the sample from memory. The three ways of
// encoding/json to read a body are there for byHand, which takes the best.
func BenchmarkDecode(b *testing.B) {
	text := []byte(Sample)
	for _, c := range codecs() {
		b.Run(c.name, func(b *testing.B) {
			benchmarkReading(b, func() error { _, err := c.decode(text); return err })
		})
	}
	b.Run("encoding/json, io.ReadAll and Unmarshal", func(b *testing.B) {
		benchmarkReading(b, func() error {
			text, err := io.ReadAll(bytes.NewReader(text))
			if err != nil {
				return err
			}
			return stdjson.Unmarshal(text, new(tokens))
		})
	})
	b.Run("encoding/json, Decoder", func(b *testing.B) {
		benchmarkReading(b, func() error { return stdjson.NewDecoder(bytes.NewReader(text)).Decode(new(tokens)) })
	})
}

func benchmarkReading(b *testing.B, read func() error) {
	b.ReportAllocs()
	b.SetBytes(int64(len(Sample)))
	for b.Loop() {
		if err := read(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncode writes the sample to memory.
func BenchmarkEncode(b *testing.B) {
	for _, c := range codecs() {
		b.Run(c.name, func(b *testing.B) {
			value, err := c.decode([]byte(Sample))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(Sample)))
			for b.Loop() {
				if _, err := c.encode(value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCodecs sees to it that all ways read and write the same.
func TestCodecs(t *testing.T) {
	t.Parallel()
	for _, c := range codecs() {
		value, err := c.decode([]byte(Sample))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		text, err := c.encode(value)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		again := new(tokens)
		if err := stdjson.Unmarshal(text, again); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := again.check(); err != nil {
			t.Errorf("%s wrote %s", c.name, text)
		}
	}
}
