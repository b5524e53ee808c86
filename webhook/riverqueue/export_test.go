package riverqueue

import "time"

// WithHaste makes short what takes long, and less so the lease, which a busy
// machine must not miss.
func WithHaste() Option {
	return func(q *Queue) {
		q.pause = func(int) time.Duration { return 20 * time.Millisecond }
		q.times = times{
			beat: 250 * time.Millisecond, patience: 2 * time.Second, lease: 3 * time.Second, tidy: 0,
			turn: time.Second, poll: 20 * time.Millisecond, cooldown: 5 * time.Millisecond,
		}
	}
}

// Lease is how long a replica may be silent, for those in haste.
const Lease = 3 * time.Second

// WithPause sets how long an event waits that has failed.
func WithPause(d time.Duration) Option {
	return func(q *Queue) { q.pause = func(int) time.Duration { return d } }
}

// WithBeat sets how often a replica gives a sign of life.
func WithBeat(d time.Duration) Option {
	return func(q *Queue) { q.times.beat = d }
}
