package rest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// AnyList makes the calls of a list that do not depend on what its items are: of
// what begins with v1/List/{list}.
type AnyList struct {
	_      [0]func()
	client *superoffice.Client
	name   string // or number
	lacks  lack
}

// lack is a set of what a list does not have.
type lack uint8

const (
	lackDefault lack = 1 << iota // defaults for a new item
	lackGroups                   // user groups and headings of an item
	lackMDO                      // the items as users see them
	lackWhole                    // all items at once
	lackShown                    // items that were deleted
	lackAddress                  // an address of its own: the name is the caller's
)

// check refuses a call that the list does not have, and a name that the server
// takes for something else.
func (l *AnyList) check(op *operation.Operation, needs lack) error {
	if l.lacks&needs&^lackAddress != 0 {
		return fmt.Errorf("%w: the list %s has no call %s %s", superoffice.ErrInvalidArgument, l.name, op.Method, op.Route)
	}
	if l.lacks&lackAddress == 0 {
		return nil
	}
	if _, err := strconv.Atoi(l.name); err == nil {
		return fmt.Errorf("%w: the list name %q is a number to the server; use Lists.ByID", superoffice.ErrInvalidArgument, l.name)
	}
	isOwn := slices.ContainsFunc(ownLists, func(own string) bool { return strings.EqualFold(own, l.name) })
	if isOwn || strings.EqualFold(l.name, "default") {
		return fmt.Errorf("%w: the list name %q has an address of its own; use that field of Lists", superoffice.ErrInvalidArgument, l.name)
	}
	return nil
}

// perform makes a call of the list, which is the first part of the route.
func (l *AnyList) perform(ctx context.Context, op *operation.Operation, needs lack, body, out any, opts []superoffice.CallOption, ids ...int) error {
	if err := l.check(op, needs); err != nil {
		return err
	}
	in := operation.Input{Path: operation.Values{l.name}, Body: body}
	for i, id := range ids {
		in.Path[i+1] = operation.ID(id)
	}
	return l.client.Perform(ctx, op, in, out, opts...)
}

// ByID returns a list by its number, such as one of a tenant's own.
func (l *Lists) ByID(id int) *ListOf[superoffice.ListItemEntity] {
	return &ListOf[superoffice.ListItemEntity]{AnyList{client: l.client, name: operation.ID(id), lacks: lackDefault | lackMDO}}
}

// ByName returns a list by its name. Its calls are an
// [superoffice.ErrInvalidArgument] for names that the server takes for something
// else: numbers, and those of the fields of Lists.
func (l *Lists) ByName(name string) *ListOf[superoffice.ListItemEntity] {
	return &ListOf[superoffice.ListItemEntity]{AnyList{client: l.client, name: name, lacks: lackDefault | lackMDO | lackAddress}}
}

// ListOf makes the calls of a list. T is the carrier of its items. A few lists
// lack some of the calls, which are an [superoffice.ErrInvalidArgument] then.
type ListOf[T any] struct{ AnyList }

var (
	opListsDefinition     = operation.Operation{Method: "GET", Route: "v1/List/{list}", Class: operation.Read, NoSelect: true}
	opListsSetDefinition  = operation.Operation{Method: "PUT", Route: "v1/List/{list}", NoSelect: true}
	opListsItems          = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items", Class: operation.Read, NoSelect: true, Parameters: []string{"includeDeleted"}}
	opListsItemsLeft      = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items", Class: operation.Read, NoSelect: true}
	opListsAdd            = operation.Operation{Method: "POST", Route: "v1/List/{list}/Items", NoSelect: true}
	opListsReplaceAll     = operation.Operation{Method: "PUT", Route: "v1/List/{list}/Items", NoSelect: true}
	opListsDeleteAll      = operation.Operation{Method: "DELETE", Route: "v1/List/{list}/Items", Class: operation.IdempotentWrite, NoSelect: true}
	opListsItem           = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items/{itemId}", Class: operation.Read, NoSelect: true}
	opListsReplace        = operation.Operation{Method: "PUT", Route: "v1/List/{list}/Items/{itemId}", NoSelect: true}
	opListsDelete         = operation.Operation{Method: "DELETE", Route: "v1/List/{list}/Items/{itemId}", Class: operation.IdempotentWrite, NoSelect: true}
	opListsDefault        = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items/Default", Class: operation.Read, NoSelect: true}
	opListsHeadings       = operation.Operation{Method: "GET", Route: "v1/List/{list}/Headings", Class: operation.Read, NoSelect: true}
	opListsSetHeadings    = operation.Operation{Method: "PUT", Route: "v1/List/{list}/Headings", NoSelect: true}
	opListsAddHeading     = operation.Operation{Method: "POST", Route: "v1/List/{list}/Headings", NoSelect: true}
	opListsDeleteHeadings = operation.Operation{Method: "DELETE", Route: "v1/List/{list}/Headings", Class: operation.IdempotentWrite, NoSelect: true}
	opListsUserGroupsOf   = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items/{itemId}/UserGroups", Class: operation.Read, NoSelect: true}
	opListsSetUserGroups  = operation.Operation{Method: "PUT", Route: "v1/List/{list}/Items/{itemId}/UserGroups", NoSelect: true}
	opListsHeadingsOf     = operation.Operation{Method: "GET", Route: "v1/List/{list}/Items/{itemId}/Headings", Class: operation.Read, NoSelect: true, Parameters: []string{"showDeleted"}}
	opListsSetHeadingsOf  = operation.Operation{Method: "PUT", Route: "v1/List/{list}/Items/{itemId}/Headings", NoSelect: true}
	opListsMDOItems       = operation.Operation{Method: "GET", Route: "v1/List/{list}/MDOItems", Class: operation.Read, NoSelect: true, Parameters: []string{"flat", "query"}}
)

// Definition returns what is known of the list itself.
//
//	Read. GET v1/List/{list}
func (l *AnyList) Definition(ctx context.Context, opts ...superoffice.CallOption) (*superoffice.ListEntity, error) {
	out := new(superoffice.ListEntity)
	return result(out, l.perform(ctx, &opListsDefinition, 0, nil, out, opts))
}

// SetDefinition changes what is known of the list itself.
//
//	Write. PUT v1/List/{list}
func (l *AnyList) SetDefinition(ctx context.Context, definition *superoffice.ListEntity, opts ...superoffice.CallOption) (*superoffice.ListEntity, error) {
	out := new(superoffice.ListEntity)
	return result(out, l.perform(ctx, &opListsSetDefinition, 0, definition, out, opts))
}

// Items returns the items, those that were deleted too if [WithIncludeDeleted]
// says so.
//
//	Read. Option: WithIncludeDeleted. GET v1/List/{list}/Items
func (l *ListOf[T]) Items(ctx context.Context, opts ...superoffice.CallOption) (all []T, err error) {
	op := &opListsItems
	if l.lacks&lackShown != 0 {
		op = &opListsItemsLeft
	}
	err = l.perform(ctx, op, 0, nil, &all, opts)
	return all, err
}

// Add makes an item and returns it as it is kept.
//
//	Write. POST v1/List/{list}/Items
func (l *ListOf[T]) Add(ctx context.Context, item *T, opts ...superoffice.CallOption) (*T, error) {
	out := new(T)
	return result(out, l.perform(ctx, &opListsAdd, 0, item, out, opts))
}

// Item returns the item with the given ID.
//
//	Read. GET v1/List/{list}/Items/{itemId}
func (l *ListOf[T]) Item(ctx context.Context, id int, opts ...superoffice.CallOption) (*T, error) {
	out := new(T)
	return result(out, l.perform(ctx, &opListsItem, 0, nil, out, opts, id))
}

// Replace replaces the item with the given ID and returns it as it is kept.
//
//	Write. PUT v1/List/{list}/Items/{itemId}
func (l *ListOf[T]) Replace(ctx context.Context, id int, item *T, opts ...superoffice.CallOption) (*T, error) {
	out := new(T)
	return result(out, l.perform(ctx, &opListsReplace, 0, item, out, opts, id))
}

// Delete deletes the item with the given ID.
//
//	Idempotent write. DELETE v1/List/{list}/Items/{itemId}
func (l *AnyList) Delete(ctx context.Context, id int, opts ...superoffice.CallOption) error {
	return l.perform(ctx, &opListsDelete, 0, nil, nil, opts, id)
}

// Headings returns the headings under which items stand.
//
//	Read. GET v1/List/{list}/Headings
func (l *AnyList) Headings(ctx context.Context, opts ...superoffice.CallOption) (all []superoffice.HeadingEntity, err error) {
	err = l.perform(ctx, &opListsHeadings, 0, nil, &all, opts)
	return all, err
}

// SetHeadings replaces all headings and returns them as they are kept.
//
//	Write. PUT v1/List/{list}/Headings
func (l *AnyList) SetHeadings(ctx context.Context, headings []superoffice.HeadingEntity, opts ...superoffice.CallOption) (all []superoffice.HeadingEntity, err error) {
	err = l.perform(ctx, &opListsSetHeadings, 0, notNil(headings), &all, opts)
	return all, err
}

// AddHeading makes a heading and returns it as it is kept.
//
//	Write. POST v1/List/{list}/Headings
func (l *AnyList) AddHeading(ctx context.Context, heading *superoffice.HeadingEntity, opts ...superoffice.CallOption) (*superoffice.HeadingEntity, error) {
	out := new(superoffice.HeadingEntity)
	return result(out, l.perform(ctx, &opListsAddHeading, 0, heading, out, opts))
}

// DeleteHeadings deletes all headings.
//
//	Idempotent write. DELETE v1/List/{list}/Headings
func (l *AnyList) DeleteHeadings(ctx context.Context, opts ...superoffice.CallOption) error {
	return l.perform(ctx, &opListsDeleteHeadings, 0, nil, nil, opts)
}

// Default returns a new item with the server's defaults. Nothing is saved.
//
//	Read. GET v1/List/{list}/Items/Default
func (l *ListOf[T]) Default(ctx context.Context, opts ...superoffice.CallOption) (*T, error) {
	out := new(T)
	return result(out, l.perform(ctx, &opListsDefault, lackDefault, nil, out, opts))
}

// UserGroupsOf returns the user groups, those that see the item selected.
//
//	Read. GET v1/List/{list}/Items/{itemId}/UserGroups
func (l *AnyList) UserGroupsOf(ctx context.Context, id int, opts ...superoffice.CallOption) (all []superoffice.SelectableMDOListItem, err error) {
	err = l.perform(ctx, &opListsUserGroupsOf, lackGroups, nil, &all, opts, id)
	return all, err
}

// SetUserGroupsOf says which user groups see the item: those that are selected.
//
//	Write. PUT v1/List/{list}/Items/{itemId}/UserGroups
func (l *AnyList) SetUserGroupsOf(ctx context.Context, id int, groups []superoffice.SelectableMDOListItem, opts ...superoffice.CallOption) (all []superoffice.SelectableMDOListItem, err error) {
	err = l.perform(ctx, &opListsSetUserGroups, lackGroups, notNil(groups), &all, opts, id)
	return all, err
}

// HeadingsOf returns the headings, those that the item stands under selected.
//
//	Read. Option: WithShowDeleted. GET v1/List/{list}/Items/{itemId}/Headings
func (l *AnyList) HeadingsOf(ctx context.Context, id int, opts ...superoffice.CallOption) (all []superoffice.SelectableMDOListItem, err error) {
	err = l.perform(ctx, &opListsHeadingsOf, lackGroups, nil, &all, opts, id)
	return all, err
}

// SetHeadingsOf says which headings the item stands under: those that are
// selected.
//
//	Write. PUT v1/List/{list}/Items/{itemId}/Headings
func (l *AnyList) SetHeadingsOf(ctx context.Context, id int, headings []superoffice.SelectableMDOListItem, opts ...superoffice.CallOption) (all []superoffice.SelectableMDOListItem, err error) {
	err = l.perform(ctx, &opListsSetHeadingsOf, lackGroups, notNil(headings), &all, opts, id)
	return all, err
}

// MDOItems returns the items as users see them, under their headings unless
// [WithFlat] says otherwise.
//
//	Read. Options: WithFlat, WithQuery. GET v1/List/{list}/MDOItems
func (l *AnyList) MDOItems(ctx context.Context, opts ...superoffice.CallOption) (all []superoffice.MDOListItem, err error) {
	err = l.perform(ctx, &opListsMDOItems, lackMDO, nil, &all, opts)
	return all, err
}

// ReplaceAll replaces all items and returns them as they are kept: those that
// are not sent are gone.
//
//	Write. PUT v1/List/{list}/Items
func (l *ListOf[T]) ReplaceAll(ctx context.Context, items []T, opts ...superoffice.CallOption) (all []T, err error) {
	err = l.perform(ctx, &opListsReplaceAll, lackWhole, notNil(items), &all, opts)
	return all, err
}

// DeleteAll deletes all items.
//
//	Idempotent write. DELETE v1/List/{list}/Items
func (l *AnyList) DeleteAll(ctx context.Context, opts ...superoffice.CallOption) error {
	return l.perform(ctx, &opListsDeleteAll, lackWhole, nil, nil, opts)
}
