package superoffice

import "time"

// progress is how far a call is. It is written by its own methods and by
// nothing else.
type progress struct {
	attempts int           // sent so far
	tries    int           // of these, since the call began anew
	waited   time.Duration // between attempts
	cause    error         // why the last further attempt was made
	note     string        // why there was no further one
	moves    int           // how often the call followed its tenant
	stayed   bool          // and the last time to where it was
}

// sent counts an attempt.
func (p *progress) sent() {
	p.attempts++
	p.tries++
}

// retry notes why there is another attempt.
func (p *progress) retry(cause error) { p.cause = cause }

// wait counts the time before another attempt.
func (p *progress) wait(d time.Duration) { p.waited += d }

// stop notes why there is no further attempt.
func (p *progress) stop(note string) { p.note = note }

// renewed begins the count of tries anew, with other credentials.
func (p *progress) renewed() { p.note, p.cause, p.tries = "", errRejected, 0 }

// moved begins the count of tries anew, at the address where the tenant is now.
// stayed reports that it is the one that was wrong.
func (p *progress) moved(cause error, stayed bool) {
	p.cause, p.tries = cause, 0
	p.moves, p.stayed = p.moves+1, stayed
}
