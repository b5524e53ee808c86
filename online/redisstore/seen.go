package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/superoffice-go/superoffice/webhook"
)

const (
	// busyFor is how long an event is Busy at the most. SuperOffice does not say how
	// long it waits for an answer; its servers are .NET, which waits 100 seconds
	// unless told. So nobody waits for a function that is at it for longer, and the
	// event of a process that died does not stay Busy for ever.
	busyFor = 5 * time.Minute

	// handledFor is how long an event stays Handled. SuperOffice repeats one within
	// seconds. Who has recorded one can send it as long as webhook.MaxAge allows,
	// which is an hour unless told, and as much again if its time is in the future.
	handledFor = 24 * time.Hour

	// mostOpen is how many events that were begun a process knows at a time. It
	// matters only to callers that do not end what they begin.
	mostOpen = 10_000
)

// Seen is a webhook.Seen in Redis, so that an event that reaches two replicas of a
// service is handled by one of them. It is safe for any number of goroutines.
//
// An event is Busy until End, and for five minutes at the most, since a process may
// die: longer than SuperOffice is likely to wait for an answer. It is Handled for
// a day, of which SuperOffice needs some seconds and the default of webhook.MaxAge
// an hour; with a MaxAge of more than a day, an event that somebody has recorded is
// handled again afterwards.
//
// SuperOffice gives an event up some five seconds after the first try. So if a
// process dies while it handles one, what is left of the tries finds it Busy, and
// the event is lost.
//
// What tells the Busy of one Begin from that of another is kept in the process, for
// 10,000 events at a time. So the Seen that was asked to Begin has to be told of the
// End.
type Seen struct {
	client  redis.UniversalClient
	begin   *redis.Script
	release *redis.Script
	settings

	mu   sync.Mutex
	open map[string]turns // by key
}

// turns are those who have begun an event in this process and have not ended it.
// There are several if one took so long that it was Busy no more.
type turns struct {
	token string // of the latest
	count int
}

var _ webhook.Seen = (*Seen)(nil)

// NewSeen returns a Seen on client, for which the same holds as for New's. It may be
// the same client, with the same prefix.
func NewSeen(client redis.UniversalClient, opts ...Option) *Seen {
	return &Seen{
		client: client, begin: redis.NewScript(beginScript), release: redis.NewScript(releaseScript),
		settings: settingsOf(opts), open: make(map[string]turns),
	}
}

// handledValue is the value of an event that was handled. That of one that is
// Busy is the token of its Begin, which is never this word.
const handledValue = "handled"

// beginScript returns a webhook.State. KEYS[1] is the name, ARGV the token and
// how long the event may be Busy, in milliseconds.
//
// The token is there already if the client sent the script again because it did
// not get the first answer: nobody else makes that token.
const beginScript = `
local there = redis.call('GET', KEYS[1])
if not there then
	redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
	return 0
end
if there == ARGV[1] then
	return 0
end
if there == 'handled' then
	return 2
end
return 1`

// releaseScript makes an event Fresh. KEYS[1] is the name, ARGV[1] the token
// without which it stays as it is.
const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0`

// Begin returns what is known of an event, which is Busy from now on if it was
// Fresh. Its errors are ctx's and, wrapped, those of the client. After one, what it
// may have made Busy is made Fresh again as soon as the client allows, since its
// caller will not end it.
func (s *Seen) Begin(ctx context.Context, key string) (webhook.State, error) {
	token := rand.Text()
	var through atomic.Int32
	leave := func() { // the second of the call and of who got no answer cleans up
		if through.Add(1) == 2 {
			go func() { _ = s.releaseBy(context.WithoutCancel(ctx), key, token) }()
		}
	}
	state, err := await(ctx, func() (int, error) {
		defer leave()
		return s.begin.Run(ctx, s.client, []string{s.name(key)}, token, inMilliseconds(busyFor)).Int()
	})
	if err != nil {
		leave()
		return webhook.Fresh, eventProblem("beginning", key, err)
	}
	if webhook.State(state) == webhook.Fresh {
		s.opened(key, token)
	}
	return webhook.State(state), nil
}

// End notes that an event that was begun is handled, or is not. One that is not is
// Fresh again, unless it was Busy for so long that somebody else has begun it, here
// or in another process: then it stays Busy. One that is handled is Handled in any
// case. Its errors are ctx's and, wrapped, those of the client.
func (s *Seen) End(ctx context.Context, key string, handled bool) error {
	token := s.closed(key)
	switch {
	case handled:
		return s.note(ctx, key)
	case token == "":
		return nil
	}
	return s.releaseBy(ctx, key, token)
}

// note makes an event Handled.
func (s *Seen) note(ctx context.Context, key string) error {
	_, err := await(ctx, func() (string, error) {
		return s.client.Set(ctx, s.name(key), handledValue, handledFor).Result()
	})
	if err != nil {
		return eventProblem("noting", key, err)
	}
	return nil
}

// releaseBy makes an event Fresh if it is Busy by this token.
func (s *Seen) releaseBy(ctx context.Context, key, token string) error {
	_, err := await(ctx, func() (int, error) {
		return s.release.Run(ctx, s.client, []string{s.name(key)}, token).Int()
	})
	if err != nil {
		return eventProblem("releasing", key, err)
	}
	return nil
}

func (s *Seen) name(key string) string { return s.prefix + "seen:" + key }

// opened keeps the token of an event that was begun. If there are too many, it
// forgets one, whichever: that is Busy until it expires, if it is not handled.
func (s *Seen) opened(key, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.open[key].count
	if count == 0 && len(s.open) >= mostOpen {
		for other := range s.open {
			delete(s.open, other)
			break
		}
	}
	s.open[key] = turns{token, count + 1}
}

// closed takes one from those who have begun an event here. It returns the token
// if nobody is left.
func (s *Seen) closed(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.open[key]
	left.count--
	if left.count > 0 {
		s.open[key] = left
		return ""
	}
	delete(s.open, key)
	return left.token
}

// eventProblem is problem for an event. The event's key is what SuperOffice made
// it, so it is quoted.
func eventProblem(doing, key string, err error) error {
	return problem(doing+" event", fmt.Sprintf("%q", key), err)
}
