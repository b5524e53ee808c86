package consumer

import (
	"context"
	"iter"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// Rows of lists.
type (
	line struct {
		ID   int    `so:"contactId,key"`
		Name string `so:"name"`
	}
	lines = archive.Query[line]
	cond  = archive.Cond
	order = archive.Order
)

var (
	_ func(c *client, provider string) lines                                  = archive.From[line]
	_ func(c *client, entity string, id int, list string) lines               = archive.Below[line]
	_ func(c *client, provider string) archive.Query[archive.Row]             = archive.From[archive.Row]
	_ func(q lines, conds ...cond) lines                                      = lines.Where
	_ func(q lines, orders ...order) lines                                    = lines.OrderBy
	_ func(q lines, names ...string) lines                                    = lines.Entities
	_ func(q lines, rows int) lines                                           = lines.PageSize
	_ func(q lines, rows int) lines                                           = lines.Limit
	_ func(q lines, opts ...superoffice.CallOption) lines                     = lines.With
	_ func(q lines, ctx context.Context) iter.Seq2[line, error]               = lines.All
	_ func(q lines, ctx context.Context) iter.Seq2[archive.Page[line], error] = lines.Pages
	_ func(q lines, ctx context.Context) ([]line, error)                      = lines.Collect
	_ func(q lines, ctx context.Context) (line, error)                        = lines.First
	_ func(q lines, ctx context.Context) error                                = lines.Check
	_ func(q lines) string                                                    = lines.String

	_                                                                   = func(p archive.Page[line]) []line { return p.Rows }
	_                                                                   = func(r archive.Row) (entity, key string) { return r.EntityName, r.PrimaryKey }
	_ func(r archive.Row) []string                                      = archive.Row.Columns
	_ func(r archive.Row, column string) (string, bool)                 = archive.Row.Text
	_ func(r archive.Row, column string) (superoffice.FieldValue, bool) = archive.Row.Value
	_ error                                                             = &archive.RowError{Entity: "", PrimaryKey: "", Column: "", Value: "", Err: nil}
	_ func(...cond) cond                                                = archive.And
	_ func(...cond) cond                                                = archive.Or
	_ func(cond) cond                                                   = archive.Not
	_ func(string) cond                                                 = archive.Raw
)

// Columns and the operators that they have.
const (
	textColumn      archive.Text      = "name"
	intColumn       archive.Int       = "contactId"
	decimalColumn   archive.Decimal   = "amount"
	boolColumn      archive.Bool      = "xstop"
	dateColumn      archive.Date      = "updatedDate"
	tagsColumn      archive.Tags      = "tags"
	listColumn      archive.List      = "category"
	associateColumn archive.Associate = "associateId"
)

var _ = []cond{
	textColumn.Is(""), textColumn.IsNot(""), textColumn.Begins(""), textColumn.Contains(""), textColumn.Ends(""), textColumn.In("", ""), textColumn.IsNull(), textColumn.IsNotNull(),
	intColumn.Is(0), intColumn.IsNot(0), intColumn.Less(0), intColumn.Greater(0), intColumn.Between(0, 0), intColumn.In(0, 0), intColumn.IsNull(), intColumn.IsNotNull(),
	decimalColumn.Is(0), decimalColumn.IsNot(0), decimalColumn.Less(0), decimalColumn.Greater(0), decimalColumn.Between(0, 0), decimalColumn.In(0, 0), decimalColumn.IsNull(), decimalColumn.IsNotNull(),
	boolColumn.Is(true), boolColumn.IsNull(), boolColumn.IsNotNull(),
	dateColumn.Before(time.Time{}), dateColumn.After(time.Time{}), dateColumn.On(time.Time{}), dateColumn.Between(time.Time{}, time.Time{}), dateColumn.In(archive.Period{}), dateColumn.IsNull(), dateColumn.IsNotNull(),
	tagsColumn.AllOf(0, 0), tagsColumn.AnyOf(0, 0), tagsColumn.NoneOf(0, 0), tagsColumn.IsNull(), tagsColumn.IsNotNull(),
	listColumn.AnyOf(0, 0), listColumn.NoneOf(0, 0), listColumn.IsNull(), listColumn.IsNotNull(),
	associateColumn.AnyOf(0, 0), associateColumn.NoneOf(0, 0), associateColumn.IsCurrent(), associateColumn.IsNull(), associateColumn.IsNotNull(),
}

var _ = []order{
	textColumn.Asc(), intColumn.Desc(), decimalColumn.Asc(), boolColumn.Desc(), dateColumn.Asc(), tagsColumn.Desc(), listColumn.Asc(), associateColumn.Desc(),
}
