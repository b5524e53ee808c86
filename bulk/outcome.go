package bulk

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/superoffice-go/superoffice"
)

// Status is what became of a row.
type Status string

// What may become of a row.
const (
	Inserted  Status = "Inserted"
	Updated   Status = "Updated"
	Unchanged Status = "Unchanged" // it was there, as it is
	Deleted   Status = "Deleted"
	Failed    Status = "Failed"  // it was refused, before it was sent or by the server
	NotSent   Status = "NotSent" // the run ended before, or the server could not be reached
	Unknown   Status = "Unknown" // it was sent, and no answer has come
)

// Outcome is what became of a row.
type Outcome struct {
	// Row is the number of the row in the input, from 0.
	Row int
	// PrimaryKey is the ID of the row in the table, or 0 if the server does not
	// tell: it does for upserts.
	PrimaryKey int
	Status     Status
	// Err says why the row is Failed, NotSent or Unknown; nil otherwise.
	Err error
}

// ErrRefused is what the error of rows is that the server has answered for, and has
// not written: it said so in its result.
var ErrRefused = errors.New("bulk: the server has refused the rows")

// refused is the error of a batch that failed by its result.
func refused(result *superoffice.MassOperationResult) error {
	return fmt.Errorf("%w: %s", ErrRefused, result.Message)
}

// statusOf is what a failed call makes of its rows.
func statusOf(err error) (Status, error) {
	var failed *superoffice.Error
	if !errors.As(err, &failed) {
		return NotSent, err // the call was given up before it was sent
	}
	switch code := failed.StatusCode; {
	case failed.Attempts == 0, code == 0 && neverArrived(err):
		return NotSent, err
	case code == http.StatusRequestTimeout:
	case code >= http.StatusBadRequest && code < http.StatusInternalServerError, code != 0 && failed.Type != "", saysLater(failed):
		return Failed, err
	}
	return Unknown, fmt.Errorf("whether it was written is not known: %w", err)
}

// saysLater reports whether the server has turned a call away, to come again.
func saysLater(failed *superoffice.Error) bool {
	return failed.StatusCode == http.StatusServiceUnavailable && failed.Header.Get("Retry-After") != ""
}

// neverArrived reports whether no connection was made.
func neverArrived(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
