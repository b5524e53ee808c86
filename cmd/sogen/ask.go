package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// owners are the entities that have custom fields.
var owners = map[string]superoffice.UDefType{
	"appointment": superoffice.UDefTypeAppointment, "contact": superoffice.UDefTypeContact, "document": superoffice.UDefTypeDocument,
	"person": superoffice.UDefTypePerson, "project": superoffice.UDefTypeProject, "sale": superoffice.UDefTypeSale,
}

func entities() []string { return slices.Sorted(maps.Keys(owners)) }

// asking asks a tenant.
type asking struct {
	ctx      context.Context
	client   *superoffice.Client
	progress io.Writer
	compares bool // with a lock: what is there no more is no error, but a difference
}

// isGone reports whether something is left out because it is there no more.
func (a *asking) isGone(err error) bool {
	var missing *missingError
	return a.compares && (errors.Is(err, superoffice.ErrNotFound) || errors.As(err, &missing))
}

// missingError is something that is not there.
type missingError struct{ what, hint string }

func (e *missingError) Error() string { return "there is no " + e.what + e.hint }

// lock asks for all that is wanted.
func (a *asking) lock(asked Asked) (*Lock, error) {
	lock := &Lock{About: lockContents, Version: lockVersion, Asked: asked}
	fields := asked.Fields
	if asked.All {
		fields = entities()
	}
	for _, entity := range fields {
		some, err := a.fields(entity)
		if err != nil {
			return nil, told("the custom fields of "+entity, err)
		}
		lock.Fields = append(lock.Fields, some...)
	}
	for _, name := range asked.Lists {
		list, err := a.list(name)
		if a.isGone(err) {
			continue
		}
		if err != nil {
			return nil, told("the list "+name, err)
		}
		lock.Lists = append(lock.Lists, list)
	}
	var err error
	if len(asked.Tables) > 0 || asked.All {
		if lock.Tables, err = a.tables(asked); err != nil {
			return nil, told("the tables", err)
		}
	}
	for _, name := range asked.Archives {
		one, err := a.archive(name)
		if a.isGone(err) {
			continue
		}
		if err != nil {
			return nil, told("the archive "+name, err)
		}
		lock.Archives = append(lock.Archives, one)
	}
	fmt.Fprint(a.progress, "\r\x1b[K")
	return lock, nil
}

// told is an error that says what was asked for, and what may be done about it.
func told(what string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, superoffice.ErrForbidden):
		hint = " (the user lacks the right; one that may administer the tenant has it)"
	case errors.Is(err, superoffice.ErrUnauthorized):
		hint = " (the credentials are refused)"
	}
	return fmt.Errorf("asking for %s%s: %w", what, hint, err)
}

func (a *asking) step(what string) { fmt.Fprintf(a.progress, "\r\x1b[Kasking for %s", what) }

// fields asks for the published custom fields of an entity.
func (a *asking) fields(entity string) ([]Field, error) {
	a.step("the custom fields of " + entity)
	all, err := a.client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldList(a.ctx, owners[entity])
	if err != nil {
		return nil, err
	}
	fields := make([]Field, 0, len(all))
	for _, f := range all {
		fields = append(fields, Field{
			Entity: entity, Key: f.ProgID, Label: f.FieldLabel, Type: string(f.FieldType), Length: f.TextLength, List: f.UDListDefinitionID,
		})
	}
	slices.SortFunc(fields, func(a, b Field) int { return naturally(a.Key, b.Key) })
	return fields, nil
}

// list asks for the items of a list.
func (a *asking) list(name string) (List, error) {
	a.step("the list " + name)
	all, err := a.client.MDO.GetSimpleList(a.ctx, name)
	if err != nil {
		return List{}, err
	}
	list := List{Name: name}
	for _, item := range all {
		list.Items = append(list.Items, Item{item.ID, item.Name})
	}
	slices.SortFunc(list.Items, func(a, b Item) int { return cmp.Or(cmp.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name)) })
	return list, nil
}

// archive asks for the columns of a provider, or those of them that are named behind it.
func (a *asking) archive(wanted string) (Archive, error) {
	name, some, _ := strings.Cut(wanted, ":")
	a.step("the archive " + name)
	all, err := archive.Columns(a.ctx, a.client, name)
	if err != nil {
		return Archive{}, err
	}
	one := Archive{Name: name}
	known := make(map[string]superoffice.ArchiveColumnInfo, len(all))
	for _, c := range all {
		known[strings.ToLower(c.Name)] = c
		if some == "" {
			one.Columns = append(one.Columns, Column{Name: c.Name, Type: c.RestrictionType})
		}
	}
	for column := range strings.SplitSeq(some, ":") {
		c, ok := known[strings.ToLower(column)]
		if some != "" && !ok && !a.compares {
			return Archive{}, &missingError{what: fmt.Sprintf("column %q", column)}
		}
		if ok {
			one.Columns = append(one.Columns, Column{Name: c.Name, Type: c.RestrictionType})
		}
	}
	slices.SortFunc(one.Columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	one.Columns = slices.CompactFunc(one.Columns, func(a, b Column) bool { return a.Name == b.Name })
	return one, nil
}

// tables asks for the database model, and takes what is wanted of it.
func (a *asking) tables(asked Asked) ([]Table, error) {
	a.step("the database model")
	all, err := databaseModel(a.ctx, a.client)
	if err != nil {
		return nil, err
	}
	names := slices.Clone(asked.Tables) // the lock keeps what was asked for
	if asked.All {
		for name := range all {
			if strings.HasPrefix(name, extraPrefix) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	var tables []Table
	for _, name := range slices.Compact(names) {
		table, ok := all[name]
		switch {
		case ok:
			tables = append(tables, table)
		case !a.compares:
			return nil, &missingError{fmt.Sprintf("table %q", name), likely(name, all)}
		}
	}
	return tables, nil
}

const extraPrefix = "y_"

// likely names the tables that have a part of a name.
func likely(name string, all map[string]Table) string {
	part := strings.TrimSuffix(strings.TrimPrefix(name, extraPrefix), "s")
	var some []string
	for other := range all {
		if part != "" && strings.Contains(other, part) {
			some = append(some, other)
		}
	}
	if len(some) == 0 {
		return ""
	}
	slices.Sort(some)
	const most = 5
	return "; there is " + strings.Join(some[:min(len(some), most)], ", ")
}

// naturally orders keys with numbers by these: SuperOffice:2 before SuperOffice:10.
func naturally(a, b string) int {
	before, n := splitNumber(a)
	other, m := splitNumber(b)
	return cmp.Or(strings.Compare(before, other), cmp.Compare(n, m), strings.Compare(a, b))
}
