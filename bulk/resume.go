package bulk

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// Resume adds those rows that are not there, by the columns keys: for rows whose
// outcome was Unknown, or for the whole input of a run that was interrupted. It
// asks the server for the keys of each batch before it sends what is missing; a
// row that is there is Unchanged, whatever its other columns are.
//
// keys have to be columns of whole numbers or of texts. Somebody who
// adds the same rows at the same time is not noticed. If the server cannot be asked,
// the rows are NotSent. Otherwise Resume is as Insert.
func (w Writer[T]) Resume(ctx context.Context, keys []string, rows iter.Seq[T]) iter.Seq2[Outcome, error] {
	return start(ctx, w, rows, func() (*table, error) {
		if len(keys) == 0 {
			return nil, invalid("Resume needs the columns by which rows are found")
		}
		t, err := newTable[T](&w.settings, keys)
		if err != nil {
			return nil, err
		}
		return t, t.checkComparable()
	}, (*run).resume)
}

// checkComparable refuses keys that the server may give back in another form.
func (t *table) checkComparable() error {
	for _, at := range t.keys {
		if c := &t.columns[at]; !c.isNumber() && !c.isText() {
			return invalid("the key column %s is neither of whole numbers nor of texts", c.Column)
		}
	}
	return nil
}

// resume leaves out the rows of a batch that are there, and adds the others.
func (r *run) resume(b *batch) {
	there, err := r.there(b)
	if err != nil {
		b.fail(NotSent, fmt.Errorf("bulk: which rows are there is not known: %w", err))
		return
	}
	for i := range b.lines {
		if id, ok := there[r.comparable(r.keyCells(b.lines[i].cells))]; ok {
			b.outcomes[b.at[i]].Status, b.outcomes[b.at[i]].PrimaryKey = Unchanged, id
		}
	}
	if b.leaveSettled(); len(b.lines) > 0 {
		r.insert(b)
	}
}

// there asks which rows of a batch are there, and returns their IDs by their keys.
func (r *run) there(b *batch) (map[string]int, error) {
	columns := make([]string, 0, len(r.keys)+1)
	for _, key := range r.keyNames() {
		columns = append(columns, r.settings.table+"."+key)
	}
	own := r.settings.table + "." + r.ownName()
	query := archive.From[archive.Row](r.client, archive.Dynamic).Columns(append(columns, own)...).OrderBy(archive.Int(own).Asc()).With(r.opts...)
	for i, column := range columns {
		query = query.Where(r.oneOf(column, i, b))
	}
	found := make(map[string]int)
	for row, err := range query.All(r.ctx) {
		if err != nil {
			return nil, err
		}
		keys := make([]string, len(columns))
		for i, column := range columns {
			keys[i], _ = row.Text(column)
		}
		id, _ := row.Value(own)
		n, _ := id.Int() // 0 if it is none
		found[r.comparable(keys)] = n
	}
	return found, nil
}

// ownName is the column of the primary key.
func (r *run) ownName() string {
	switch {
	case r.own >= 0:
		return r.columns[r.own].Column
	case r.extra:
		return "id"
	}
	return strings.ToLower(r.settings.table) + "_id"
}

// oneOf is the condition that a column has a key of one of the rows.
func (r *run) oneOf(name string, key int, b *batch) archive.Cond {
	c := &r.columns[r.keys[key]]
	texts, numbers := make([]string, len(b.lines)), make([]int, len(b.lines))
	for i := range b.lines {
		texts[i] = r.keyCells(b.lines[i].cells)[key]
		numbers[i], _ = superoffice.FieldValue(texts[i]).Int() // it was written as one, if it is
	}
	if c.isText() {
		slices.Sort(texts)
		return archive.Text(name).In(slices.Compact(texts)...)
	}
	slices.Sort(numbers)
	return archive.Int(name).In(slices.Compact(numbers)...)
}
