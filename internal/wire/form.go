package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxFormDepth bounds the nesting of a form: each value is written with the
// names of all that it is in.
const maxFormDepth = 64

// JSONToForm rewrites a JSON object as a form. The vendor documents that forms
// are taken, not how nested values are named in them; a[b]=c and a[0]=c is
// what .NET's form readers understand. Null members are left out.
func JSONToForm(text []byte) ([]byte, error) {
	f := formWriter{Decoder: jsontext.NewDecoder(bytes.NewBuffer(text), lenient...)}
	if f.PeekKind() != '{' {
		return nil, errors.New("a form has names, so a list or a single value cannot be sent as one; send it as JSON")
	}
	err := f.value()
	return f.out, err
}

type formWriter struct {
	*jsontext.Decoder
	name []byte // of the next value, escaped
	out  []byte
}

// value writes the next JSON value under its name.
func (f *formWriter) value() error {
	switch f.PeekKind() {
	case 'n':
		return f.SkipValue()
	case '{':
		return f.nested('}')
	case '[':
		return f.nested(']')
	}
	raw, err := f.ReadValue()
	if err != nil {
		return err
	}
	if len(f.out) > 0 {
		f.out = append(f.out, '&')
	}
	f.out = append(append(f.out, f.name...), '=')
	f.out = append(f.out, url.QueryEscape(text(raw))...)
	return nil
}

// nested writes the values in an object or a list.
func (f *formWriter) nested(end jsontext.Kind) error {
	if _, err := f.ReadToken(); err != nil {
		return err
	}
	if f.StackDepth() > maxFormDepth {
		return fmt.Errorf("a form is not nested deeper than %d objects and lists; send it as JSON", maxFormDepth)
	}
	outer := len(f.name)
	for i := 0; f.PeekKind() != end; i++ {
		name := strconv.Itoa(i)
		if end == '}' {
			token, err := f.ReadToken()
			if err != nil {
				return err
			}
			name = token.String()
		}
		if outer > 0 {
			name = "[" + name + "]"
		}
		f.name = append(f.name, url.QueryEscape(name)...)
		if err := f.value(); err != nil {
			return err
		}
		f.name = f.name[:outer]
	}
	_, err := f.ReadToken()
	return err
}
