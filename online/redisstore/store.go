package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
)

// Store is an online.Store in Redis. It is safe for any number of goroutines.
type Store struct {
	client redis.UniversalClient
	swap   *redis.Script
	settings
}

var _ online.Store = (*Store)(nil)

// Option is a setting of New and NewSeen.
type Option func(*settings)

type settings struct {
	prefix string
}

func settingsOf(opts []Option) settings {
	s := settings{prefix: "superoffice:"}
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// WithPrefix has the names of all keys begin with prefix and not with
// "superoffice:", for services that share a Redis and must not share tokens,
// or to fit an access list. In a cluster a prefix such as "{superoffice}:"
// keeps all entries in one slot, which nothing here needs.
func WithPrefix(prefix string) Option {
	return func(s *settings) { s.prefix = prefix }
}

// New returns a store on client: a *redis.Client, also with Sentinel, a
// *redis.ClusterClient or a *redis.Ring. It sends nothing yet. The client stays
// the caller's to configure and to close; its timeouts and retries hold here.
func New(client redis.UniversalClient, opts ...Option) *Store {
	return &Store{client: client, swap: redis.NewScript(swapScript), settings: settingsOf(opts)}
}

// The members of the hash that is an entry.
const (
	versionMember = "version"
	valueMember   = "value"
)

// Load returns the entry at key. Its errors are ctx's and, wrapped, those of
// the client.
func (s *Store) Load(ctx context.Context, key online.Key) (online.Entry, error) {
	members, err := await(ctx, func() ([]any, error) {
		return s.client.HMGet(ctx, s.prefix+key.String(), versionMember, valueMember).Result()
	})
	if err != nil {
		return online.Entry{}, problem("loading", key.String(), err)
	}
	version, value, ok := entryOf(members)
	if !ok {
		return online.Entry{}, nil
	}
	return online.Entry{Version: version, Value: []byte(value)}, nil
}

// entryOf finds an entry in the answer to HMGET, which has nil for a member
// that is not there.
func entryOf(members []any) (version, value string, ok bool) {
	if len(members) != 2 {
		return "", "", false
	}
	version, _ = members[0].(string)
	value, ok = members[1].(string)
	return version, value, ok
}

// swapScript compares and swaps. KEYS[1] is the name, ARGV the version that
// must be there, the next version, the next value, and its ttl in
// milliseconds, 0 for none. The empty version stands for no entry, and the
// empty value for none to put.
//
// The next version is there already if the client sent the script again
// because it did not get the first answer: nobody else makes that version.
const swapScript = `
local there = redis.call('HGET', KEYS[1], 'version') or ''
if ARGV[3] ~= '' and there == ARGV[2] then
	return 1
end
if there ~= ARGV[1] then
	return 0
end
if ARGV[3] == '' then
	redis.call('DEL', KEYS[1])
	return 1
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'value', ARGV[3])
if ARGV[4] == '0' then
	redis.call('PERSIST', KEYS[1])
else
	redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1`

// Swap puts next at key if the version there is old. Redis forgets it when ttl
// has passed, to the millisecond, rounded up. Its errors are ctx's,
// superoffice.ErrInvalidArgument and, wrapped, those of the client.
func (s *Store) Swap(ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	if next.Version == "" && len(next.Value) > 0 {
		return false, fmt.Errorf("%w: Swap got an entry with a value and no version; give it a random one", superoffice.ErrInvalidArgument)
	}
	names, value, milliseconds := []string{s.prefix + key.String()}, string(next.Value), inMilliseconds(ttl)
	swapped, err := await(ctx, func() (bool, error) {
		return s.swap.Run(ctx, s.client, names, old, next.Version, value, milliseconds).Bool()
	})
	if err != nil {
		return false, problem("swapping", key.String(), err)
	}
	return swapped, nil
}

// inMilliseconds rounds up, since 0 would mean that the entry stays for ever.
func inMilliseconds(ttl time.Duration) int64 {
	if ttl <= 0 {
		return 0
	}
	return int64((ttl-1)/time.Millisecond) + 1
}

// await runs a call beside ctx: the client looks at a deadline only if told
// to, and at a cancellation not at all once a command is under way. A call
// that was left ends by the client's timeouts.
func await[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type answer struct {
		result T
		err    error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if ctx.Done() == nil {
		return call()
	}
	answers := make(chan answer, 1)
	go func() {
		result, err := call()
		answers <- answer{result, err}
	}()
	select {
	case got := <-answers:
		return got.result, got.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// problem wraps an error of the client. A server repeats the arguments of a
// command that it does not know, the value among them, which are cut off
// together with what is underneath.
func problem(doing, key string, err error) error {
	if text, _, repeats := strings.Cut(err.Error(), ", with args beginning with"); repeats {
		err = errors.New(text)
	}
	return fmt.Errorf("redisstore: %s %s in Redis: %w", doing, key, err)
}
