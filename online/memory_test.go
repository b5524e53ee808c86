package online_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/online/storetest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) online.Store { return online.NewMemoryStore() })
}

func TestMemoryStoreZeroValue(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) online.Store { return new(online.MemoryStore) })
}

func TestMemoryStoreExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		storetest.RunExpiry(t, online.NewMemoryStore(), time.Sleep)
	})
}

// Entries that are over go, although nobody asks for them again.
func TestMemoryStoreStaysSmall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tenants, lasting = 5000, 10
		store := online.NewMemoryStore()
		for i := range tenants {
			ttl := time.Minute
			if i < lasting {
				ttl = 0
			}
			key := online.Key{Tenant: fmt.Sprint("Cust", i)}
			swapped, err := store.Swap(t.Context(), key, "", online.Entry{Version: "1", Value: []byte("a")}, ttl)
			require.NoError(t, err)
			require.True(t, swapped)
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, online.Kept(store), 2*(60+lasting))
		for i := range lasting {
			entry, err := store.Load(t.Context(), online.Key{Tenant: fmt.Sprint("Cust", i)})
			require.NoError(t, err)
			assert.Equal(t, "1", entry.Version)
		}
	})
}
