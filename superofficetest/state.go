package superofficetest

import (
	"net/http"
	"time"
)

// The states in which a tenant's API answers, and what is said of a tenant
// that nobody knows.
const (
	stateRunning           = "Running"
	stateOnlineMaintenance = "OnlineMaintenance"
	stateUnknown           = "Unknown"
)

func isRunning(state string) bool { return state == stateRunning || state == stateOnlineMaintenance }

// sevenDigits is how the vendor writes an instant.
const sevenDigits = "2006-01-02T15:04:05.0000000Z"

// StatusValidity sets how far ahead of its answer the state service says that
// the answer is valid: 10 minutes unless told.
func (o *OnlineServer) StatusValidity(d time.Duration) { o.validity.Store(int64(d)) }

// tenantState is the state service's answer, its members in the vendor's order.
type tenantState struct {
	ContextIdentifier string
	Endpoint          *string
	State             string
	IsRunning         bool
	ValidUntil        string
	API               *string `json:"Api"`
	Version           *string
}

// state answers for the tenant that the path names. One that nobody knows is
// 200 too.
func (o *OnlineServer) state(c *call) reply {
	until := o.now().Add(time.Duration(o.validity.Load())).UTC().Format(sevenDigits)
	t := o.tenants.find(c.path)
	if t == nil {
		return jsonReply(http.StatusOK, tenantState{ContextIdentifier: c.path, State: stateUnknown, ValidUntil: until})
	}
	state, endpoint, version := t.currentState(), t.endpoint(), "Release_12.2"
	api := endpoint + "/api"
	return jsonReply(http.StatusOK, tenantState{
		ContextIdentifier: t.ID, Endpoint: &endpoint, State: state, IsRunning: isRunning(state),
		ValidUntil: until, API: &api, Version: &version,
	})
}
