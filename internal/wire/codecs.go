package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// Codecs reads and writes values of Go types.
//
// Types that are foreign here, such as structs of the caller's own and any, are
// left to encoding/json, and that is a quarter of a megabyte. The linker leaves
// it out of a program that names Own and not All, so nothing on the way of an
// agent's call may name All but the carriers that need it.
type Codecs struct {
	foreign *codec
	table   sync.Map // reflect.Type -> *codec
}

var (
	// All are the codecs of all types.
	All = Codecs{foreign: &codec{decode: decodeForeign, encode: encodeForeign}}
	// Own are those of types that are made of the SDK's and of plain ones.
	Own = Codecs{foreign: &codec{decode: refuseDecode, encode: refuseEncode}}
)

// OpenCarrier is what a carrier embeds instead of Carrier that may hold values of any
// type: in a member of type any, or in the kinds that a program adds to it. It
// is read and written with All wherever it is found.
type OpenCarrier struct{ Carrier }

func (*OpenCarrier) codecs() *Codecs { return &All }

// opener is a pointer to a struct that embeds OpenCarrier.
type opener interface{ codecs() *Codecs }

// decodeForeign leaves a value to the standard library: any, types of other
// packages, and types with JSON methods of their own. What would be written
// otherwise than it came, such as 1.0, or 20 digits, or members in another
// order, is not exact.
func decodeForeign(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.value()
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
		return false, &foreignError{v.Type()}
	}
	again, err := appendForeign(nil, v)
	compact := raw.Clone()
	return err == nil && compact.Compact() == nil && bytes.Equal(compact, again), nil
}

// encodeForeign refuses what the standard library would write as {} without a
// word.
func encodeForeign(b []byte, v reflect.Value) ([]byte, error) {
	if err := opaque(v, isOpaque); err != nil {
		return nil, err
	}
	return appendForeign(b, v)
}

func appendForeign(b []byte, v reflect.Value) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v.Interface())
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), err
}

// refuseDecode meets a type that no agent's call reads.
func refuseDecode(_ *decoder, v reflect.Value) (bool, error) {
	return false, &foreignError{v.Type()}
}

// refuseEncode meets a type that no agent's call sends.
func refuseEncode(_ []byte, v reflect.Value) ([]byte, error) {
	return nil, fmt.Errorf("the Go type %s is not one that is sent here", v.Type())
}

// foreignError is JSON that a type of another package does not take. What that
// says may quote the JSON.
type foreignError struct{ typ reflect.Type }

func (e *foreignError) Error() string {
	return "the JSON does not fit the Go type " + e.typ.String()
}
