package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/wait"
)

const (
	// mostTries bounds how often a change is made of what was fetched anew.
	mostTries = 40
	// longestPause is the longest time that one of many who change the same
	// record waits, so that they come one after the other.
	longestPause  = 2 * time.Second
	shortestPause = 4 * time.Millisecond
)

// change fetches, edits and patches, until nobody else was in between.
func change[T any](ctx context.Context, id int,
	get func(context.Context, int, ...superoffice.CallOption) (*T, error),
	patch func(context.Context, int, Patch, ...superoffice.CallOption) (*T, error),
	edit func(*T) error, opts []superoffice.CallOption,
) (*T, error) {
	if edit == nil {
		return nil, fmt.Errorf("%w: edit is nil", superoffice.ErrInvalidArgument)
	}
	for try := 1; ; try++ {
		before, err := get(ctx, id, opts...)
		if err != nil {
			return nil, err
		}
		after := Clone(before)
		if err := edit(after); err != nil {
			return nil, err
		}
		p, err := Diff(before, after)
		if err != nil || p.Empty() {
			return before, err
		}
		saved, err := patch(ctx, id, p.Guarded(before), opts...)
		if !isOutrun(err) {
			return saved, unsure(id, err)
		}
		if try == mostTries {
			return nil, fmt.Errorf("superoffice: the record %d was changed by others %d times in a row: %w", id, try, err)
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

// isOutrun reports whether somebody else has changed the record in between.
func isOutrun(err error) bool {
	return errors.Is(err, superoffice.ErrConflict) || errors.Is(err, superoffice.ErrPreconditionFailed)
}

// pause waits a random time, longer from try to try.
func pause(ctx context.Context, try int) error {
	most := min(shortestPause<<min(try, 20), longestPause)
	return wait.Sleep(ctx, rand.N(most)) //nolint:gosec // it is no secret
}

// unsure says so if a change may have been made although it failed.
func unsure(id int, err error) error {
	var failed *superoffice.Error
	if !errors.As(err, &failed) || failed.Attempts == 0 {
		return err
	}
	if status := failed.StatusCode; status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return err
	}
	return fmt.Errorf("superoffice: the change of the record %d may have been made: %w", id, err)
}
