package rest

import (
	"context"
	"io"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// Image makes the calls for the image of a company, person, project or product:
// v1/{entity}/{id}/Image.
type Image struct {
	caller
	entity string
}

var (
	opImageGet     = operation.Operation{Method: "GET", Route: "v1/{entity}/{id}/Image", Class: operation.Read, NoSelect: true, Parameters: []string{"w", "h", "type", "ifBlank"}}
	opImagePost    = operation.Operation{Method: "POST", Route: "v1/{entity}/{id}/Image", NoSelect: true}
	opImageSet     = operation.Operation{Method: "PUT", Route: "v1/{entity}/{id}/Image", NoSelect: true}
	opImageDelete  = operation.Operation{Method: "DELETE", Route: "v1/{entity}/{id}/Image", Class: operation.IdempotentWrite, NoSelect: true}
	opImageInfo    = operation.Operation{Method: "GET", Route: "v1/{entity}/{id}/ImageInfo", Class: operation.Read, NoSelect: true}
	opImageSetInfo = operation.Operation{Method: "PUT", Route: "v1/{entity}/{id}/ImageInfo", NoSelect: true}
)

func (i *Image) in(id int, body any) operation.Input {
	return operation.Input{Path: operation.Values{i.entity, operation.ID(id)}, Body: body}
}

// Get returns the image. If there is none it is [superoffice.ErrNotFound], unless
// [WithIfBlank] says otherwise. [superoffice.WithAccept] asks for a type, such as
// "image/png".
//
//	Read. Options: WithWidth, WithHeight, WithImageType, WithIfBlank. GET v1/{entity}/{id}/Image
func (i *Image) Get(ctx context.Context, id int, opts ...superoffice.CallOption) (*superoffice.Stream, error) {
	out := new(superoffice.Stream)
	return result(out, i.client.Perform(ctx, &opImageGet, i.in(id, nil), out, opts...))
}

// Set sets the image and returns the ID of its blob. The content is read to its
// end and not closed; [superoffice.WithContentType] says what it is, such as
// "image/png".
//
//	Write. PUT v1/{entity}/{id}/Image
func (i *Image) Set(ctx context.Context, id int, content io.Reader, opts ...superoffice.CallOption) (out int, err error) {
	err = i.client.Perform(ctx, &opImageSet, i.in(id, operation.Upload{From: content, Field: "image"}), &out, opts...)
	return out, err
}

// Post does what [Image.Set] does, by POST.
//
//	Write. POST v1/{entity}/{id}/Image
func (i *Image) Post(ctx context.Context, id int, content io.Reader, opts ...superoffice.CallOption) (out int, err error) {
	err = i.client.Perform(ctx, &opImagePost, i.in(id, operation.Upload{From: content, Field: "image"}), &out, opts...)
	return out, err
}

// Delete deletes the image.
//
//	Idempotent write. DELETE v1/{entity}/{id}/Image
func (i *Image) Delete(ctx context.Context, id int, opts ...superoffice.CallOption) error {
	return i.client.Perform(ctx, &opImageDelete, i.in(id, nil), nil, opts...)
}

// Info returns what is known of the image.
//
//	Read. GET v1/{entity}/{id}/ImageInfo
func (i *Image) Info(ctx context.Context, id int, opts ...superoffice.CallOption) (*superoffice.BlobEntity, error) {
	out := new(superoffice.BlobEntity)
	return result(out, i.client.Perform(ctx, &opImageInfo, i.in(id, nil), out, opts...))
}

// SetInfo changes what is known of the image, such as its description.
//
//	Write. PUT v1/{entity}/{id}/ImageInfo
func (i *Image) SetInfo(ctx context.Context, id int, info *superoffice.BlobEntity, opts ...superoffice.CallOption) (*superoffice.BlobEntity, error) {
	in := i.in(id, info)
	if i.entity == "Project" { // which asks for the ID in the query too
		in.Query = operation.Needed("projectId", id)
	}
	out := new(superoffice.BlobEntity)
	return result(out, i.client.Perform(ctx, &opImageSetInfo, in, out, opts...))
}
