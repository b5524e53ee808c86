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
	// leaseFor is how long an event stays Busy if nobody extends that, as after its
	// process has died. SuperOffice tries again a second after the first try, and for
	// the last time some five seconds after it.
	leaseFor = 3 * time.Second

	// extendEvery is how often a lease is extended, and how long each extension may
	// take. So one that fails or hangs can be made up for before the lease is over.
	extendEvery = time.Second

	// busyFor is how long an event is Busy at the most, for callers that do not end
	// it. SuperOffice does not say how long it waits for an answer; its servers are
	// .NET, which waits 100 seconds unless told. So nobody waits for a function that
	// is at it for longer.
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
// An event is Busy until End, and for five minutes at the most: longer than
// SuperOffice is likely to wait for an answer. It is Handled for a day, of which
// SuperOffice needs some seconds and the default of webhook.MaxAge an hour; with a
// MaxAge of more than a day, an event that somebody has recorded is handled again
// afterwards.
//
// Busy is a lease of three seconds, which a goroutine of the Seen extends every
// second from Begin to End. So if a process dies while it handles an event, that is
// Fresh three seconds later at the latest. SuperOffice gives an event up some five
// seconds after the first try: its last try is handled if the process died within
// two seconds of the first, and the event may be lost if it died later. If a process
// lives and does not reach Redis for three seconds, or stands still for as long, its
// event may be handled by another one too.
//
// What tells the Busy of one Begin from that of another is kept in the process, for
// 10,000 events at a time, and no others are extended. So the Seen that was asked to
// Begin has to be told of the End.
type Seen struct {
	client  redis.UniversalClient
	begin   *redis.Script
	extend  *redis.Script
	release *redis.Script
	settings
	pace

	mu   sync.Mutex
	open map[string]turns // by key
}

// pace is how long what takes: leaseFor, extendEvery and busyFor, but for tests.
type pace struct {
	lease, every, atMost time.Duration
}

// turns are those who have begun an event in this process and have not ended it.
// There are several if one took so long that it was Busy no more.
type turns struct {
	token string // of the latest
	count int
	stop  context.CancelFunc // of the extension of the latest
}

var _ webhook.Seen = (*Seen)(nil)

// NewSeen returns a Seen on client, for which the same holds as for New's. It may be
// the same client, with the same prefix.
func NewSeen(client redis.UniversalClient, opts ...Option) *Seen {
	return &Seen{
		client: client, begin: redis.NewScript(beginScript), extend: redis.NewScript(extendScript), release: redis.NewScript(releaseScript),
		settings: settingsOf(opts), pace: pace{leaseFor, extendEvery, busyFor}, open: make(map[string]turns),
	}
}

// handledValue is the value of an event that was handled. That of one that is
// Busy is the token of its Begin, which is never this word.
const handledValue = "handled"

// beginScript returns a webhook.State. KEYS[1] is the name, ARGV the token and
// the lease in milliseconds.
//
// The token is there already if the client sent the script again because it did
// not get the first answer: nobody else makes that token. The lease begins anew
// then.
const beginScript = `
local there = redis.call('GET', KEYS[1])
if not there or there == ARGV[1] then
	redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
	return 0
end
if there == 'handled' then
	return 2
end
return 1`

// extendScript begins a lease anew and returns 1, or 0 if it is over. KEYS[1] is the
// name, ARGV the token without which it stays as it is, and the lease in
// milliseconds.
const extendScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
	return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`

// releaseScript makes an event Fresh. KEYS[1] is the name, ARGV[1] the token
// without which it stays as it is.
const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0`

// Begin returns what is known of an event, which is Busy from now on if it was
// Fresh, until End: it is extended also after ctx has ended. Its errors are ctx's
// and, wrapped, those of the client. After one, what it may have made Busy is made
// Fresh again as soon as the client allows, since its caller will not end it.
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
		return s.begin.Run(ctx, s.client, []string{s.name(key)}, token, inMilliseconds(s.lease)).Int()
	})
	if err != nil {
		leave()
		return webhook.Fresh, eventProblem("beginning", key, err)
	}
	if webhook.State(state) == webhook.Fresh {
		s.opened(ctx, key, token)
	}
	return webhook.State(state), nil
}

// End notes that an event that was begun is handled, or is not. One that is not is
// Fresh again, unless it was Busy for so long that somebody else has begun it, here
// or in another process: then it stays Busy. One that is handled is Handled in any
// case. Its errors are ctx's and, wrapped, those of the client. After one, an event
// that was Busy is Fresh when its lease is over, since that is extended no more.
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

// opened keeps the token of an event that was begun, and has its lease extended in
// place of that of an earlier Begin, which is over. If there are too many, it forgets
// one.
func (s *Seen) opened(ctx context.Context, key, token string) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), s.atMost-s.lease)
	s.mu.Lock()
	defer s.mu.Unlock()
	begun, known := s.open[key]
	if known {
		begun.stop()
	} else if len(s.open) >= mostOpen {
		s.forget()
	}
	s.open[key] = turns{token, begun.count + 1, stop}
	go s.keep(ctx, key, token)
}

// forget forgets an event that was begun, whichever: that is Busy until its lease is
// over, if it is not handled.
func (s *Seen) forget() {
	for key, begun := range s.open {
		begun.stop()
		delete(s.open, key)
		return
	}
}

// closed takes one from those who have begun an event here. If nobody is left, it
// stops the extension and returns the token.
func (s *Seen) closed(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, known := s.open[key]
	if !known {
		return ""
	}
	left.count--
	if left.count > 0 {
		s.open[key] = left
		return ""
	}
	left.stop()
	delete(s.open, key)
	return left.token
}

// keep extends the lease of an event until ctx ends or the lease is over. What fails
// is tried again at the next beat: Redis may be back before the lease is over.
func (s *Seen) keep(ctx context.Context, key, token string) {
	beat := time.NewTicker(s.every)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
		if ours, err := s.extendBy(ctx, key, token); err == nil && !ours {
			return
		}
	}
}

// extendBy begins the lease of an event anew, and reports whether it was still Busy
// by this token. A late one does no harm: the token is gone after End.
func (s *Seen) extendBy(ctx context.Context, key, token string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.every)
	defer cancel()
	return await(ctx, func() (bool, error) {
		return s.extend.Run(ctx, s.client, []string{s.name(key)}, token, inMilliseconds(s.lease)).Bool()
	})
}

// eventProblem is problem for an event. The event's key is what SuperOffice made
// it, so it is quoted.
func eventProblem(doing, key string, err error) error {
	return problem(doing+" event", fmt.Sprintf("%q", key), err)
}
