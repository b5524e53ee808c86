package online

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
)

// State is what SuperOffice says of a tenant, by name. A name that nobody
// knows yet passes through.
type State string

// The states of a tenant.
const (
	// StateUnknown is a tenant that the environment does not have.
	StateUnknown State = "Unknown"
	// StateProvisioning is a tenant in the making.
	StateProvisioning State = "Provisioning"
	// StateRunning is a tenant that answers.
	StateRunning State = "Running"
	// StateDeleted is a tenant that is gone.
	StateDeleted State = "Deleted"
	// StateSuspended is a tenant that SuperOffice has closed.
	StateSuspended State = "Suspended"
	// StateOnlineMaintenance is a tenant that answers while it is worked on.
	StateOnlineMaintenance State = "OnlineMaintenance"
	// StateOfflineMaintenance is a tenant that does not, but will again.
	StateOfflineMaintenance State = "OfflineMaintenance"
	// StateProvisioningFailed is a tenant that could not be made.
	StateProvisioningFailed State = "ProvisioningFailed"
	// StateDeleting is a tenant that is about to be gone.
	StateDeleting State = "Deleting"
	// StateDeleteFailed is a tenant that was to be deleted and is not.
	StateDeleteFailed State = "DeleteFailed"
	// StateMigrationPending is a tenant that waits to be moved.
	StateMigrationPending State = "MigrationPending"
)

// stateNumbers are the vendor's numbers of the states; 7 and 9 are unused.
var stateNumbers = map[int]State{
	0: StateUnknown, 1: StateProvisioning, 2: StateRunning, 3: StateDeleted, 4: StateSuspended, 5: StateOnlineMaintenance,
	6: StateOfflineMaintenance, 8: StateProvisioningFailed, 10: StateDeleting, 11: StateDeleteFailed, 12: StateMigrationPending,
}

// Passes reports whether a tenant leaves this state for a running one without
// anybody's doing, so that it is worth to come back.
func (s State) Passes() bool {
	switch s {
	case StateProvisioning, StateRunning, StateOnlineMaintenance, StateOfflineMaintenance, StateMigrationPending:
		return true
	}
	return false
}

// named is the state by its name, should the service tell its number.
func (s State) named() State {
	if n, err := strconv.Atoi(string(s)); err == nil && stateNumbers[n] != "" {
		return stateNumbers[n]
	}
	return s
}

// TenantStatus is what the state service says of a tenant (GET
// {environment}/api/state/{tenant}).
type TenantStatus struct {
	// Tenant is the tenant's context identifier, such as "Cust12345".
	Tenant string
	// Endpoint is the tenant's address for people, or empty.
	Endpoint string
	// API is the base URL of its WebAPI, or empty.
	API string
	// State is what the tenant is in.
	State State
	// IsRunning reports whether the tenant answers: in [StateRunning] and in
	// [StateOnlineMaintenance].
	IsRunning bool
	// ValidUntil is until when the answer holds.
	ValidUntil time.Time
	// Version is the release that the tenant runs, or empty.
	Version string
}

// ErrOffline means that a tenant does not answer now, by word of the state
// service. The *OfflineError in the same chain tells more.
var ErrOffline = errors.New("online: tenant is offline")

// OfflineError is a call to a tenant that is offline. Nothing was sent to it,
// unless the tenant itself said first that it is unavailable: the call's error
// is a [superoffice.ErrUnavailable] then, too.
type OfflineError struct {
	// Tenant is its context identifier.
	Tenant string
	// State is what it is in.
	State State
	// Until is when the state service is asked again, at the earliest.
	Until time.Time
}

// Error says which tenant it is, what is the matter, and whether it passes.
func (e *OfflineError) Error() string {
	if e.State == StateUnknown {
		return "online: tenant " + e.Tenant + " is not known in this environment"
	}
	text := "online: tenant " + e.Tenant + " is offline: its state is " + strconv.Quote(string(e.State))
	if e.Passes() {
		return text + ", which passes; try again after " + e.Until.UTC().Format(time.RFC3339)
	}
	return text + ", which does not pass by itself"
}

// Passes reports whether it is worth to come back, as [State.Passes] does.
func (e *OfflineError) Passes() bool { return e.State.Passes() }

// Is reports whether target is [ErrOffline].
func (e *OfflineError) Is(target error) bool { return target == ErrOffline }

// statusCarrier is a status on the wire.
type statusCarrier struct {
	ContextIdentifier string
	Endpoint          string
	State             State
	IsRunning         bool
	ValidUntil        superoffice.DateTime
	API               string `json:"Api"`
	Version           string
}

// status checks what the state service said.
func (s *statusCarrier) status(t *tenant) (*TenantStatus, error) {
	if !strings.EqualFold(s.ContextIdentifier, t.id) {
		return nil, fmt.Errorf("the state service speaks of another tenant, %q", s.ContextIdentifier)
	}
	env := t.app.config().Environment
	if s.IsRunning && !env.owns(s.API) {
		return nil, fmt.Errorf("the state service names an address outside of %s: %q; no credential goes there", env, s.API)
	}
	until, err := s.ValidUntil.Time(time.UTC)
	if err != nil {
		return nil, fmt.Errorf("the state service's ValidUntil: %w", err)
	}
	return &TenantStatus{
		Tenant: s.ContextIdentifier, Endpoint: s.Endpoint, API: s.API, State: s.State.named(),
		IsRunning: s.IsRunning, ValidUntil: until, Version: s.Version,
	}, nil
}
