package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// newCompany saves a company with the agent.
func newCompany(t testing.TB, client *superoffice.Client) *superoffice.ContactEntity {
	t.Helper()
	company, err := client.Contact.CreateDefaultContactEntity(background())
	require.NoError(t, err)
	company.Name, company.Number1 = "Ann's", "0"
	company, err = client.Contact.SaveContactEntity(background(), company)
	require.NoError(t, err)
	return company
}

func TestChange(t *testing.T) {
	t.Parallel()
	server, client, entities := newWorld(t)
	saved := newCompany(t, client)
	changed, err := entities.Contact.Change(background(), saved.ContactID, func(c *superoffice.ContactEntity) error {
		c.Department = "Oslo"
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, "Oslo", changed.Department)
	last := server.Requests()[len(server.Requests())-1]
	assert.Equal(t, http.MethodPatch, last.Method)
	assert.JSONEq(t, `[{"op":"test","path":"/Department","value":""},{"op":"replace","path":"/Department","value":"Oslo"}]`, string(last.Body))
	assert.Equal(t, "application/json", last.Header.Get("Content-Type"))
	found, err := client.Contact.GetContactEntity(background(), saved.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "Ann's", found.Name)
	assert.Equal(t, "Oslo", found.Department)

	before := len(server.Requests())
	same, err := entities.Contact.Change(background(), saved.ContactID, func(*superoffice.ContactEntity) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, "Oslo", same.Department)
	assert.Len(t, server.Requests(), before+1, "no change, no request")

	stop := errors.New("stop")
	_, err = entities.Contact.Change(background(), saved.ContactID, func(*superoffice.ContactEntity) error { return stop })
	require.ErrorIs(t, err, stop)
	_, err = entities.Contact.Change(background(), saved.ContactID, nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = entities.Contact.Change(background(), saved.ContactID, func(c *superoffice.ContactEntity) error {
		c.UpdatedDate = superoffice.Forever()
		return nil
	})
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = entities.Contact.Change(background(), 0, func(*superoffice.ContactEntity) error { return nil })
	require.ErrorIs(t, err, superoffice.ErrNotFound)
}

// A colleague who is faster is not overwritten: edit sees what he wrote.
func TestChangeSeesWhatOthersWrote(t *testing.T) {
	t.Parallel()
	_, client, entities := newWorld(t)
	saved := newCompany(t, client)
	calls := 0
	changed, err := entities.Contact.Change(background(), saved.ContactID, func(c *superoffice.ContactEntity) error {
		if calls++; calls == 1 {
			other := rest.Clone(saved)
			other.Number1 = "theirs"
			_, err := client.Contact.SaveContactEntity(background(), other)
			require.NoError(t, err)
		}
		c.Number1 += "+ours"
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, calls)
	assert.Equal(t, "theirs+ours", changed.Number1)

	first := rest.Clone(changed)
	first.Number1 = "x"
	p, err := rest.Diff(changed, first)
	require.NoError(t, err)
	_, err = entities.Contact.Patch(background(), saved.ContactID, p.Guarded(saved))
	require.ErrorIs(t, err, superoffice.ErrConflict)
	found, err := entities.Contact.Patch(background(), saved.ContactID, rest.Patch{})
	require.NoError(t, err)
	assert.Equal(t, "theirs+ours", found.Number1, "nothing was changed")
}

// countUp raises the number that a company has in its Number1, and says how often
// that succeeded.
func countUp(ctx context.Context, entities *rest.Entities, id, times int) (done int, unsure int, err error) {
	for range times {
		_, err := entities.Contact.Change(ctx, id, func(c *superoffice.ContactEntity) error {
			n, err := strconv.Atoi(c.Number1)
			c.Number1 = strconv.Itoa(n + 1)
			return err
		})
		switch {
		case err == nil:
			done++
		case strings.Contains(err.Error(), "may have been made"):
			unsure++
		default:
			return done, unsure, err
		}
	}
	return done, unsure, nil
}

func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	_, client, entities := newWorld(t, superofficetest.WithRecordLimit(0))
	saved := newCompany(t, client)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			done, _, err := countUp(background(), entities, saved.ContactID, 10)
			assert.NoError(t, err)
			assert.Equal(t, 10, done)
		})
	}
	all.Wait()
	found, err := entities.Contact.Get(background(), saved.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "1000", found.Number1)
}

// With answers that are lost or refused on the way, what was surely made is there,
// and nothing is there that was made twice.
func TestNoChangeIsLostWithFaults(t *testing.T) {
	t.Parallel()
	server, client, entities := newWorld(t, superofficetest.WithRecordLimit(0))
	other := rest.New(server.Client())
	saved := newCompany(t, client)
	var done, unsure atomic.Int64
	stop := make(chan struct{})
	var faults, all sync.WaitGroup
	faults.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			server.ClearFaults()
			server.InjectOn("PATCH Contact/{id}", 1, []superofficetest.Fault{
				superofficetest.Status(http.StatusConflict, "SoConflictException", "no"), superofficetest.Status(http.StatusPreconditionFailed, "", "no"),
				superofficetest.Unavailable("0"), superofficetest.CutBody(),
			}[i%4])
		}
	})
	for i := range 20 {
		all.Go(func() {
			n, m, err := countUp(background(), []*rest.Entities{entities, other}[i%2], saved.ContactID, 5)
			done.Add(int64(n))
			unsure.Add(int64(m))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	close(stop)
	faults.Wait()
	server.ClearFaults()
	found, err := entities.Contact.Get(background(), saved.ContactID)
	require.NoError(t, err)
	n, err := strconv.Atoi(found.Number1)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, n, int(done.Load()))
	assert.LessOrEqual(t, n, int(done.Load()+unsure.Load()))
	t.Logf("%d changes, and %d of which the answer was lost: %d", done.Load(), unsure.Load(), n)
}

func ExampleContact_Change() {
	server := superofficetest.NewServer(superofficetest.WithDemoData(10))
	defer server.Close()
	entities := rest.New(server.Client())

	company, err := entities.Contact.Change(context.Background(), 7, func(c *superoffice.ContactEntity) error {
		c.Department = "Head office"
		c.CustomFields.Set("SuperOffice:2", superoffice.IntValue(42))
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(company.Department)
	// Output: Head office
}
