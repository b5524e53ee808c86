package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// rehearse does two rounds on a stand-in with five tenants, and lets happen
// between them what happens to tenants.
func rehearse(ctx context.Context, out io.Writer, setup *connect.Setup) error {
	tenants := furnish(setup)
	w, err := newWorker(setup, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "\nFirst round:")
	if err := w.round(ctx); err != nil {
		return err
	}
	first := exchanges(tenants)

	moving, expiring := tenants[1], tenants[2]
	fmt.Fprintf(out, "\n%s moves from %s", moving.ID, moving.BaseURL())
	moving.Move()
	fmt.Fprintf(out, " to %s.\nThe ticket of %s expires.\n", moving.BaseURL(), expiring.ID)
	expiring.ExpireTickets()

	fmt.Fprintln(out, "\nSecond round:")
	if err := w.round(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nTickets exchanged: %d in the first round, %d in the second.\n", first, exchanges(tenants)-first)
	if strays := setup.StandIn.Violations(); len(strays) > 0 {
		return fmt.Errorf("credentials went where they must not: %s", strings.Join(strays, "; "))
	}
	return nil
}

// furnish adds five tenants, the last of which is in maintenance.
func furnish(setup *connect.Setup) []*superofficetest.Tenant {
	setup.Tokens = make(map[string]string)
	var tenants []*superofficetest.Tenant
	for n := range 5 {
		tenant := setup.StandIn.AddTenant(fmt.Sprintf("Cust1000%d", n+1))
		setup.Tokens[tenant.ID] = tenant.SystemUserToken
		tenants = append(tenants, tenant)
	}
	tenants[4].SetState("OfflineMaintenance")
	return tenants
}

// exchanges counts the tickets that were given.
func exchanges(tenants []*superofficetest.Tenant) int {
	n := 0
	for _, tenant := range tenants {
		n += tenant.Exchanges()
	}
	return n
}
