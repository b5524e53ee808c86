package bulk

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// The calls, as the agent DatabaseTable makes them. None is sent again if the server
// may have seen it, whatever options say.
var (
	insertRows = operation.Operation{Route: "v1/Agents/DatabaseTable/Insert", Once: true, Slow: slow}
	upsertRows = operation.Operation{Route: "v1/Agents/DatabaseTable/Upsert", Once: true, Slow: slow}
	deleteRows = operation.Operation{Route: "v1/Agents/DatabaseTable/Delete", Once: true, Slow: slow}
)

const slow = 5 * time.Second // the vendor's mark

// perform makes a call with a body.
func (r *run) perform(op *operation.Operation, body any) (*superoffice.MassOperationResult, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	result := new(superoffice.MassOperationResult)
	return result, r.client.Perform(r.ctx, op, operation.Input{Body: operation.JSON{Text: text}}, result, r.opts...)
}

// data are the cells of the rows that are sent.
func (b *batch) data() [][]string {
	all := make([][]string, len(b.lines))
	for i := range b.lines {
		all[i] = b.lines[i].cells
	}
	return all
}

// settle sets the outcomes if the call or its result failed, and reports whether it
// did. A result of which nothing was answered for is one.
func (b *batch) settle(result *superoffice.MassOperationResult, err error) (failed bool) {
	switch {
	case err != nil:
		b.failTogether(statusOf(err))
	case !result.Success:
		b.failTogether(Failed, refused(result))
	default:
		return false
	}
	return true
}

func (r *run) insert(b *batch) {
	result, err := r.perform(&insertRows, struct {
		TableName string
		Columns   []string
		Data      [][]string
	}{r.settings.table, r.names(), b.data()})
	if b.settle(result, err) {
		return
	}
	if result.Inserts != len(b.lines) {
		b.fail(Unknown, fmt.Errorf("bulk: the server says that it has added %d rows of %d, and not which", result.Inserts, len(b.lines)))
		return
	}
	for i, at := range b.at {
		b.outcomes[at].Status = Inserted
		if len(result.RowStatus) == len(b.at) { // some servers tell the new IDs, in the order of the rows
			b.outcomes[at].PrimaryKey = result.RowStatus[i].PrimaryKey
		}
	}
}

func (r *run) delete(b *batch) {
	ids := make([]int, len(b.lines))
	for i := range b.lines {
		ids[i] = b.lines[i].id
	}
	result, err := r.perform(&deleteRows, struct {
		TableName string
		IDs       []int `json:"Ids"`
	}{r.settings.table, ids})
	if b.settle(result, err) {
		return
	}
	for _, at := range b.at {
		b.outcomes[at].Status = Deleted
	}
}

func (r *run) upsert(b *batch) {
	result, err := r.perform(&upsertRows, superoffice.DatabaseTableUpsertRequest{
		TableName: r.settings.table, Columns: r.names(), Keys: r.keyNames(), Data: b.data(),
		NomatchAction: superoffice.UpsertNomatchActionNoChange, ReturnRowStatus: true,
	})
	if err == nil && !result.Success {
		r.setRows(b, result) // a part may be written
		err = refused(result)
		for _, at := range b.at {
			if b.outcomes[at].Status == "" {
				b.outcomes[at].Status, b.outcomes[at].Err = Failed, err
			}
		}
		return
	}
	if b.settle(result, err) {
		return
	}
	r.setRows(b, result)
	for _, at := range b.at {
		if b.outcomes[at].Status == "" {
			b.outcomes[at].Status, b.outcomes[at].Err = b.statusOfRest(result)
		}
	}
}

// actions are what the server says of a row.
var actions = map[superoffice.UpsertRowActionStatus]Status{
	superoffice.UpsertRowActionStatusInserted: Inserted, superoffice.UpsertRowActionStatusUpdated: Updated,
	superoffice.UpsertRowActionStatusNoUpdateNeeded: Unchanged, superoffice.UpsertRowActionStatusDeleted: Deleted,
	superoffice.UpsertRowActionStatusColumnsZeroed: Updated,
}

// setRows sets the outcomes of the rows that the server has told of, by their keys.
func (r *run) setRows(b *batch, result *superoffice.MassOperationResult) {
	rows := b.keys
	if !r.hasTextKeys() {
		rows = make(map[string]int, len(b.lines))
		for i := range b.lines {
			rows[r.comparable(r.keyCells(b.lines[i].cells))] = b.at[i]
		}
	}
	for _, row := range result.RowStatus {
		at, ok := rows[r.comparable(row.RowKeys)]
		if status := actions[row.Action]; ok && status != "" && b.outcomes[at].Err == nil {
			b.outcomes[at].Status, b.outcomes[at].PrimaryKey = status, row.PrimaryKey
		}
	}
}

var errUntold = errors.New("bulk: the server has written the rows, and does not say what became of each")

// statusOfRest is what became of the rows that the server has not told of.
func (b *batch) statusOfRest(result *superoffice.MassOperationResult) (Status, error) {
	switch {
	case len(result.RowStatus) > 0:
		return Unknown, errUntold
	case result.Inserts == len(b.lines):
		return Inserted, nil
	case result.Updates == len(b.lines):
		return Updated, nil
	case result.Inserts == 0 && result.Updates == 0:
		return Unchanged, nil
	}
	return Unknown, errUntold
}
