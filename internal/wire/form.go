package wire

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// JSONToForm rewrites a JSON object as a form. The vendor documents that forms
// are taken, not how nested values are named in them; a[b]=c and a[0]=c is
// what .NET's form readers understand. Null members are left out.
func JSONToForm(text []byte) ([]byte, error) {
	f := formWriter{Decoder: jsontext.NewDecoder(bytes.NewBuffer(text), lenient...)}
	if f.PeekKind() != '{' {
		return nil, errors.New("a form has names, so a list or a single value cannot be sent as one; send it as JSON")
	}
	err := f.value("")
	return f.out, err
}

type formWriter struct {
	*jsontext.Decoder
	out []byte
}

// value writes the next JSON value under the given name.
func (f *formWriter) value(name string) error {
	switch f.PeekKind() {
	case 'n':
		return f.SkipValue()
	case '{':
		return f.object(name)
	case '[':
		return f.list(name)
	}
	raw, err := f.ReadValue()
	if err != nil {
		return err
	}
	if len(f.out) > 0 {
		f.out = append(f.out, '&')
	}
	f.out = append(f.out, url.QueryEscape(name)...)
	f.out = append(f.out, '=')
	f.out = append(f.out, url.QueryEscape(text(raw))...)
	return nil
}

func (f *formWriter) object(name string) error {
	if _, err := f.ReadToken(); err != nil {
		return err
	}
	for f.PeekKind() != '}' {
		token, err := f.ReadToken()
		if err != nil {
			return err
		}
		member := token.String()
		if name != "" {
			member = name + "[" + member + "]"
		}
		if err := f.value(member); err != nil {
			return err
		}
	}
	_, err := f.ReadToken()
	return err
}

func (f *formWriter) list(name string) error {
	if _, err := f.ReadToken(); err != nil {
		return err
	}
	for i := 0; f.PeekKind() != ']'; i++ {
		if err := f.value(name + "[" + strconv.Itoa(i) + "]"); err != nil {
			return err
		}
	}
	_, err := f.ReadToken()
	return err
}
