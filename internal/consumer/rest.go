package consumer

import (
	"context"
	"io"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
)

type contact = superoffice.ContactEntity

// Package rest.
var (
	_ func(c *client) *rest.Entities = rest.New

	_ = func(ctx context.Context, r *rest.Entities, c *contact, p rest.Patch, opts ...callOption) (all []*contact, err error) {
		var one *contact
		for _, call := range []func() (*contact, error){
			func() (*contact, error) { return r.Contact.Get(ctx, 5, opts...) },
			func() (*contact, error) { return r.Contact.Default(ctx, opts...) },
			func() (*contact, error) { return r.Contact.Create(ctx, c, opts...) },
			func() (*contact, error) { return r.Contact.Replace(ctx, 5, c, opts...) },
			func() (*contact, error) { return r.Contact.Patch(ctx, 5, p, opts...) },
			func() (*contact, error) {
				return r.Contact.Change(ctx, 5, func(*contact) error { return nil }, opts...)
			},
		} {
			if one, err = call(); err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		var problems map[string]string
		if problems, err = r.Contact.Validate(ctx, c, opts...); err != nil || len(problems) > 0 {
			return nil, err
		}
		return all, r.Contact.Delete(ctx, 5, opts...)
	}
	_ = func(ctx context.Context, r *rest.Entities, file io.Reader) error {
		_, err := r.Document.SetContent(ctx, 5, file)
		return err
	}
	_ = func(ctx context.Context, r *rest.Entities) ([]superoffice.ListItemEntity, error) {
		return r.Lists.Category.Items(ctx)
	}

	_ func(before, after *contact) (rest.Patch, error) = rest.Diff[contact]
	_ func(carrier *contact) *contact                  = rest.Clone[contact]
	_ func(p rest.Patch, before any) rest.Patch        = rest.Patch.Guarded
	_ func(p rest.Patch) bool                          = rest.Patch.Empty
	_ func(p rest.Patch) ([]byte, error)               = rest.Patch.MarshalJSON
	_ func(text []byte) (rest.Patch, error)            = rest.ParsePatch
	_ func(entity any) map[string]string               = rest.Links
	_                                                  = func(r *rest.Entities) []any {
		return []any{r.Person, r.Sale, r.Ticket, r.Project, r.Document, r.Appointment, r.User, r.Selection}
	}
)
