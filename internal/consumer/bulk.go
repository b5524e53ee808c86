package consumer

import (
	"context"
	"iter"

	"github.com/superoffice-go/superoffice/bulk"
)

// Package bulk.
var (
	_ func(c *client, table string) bulk.Writer[company] = bulk.Into[company]

	_ func(bulk.Writer[company], context.Context, iter.Seq[company]) iter.Seq2[bulk.Outcome, error]           = bulk.Writer[company].Insert
	_ func(bulk.Writer[company], context.Context, []string, iter.Seq[company]) iter.Seq2[bulk.Outcome, error] = bulk.Writer[company].Upsert
	_ func(bulk.Writer[company], context.Context, iter.Seq[int]) iter.Seq2[bulk.Outcome, error]               = bulk.Writer[company].Delete

	_             = bulk.Outcome{Row: 0, PrimaryKey: 0, Status: bulk.Unknown, Err: error(nil)}
	_ bulk.Status = "Inserted"
	_             = []bulk.Status{bulk.Inserted, bulk.Updated, bulk.Unchanged, bulk.Deleted, bulk.Failed, bulk.NotSent, bulk.Unknown}
)
