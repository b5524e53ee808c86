// Package bulk writes many rows of a table at once, from structs, by the mass
// operations of the agent DatabaseTable.
//
//	type Equipment struct {
//		No    string     `so:"x_no"`
//		Name  string     `so:"x_name"`
//		Price float64    `so:"x_price"`
//		Until *time.Time `so:"x_until"`
//	}
//
//	rows := slices.Values(all) // or what reads a file
//	for outcome, err := range bulk.Into[Equipment](client, "y_equipment").Upsert(ctx, []string{"x_no"}, rows) {
//		if err != nil {
//			return err // the run has ended
//		}
//		if outcome.Err != nil {
//			log.Print(outcome.Row, outcome.Status, outcome.Err)
//		}
//	}
//
// The tag of a field is the column of the database; types are those of package udef.
// Mass operations bypass the rights of records, and in SuperOffice Online they are for
// system users.
//
// # What becomes of each row
//
// Rows go in batches, of 500 unless told, and each row that is read has one
// [Outcome], in the order of the input. What cannot go well is found before it is
// sent: a value without an encoding, a text that is longer than [Writer.Limit] says,
// a key that another row of the batch has too, a primary key where the server
// assigns one. Such a row is left out of its batch.
//
// A batch that the server has refused is Failed, all of it, and the next one goes on.
// A failed upsert may have left a part of its changes behind. A batch whose
// answer did not come is Unknown: it may have been written, and it is never sent
// again here. [Writer.Resume] asks the server which of its rows are there.
//
// At most one batch is under way while the next one is made, unless
// [Writer.Parallel] says how many may be.
package bulk
