package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/wait"
)

const (
	// mostTries bounds how often a change is made of what was fetched anew.
	mostTries = 40
	// Between tries the change waits a random number of slots, each as long as the
	// shortest try, out of twice as many from try to try: so many who change the same
	// record find a time each, however slow the server is.
	mostDoublings = 8
	shortestSlot  = time.Millisecond
	longestPause  = 30 * time.Second
)

var errNoEdit = fmt.Errorf("%w: edit is nil", superoffice.ErrInvalidArgument)

// changer makes the calls of a Change. It knows the carrier by its type only, so
// that there is one for all entities.
type changer struct {
	client     *superoffice.Client
	get, patch *operation.Operation
	carrier    reflect.Type
	opts       []superoffice.CallOption
}

// change fetches, edits and patches, until nobody else was in between, and returns
// the carrier.
func (c changer) change(ctx context.Context, id int, edit func(carrier any) error) (any, error) {
	in := operation.Input{Path: operation.Values{operation.ID(id)}}
	slot := longestPause
	for try := 1; ; try++ {
		begun := time.Now()
		before, saved := reflect.New(c.carrier).Interface(), reflect.New(c.carrier).Interface()
		if err := c.client.Perform(ctx, c.get, in, before, c.opts...); err != nil {
			return nil, err
		}
		after := cloned(reflect.ValueOf(before)).Interface()
		if err := edit(after); err != nil {
			return nil, err
		}
		p, err := diff(c.carrier, before, after)
		if err != nil {
			return nil, err
		}
		if p.Empty() {
			return before, nil
		}
		p = p.Guarded(before)
		if p.err != nil {
			return nil, p.err
		}
		err = c.client.Perform(ctx, c.patch, operation.Input{Path: in.Path, Body: p.body()}, saved, c.opts...)
		switch {
		case err == nil:
			return saved, nil
		case !isOutrun(err):
			return nil, unsure(id, err)
		case try == mostTries:
			return nil, fmt.Errorf("superoffice: the record %d was changed by others %d times in a row: %w", id, try, err)
		}
		slot = min(slot, time.Since(begun))
		if err := wait.Sleep(ctx, pause(try, slot)); err != nil {
			return nil, err
		}
	}
}

// isOutrun reports whether somebody else has changed the record in between.
func isOutrun(err error) bool {
	return errors.Is(err, superoffice.ErrConflict) || errors.Is(err, superoffice.ErrPreconditionFailed)
}

// pause is a random time to wait after a try.
func pause(try int, slot time.Duration) time.Duration {
	most := max(slot, shortestSlot) << min(try, mostDoublings)
	return rand.N(min(most, longestPause)) //nolint:gosec // it is no secret
}

// ErrUnsure is what errors.Is finds in the error of a Change whose answer was lost:
// the change may have been made. Fetch the record and look.
var ErrUnsure = errors.New("the change may have been made")

// unsure says so if a change may have been made although it failed.
func unsure(id int, err error) error {
	var failed *superoffice.Error
	if !errors.As(err, &failed) || failed.Attempts == 0 {
		return err
	}
	if status := failed.StatusCode; status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return err
	}
	return fmt.Errorf("superoffice: the record %d: %w: %w", id, ErrUnsure, err)
}
