package redisstore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/online/redisstore"
	"github.com/superoffice-go/superoffice/online/storetest"
)

var (
	tenant = online.Key{Environment: "https://sod.superoffice.com", Application: "0a1b", Tenant: "Cust12345"}
	ticket = online.Entry{Version: "v1", Value: []byte("7T:secret")}
)

// newStore returns a store of which no other test sees the entries, its client
// and its prefix.
func newStore(t *testing.T, edit ...func(*redis.Options)) (*redisstore.Store, *redis.Client, string) {
	t.Helper()
	client, prefix := newClient(t, edit...), rand.Text()+":"
	return redisstore.New(client, redisstore.WithPrefix(prefix)), client, prefix
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) online.Store {
		store, _, _ := newStore(t)
		return store
	})
}

func TestEncryptedStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) online.Store {
		store, _, _ := newStore(t)
		encrypted, err := online.EncryptedStore(store, bytes.Repeat([]byte{1}, 32))
		require.NoError(t, err)
		return encrypted
	})
}

func TestStoreExpiry(t *testing.T) {
	t.Parallel()
	store, client, prefix := newStore(t)
	storetest.RunExpiry(t, store, func(d time.Duration) { shorten(t, client, prefix, d) })
}

// shorten takes d from the life of all entries, as time would.
func shorten(t *testing.T, client *redis.Client, prefix string, d time.Duration) {
	t.Helper()
	names, err := client.Keys(t.Context(), prefix+"*").Result()
	require.NoError(t, err)
	for _, name := range names {
		left, err := client.PTTL(t.Context(), name).Result()
		require.NoError(t, err)
		if left >= 0 { // below: it has none, or is gone by now
			require.NoError(t, client.PExpire(t.Context(), name, left-d).Err())
		}
	}
}

func TestStoreNames(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	key := online.Key{Environment: "https://sod.superoffice.com", Application: "0a1b", Tenant: rand.Text()}
	swapped, err := redisstore.New(client).Swap(t.Context(), key, "", ticket, time.Hour)
	require.NoError(t, err)
	assert.True(t, swapped)
	hash, err := client.HGetAll(t.Context(), "superoffice:https:%2F%2Fsod.superoffice.com/0a1b/"+key.Tenant+"/").Result()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"version": "v1", "value": "7T:secret"}, hash)
}

// The documentation names the commands that an access list has to allow.
func TestStoreNeedsFewCommands(t *testing.T) {
	t.Parallel()
	user, admin := rand.Text(), newClient(t)
	setUser := []any{"ACL", "SETUSER", user, "on", ">" + user, "~superoffice:*", "-@all",
		"+hget", "+hmget", "+hset", "+del", "+pexpire", "+persist", "+eval", "+evalsha"}
	require.NoError(t, admin.Do(t.Context(), setUser...).Err())
	storetest.Run(t, func(t *testing.T) online.Store {
		return redisstore.New(newClient(t, func(opts *redis.Options) { opts.Username, opts.Password = user, user }))
	})
}

func TestStoreSetsTTL(t *testing.T) {
	t.Parallel()
	store, client, prefix := newStore(t)
	old := ""
	for _, ttl := range []time.Duration{time.Minute, 0, 24 * time.Hour, -1, 1 << 62, time.Hour + time.Nanosecond} {
		next := online.Entry{Version: rand.Text(), Value: ticket.Value}
		swapped, err := store.Swap(t.Context(), tenant, old, next, ttl)
		require.NoError(t, err)
		require.True(t, swapped)
		got, err := client.PTTL(t.Context(), prefix+tenant.String()).Result()
		require.NoError(t, err)
		if ttl <= 0 {
			assert.Equal(t, time.Duration(-1), got, "none")
		} else {
			assert.InDelta(t, ttl.Seconds(), got.Seconds(), 30)
		}
		old = next.Version
	}
}

// A client sends a command again when it gets no answer. The swap that was
// done is then no other's.
func TestStoreSwapWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	store, _, _ := newStore(t, func(opts *redis.Options) { opts.Dialer = losing(&armed) })
	swapped, err := store.Swap(t.Context(), tenant, "", ticket, time.Hour) // and the script is known from now on
	require.NoError(t, err)
	require.True(t, swapped)

	armed.Store(true)
	next := online.Entry{Version: "v2", Value: []byte("another")}
	swapped, err = store.Swap(t.Context(), tenant, ticket.Version, next, time.Hour)
	require.NoError(t, err)
	assert.True(t, swapped)
	assert.False(t, armed.Load(), "an answer was lost")
	got, err := store.Load(t.Context(), tenant)
	require.NoError(t, err)
	assert.Equal(t, next, got)

	swapped, err = store.Swap(t.Context(), tenant, ticket.Version, online.Entry{Version: "v3", Value: []byte("late")}, time.Hour)
	require.NoError(t, err)
	assert.False(t, swapped, "another version of the same time has lost")
}

// losing dials connections that, once armed, drop the next answer and break.
func losing(armed *atomic.Bool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &losingConn{conn, armed}, err
	}
}

type losingConn struct {
	net.Conn
	armed *atomic.Bool
}

func (c *losingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil && c.armed.CompareAndSwap(true, false) {
		_ = c.Close()
		return 0, io.EOF
	}
	return n, err
}

// A server that takes connections and says nothing.
func TestStoreIsLeftAtOnce(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	const clientTakes = time.Minute
	client := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), ReadTimeout: clientTakes})
	t.Cleanup(func() {
		_ = client.Close()
		_ = listener.Close()
	})
	store := redisstore.New(client)
	for name, call := range map[string]func(context.Context) error{
		"Load": func(ctx context.Context) error { _, err := store.Load(ctx, tenant); return err },
		"Swap": func(ctx context.Context) error {
			_, err := store.Swap(ctx, tenant, "", ticket, 0)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		returned := make(chan error, 1)
		go func() { returned <- call(ctx) }()
		conn, err := listener.Accept() // the call is under way
		require.NoError(t, err)
		canceled := time.Now()
		cancel()
		assert.ErrorIs(t, <-returned, context.Canceled, name)
		assert.Less(t, time.Since(canceled), clientTakes/2, name)
		require.NoError(t, conn.Close())
	}
}

func TestStoreErrors(t *testing.T) {
	t.Parallel()
	store, client, prefix := newStore(t)
	require.NoError(t, client.Set(t.Context(), prefix+tenant.String(), "7T:secret", time.Hour).Err())
	_, loadErr := store.Load(t.Context(), tenant)
	_, swapErr := store.Swap(t.Context(), tenant, "", ticket, time.Hour)
	for doing, err := range map[string]error{"loading": loadErr, "swapping": swapErr} {
		var refusal redis.Error
		require.ErrorAs(t, err, &refusal)
		assert.ErrorContains(t, err, "redisstore: "+doing+" "+tenant.String()+" in Redis: ")
		assert.ErrorContains(t, err, "WRONGTYPE")
		assert.NotContains(t, err.Error(), "secret")
	}
}

// unknowing is a server that does not know a command, as Redis words it.
type unknowing struct{}

func (unknowing) DialHook(next redis.DialHook) redis.DialHook { return next }

func (unknowing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (unknowing) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, cmd redis.Cmder) error {
		err := fmt.Errorf("ERR unknown command '%s', with args beginning with: '1' 'v1' '7T:secret'", cmd.Name())
		cmd.SetErr(err)
		return err
	}
}

func TestStoreErrorsRepeatNoValue(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(unknowing{})
	_, err := redisstore.New(client).Swap(t.Context(), tenant, "", ticket, 0)
	require.ErrorContains(t, err, "ERR unknown command 'evalsha'")
	for ; err != nil; err = errors.Unwrap(err) {
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestStoreWithoutServer(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	_, err := redisstore.New(client).Load(t.Context(), tenant)
	var refused *net.OpError
	assert.ErrorAs(t, err, &refused)
}
