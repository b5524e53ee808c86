package rest

import (
	"context"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// Layout makes the calls for the definitions of an entity's custom fields:
// v1/{entity}/UdefLayout. Changes take effect when they are published.
type Layout struct {
	caller
	entity string
}

var (
	opLayoutFields       = operation.Operation{Method: "GET", Route: "v1/{entity}/UdefLayout", Class: operation.Read, NoSelect: true}
	opLayoutSetFields    = operation.Operation{Method: "PUT", Route: "v1/{entity}/UdefLayout", NoSelect: true}
	opLayoutAddField     = operation.Operation{Method: "POST", Route: "v1/{entity}/UdefLayout", NoSelect: true}
	opLayoutIsChanged    = operation.Operation{Method: "GET", Route: "v1/{entity}/UdefLayout/Changed", Class: operation.Read, NoSelect: true, Parameters: []string{"columnChangesOnly"}}
	opLayoutIsPublishing = operation.Operation{Method: "GET", Route: "v1/{entity}/UdefLayout/Publish", Class: operation.Read, NoSelect: true}
	opLayoutPublish      = operation.Operation{Method: "POST", Route: "v1/{entity}/UdefLayout/Publish", NoSelect: true}
	opLayoutRevert       = operation.Operation{Method: "POST", Route: "v1/{entity}/UdefLayout/Revert", NoSelect: true}
	opLayoutPublished    = operation.Operation{Method: "GET", Route: "v1/{entity}/UdefLayout/Published", Class: operation.Read, NoSelect: true}
	opLayoutPublishedOne = operation.Operation{Method: "GET", Route: "v1/{entity}/UdefLayout/Published/{field}", Class: operation.Read, NoSelect: true}
	opLayoutField        = operation.Operation{
		Method: "GET", Route: "v1/{entity}/UdefLayout/{field}", Class: operation.Read, NoSelect: true,
		Taken: []operation.Taken{{Param: "field", Words: []string{"Changed", "Publish", "Published"}}},
	}
	opLayoutDeleteField = operation.Operation{Method: "DELETE", Route: "v1/{entity}/UdefLayout/{field}", Class: operation.IdempotentWrite, NoSelect: true}
	opLayoutChangeType  = operation.Operation{
		Method: "POST", Route: "v1/{entity}/UdefLayout/{field}/ChangeTo/{type}", NoSelect: true, Parameters: []string{"isIndexed"},
	}
)

func (l *Layout) in(body any, path ...string) operation.Input {
	in := operation.Input{Path: operation.Values{l.entity}, Body: body}
	copy(in.Path[1:], path)
	return in
}

// Fields returns the definitions of the fields, changes that are not published
// included.
//
//	Read. GET v1/{entity}/UdefLayout
func (l *Layout) Fields(ctx context.Context, opts ...superoffice.CallOption) (out []superoffice.UserDefinedFieldInfo, err error) {
	err = l.client.Perform(ctx, &opLayoutFields, l.in(nil), &out, opts...)
	return out, err
}

// SetFields changes the definitions of the fields.
//
//	Write. PUT v1/{entity}/UdefLayout
func (l *Layout) SetFields(ctx context.Context, fields []superoffice.UserDefinedFieldInfo, opts ...superoffice.CallOption) (out []superoffice.UserDefinedFieldInfo, err error) {
	err = l.client.Perform(ctx, &opLayoutSetFields, l.in(notNil(fields)), &out, opts...)
	return out, err
}

// AddField makes a field of a type.
//
//	Write. POST v1/{entity}/UdefLayout
func (l *Layout) AddField(ctx context.Context, of superoffice.UDefFieldType, opts ...superoffice.CallOption) (*superoffice.UserDefinedFieldInfo, error) {
	in := l.in(nil)
	in.Query = operation.Needed("udefFieldType", of)
	out := new(superoffice.UserDefinedFieldInfo)
	return result(out, l.client.Perform(ctx, &opLayoutAddField, in, out, opts...))
}

// IsChanged reports whether there are changes that are not published.
//
//	Read. Option: WithColumnChangesOnly. GET v1/{entity}/UdefLayout/Changed
func (l *Layout) IsChanged(ctx context.Context, opts ...superoffice.CallOption) (out bool, err error) {
	err = l.client.Perform(ctx, &opLayoutIsChanged, l.in(nil), &out, opts...)
	return out, err
}

// IsPublishing reports whether changes are being published.
//
//	Read. GET v1/{entity}/UdefLayout/Publish
func (l *Layout) IsPublishing(ctx context.Context, opts ...superoffice.CallOption) (out bool, err error) {
	err = l.client.Perform(ctx, &opLayoutIsPublishing, l.in(nil), &out, opts...)
	return out, err
}

// Publish begins to publish the changes and returns the ID of the job that does.
//
//	Write. POST v1/{entity}/UdefLayout/Publish
func (l *Layout) Publish(ctx context.Context, opts ...superoffice.CallOption) (out int, err error) {
	err = l.client.Perform(ctx, &opLayoutPublish, l.in(nil), &out, opts...)
	return out, err
}

// Revert takes the changes back that are not published.
//
//	Write. POST v1/{entity}/UdefLayout/Revert
func (l *Layout) Revert(ctx context.Context, opts ...superoffice.CallOption) error {
	return l.client.Perform(ctx, &opLayoutRevert, l.in(nil), nil, opts...)
}

// PublishedFields returns the definitions of the fields that are in use.
//
//	Read. GET v1/{entity}/UdefLayout/Published
func (l *Layout) PublishedFields(ctx context.Context, opts ...superoffice.CallOption) (out []superoffice.UserDefinedFieldInfo, err error) {
	err = l.client.Perform(ctx, &opLayoutPublished, l.in(nil), &out, opts...)
	return out, err
}

// PublishedField returns the definition of a field that is in use, by its prog ID,
// such as SuperOffice:2, or its label.
//
//	Read. GET v1/{entity}/UdefLayout/Published/{field}
func (l *Layout) PublishedField(ctx context.Context, field string, opts ...superoffice.CallOption) (*superoffice.UserDefinedFieldInfo, error) {
	out := new(superoffice.UserDefinedFieldInfo)
	return result(out, l.client.Perform(ctx, &opLayoutPublishedOne, l.in(nil, field), out, opts...))
}

// Field returns the definition of a field, by its prog ID or label. Labels that
// the server takes for something else, such as Published, are an
// [superoffice.ErrInvalidArgument].
//
//	Read. GET v1/{entity}/UdefLayout/{field}
func (l *Layout) Field(ctx context.Context, field string, opts ...superoffice.CallOption) (*superoffice.UserDefinedFieldInfo, error) {
	out := new(superoffice.UserDefinedFieldInfo)
	return result(out, l.client.Perform(ctx, &opLayoutField, l.in(nil, field), out, opts...))
}

// DeleteField deletes a field, by its prog ID or label.
//
//	Idempotent write. DELETE v1/{entity}/UdefLayout/{field}
func (l *Layout) DeleteField(ctx context.Context, field string, opts ...superoffice.CallOption) error {
	return l.client.Perform(ctx, &opLayoutDeleteField, l.in(nil, field), nil, opts...)
}

// ChangeType changes the type of a field, by its prog ID or label.
//
//	Write. Option: WithIndexed. POST v1/{entity}/UdefLayout/{field}/ChangeTo/{type}
func (l *Layout) ChangeType(ctx context.Context, field string, to superoffice.UDefFieldType, opts ...superoffice.CallOption) (*superoffice.UserDefinedFieldInfo, error) {
	out := new(superoffice.UserDefinedFieldInfo)
	return result(out, l.client.Perform(ctx, &opLayoutChangeType, l.in(nil, field, string(to)), out, opts...))
}
