package online

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// allowance is what all who use the same credential share, however many clients
// a program makes. It is made when it is needed, as it hardly ever is.
func (c *credential) allowance() *allowance {
	a, name := c.app, strings.ToLower(c.tenant)+" "+c.user
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.allowances[name] == nil {
		a.allowances[name] = &allowance{since: a.now()}
	}
	return a.allowances[name]
}

// spentAllowance tells why no more credential is to be asked for, if that is so.
func (c *credential) spentAllowance() error {
	a, name := c.app, strings.ToLower(c.tenant)+" "+c.user
	a.mu.Lock()
	known := a.allowances[name]
	a.mu.Unlock()
	if known == nil {
		return nil
	}
	return known.check(a.now())
}

// allowance bounds how many credentials are asked for again: a server that
// rejects every one of them would otherwise have each call ask for one, and each
// ticket adds a row to the tenant's database. Twenty may follow one another, then
// one a minute.
type allowance struct {
	mu      sync.Mutex
	spent   int
	since   time.Time
	ticket  string // the last one that was rejected
	refusal error  // the last one, if SuperOffice gave no ticket at all
}

const (
	allowedBurst = 20
	allowedEvery = time.Minute
)

// check tells why no more ticket is to be asked for, if that is so.
func (a *allowance) check(now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if earned := int(now.Sub(a.since) / allowedEvery); earned > 0 {
		a.spent, a.since = max(0, a.spent-earned), now
	}
	if a.spent >= allowedBurst {
		return errors.Join(errAllowanceSpent, a.refusal)
	}
	return nil
}

// refused counts an exchange that SuperOffice refused.
func (a *allowance) refused(refusal error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spent, a.refusal = a.spent+1, refusal
}

// rejected counts a ticket that was rejected when it was new, once for all the
// calls that shared it.
func (a *allowance) rejected(ticket string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ticket != a.ticket {
		a.spent, a.ticket, a.refusal = a.spent+1, ticket, nil
	}
}

// errAllowanceSpent is a tenant that takes no credential.
var errAllowanceSpent = errors.New("online: SuperOffice refused this user, or rejected the new credentials, too often of late; the next one is asked for in a minute")
