package webhook

import (
	"strconv"
	"strings"
)

// The names of events.
const (
	ActivityCreated        = "activity.created"
	ActivityChanged        = "activity.changed"
	ActivityDeleted        = "activity.deleted"
	AssociateCreated       = "associate.created"
	AssociateChanged       = "associate.changed"
	AssociateDeleted       = "associate.deleted"
	ChatMessageCreated     = "chatmessage.created"
	ChatSessionCreated     = "chatsession.created"
	ChatSessionChanged     = "chatsession.changed"
	ContactCreated         = "contact.created"
	ContactChanged         = "contact.changed"
	ContactSoftDeleted     = "contact.softdeleted"
	ContactDeleted         = "contact.deleted"
	DocumentCreated        = "document.created"
	DocumentChanged        = "document.changed"
	DocumentEdited         = "document.edited"
	DocumentDeleted        = "document.deleted"
	PersonCreated          = "person.created"
	PersonChanged          = "person.changed"
	PersonConsented        = "person.consented"
	PersonUnconsented      = "person.unconsented"
	PersonSoftDeleted      = "person.softdeleted"
	PersonDeleted          = "person.deleted"
	ProjectCreated         = "project.created"
	ProjectChanged         = "project.changed"
	ProjectDeleted         = "project.deleted"
	ProjectMemberCreated   = "projectmember.created"
	ProjectMemberChanged   = "projectmember.changed"
	ProjectMemberDeleted   = "projectmember.deleted"
	QuoteApproved          = "quote.approved"
	QuoteRejected          = "quote.rejected"
	QuoteSent              = "quote.sent"
	QuoteOrdered           = "quote.ordered"
	RelationCreated        = "relation.created"
	RelationChanged        = "relation.changed"
	RelationDeleted        = "relation.deleted"
	SaleCreated            = "sale.created"
	SaleChanged            = "sale.changed"
	SaleCompleted          = "sale.completed"
	SaleSold               = "sale.sold"
	SaleLost               = "sale.lost"
	SaleDeleted            = "sale.deleted"
	SaleStakeholderCreated = "salestakeholder.created"
	SaleStakeholderChanged = "salestakeholder.changed"
	SaleStakeholderDeleted = "salestakeholder.deleted"
	TicketCreated          = "ticket.created"
	TicketChanged          = "ticket.changed"
	TicketDeleted          = "ticket.deleted"
	WebhookStarted         = "webhook.started"
	WebhookStopped         = "webhook.stopped"
	WebhookErrors          = "webhook.errors"
)

// TableEvents are the names of the events of a table or a list.
type TableEvents struct {
	Created, Changed, Deleted string
}

// Table returns the names of the events of an extra table, such as "y_rental".
func Table(name string) TableEvents {
	return TableEvents{name + ".created", name + ".changed", name + ".deleted"}
}

// List returns the names of the events of a list, by its name or number. Deleted
// is called softdeleted there.
func List(name string) TableEvents {
	return TableEvents{"list." + name + ".created", "list." + name + ".changed", "list." + name + ".softdeleted"}
}

// StateEvents are the names by which a webhook is registered for the state of another
// one. The events come as WebhookStarted, WebhookStopped and WebhookErrors.
type StateEvents struct {
	Started, Stopped, Errors string
}

// StatesOf returns the names of the events of the state of a webhook, by its ID.
func StatesOf(webhookID int) StateEvents {
	name := "webhook" + strconv.Itoa(webhookID)
	return StateEvents{name + ".started", name + ".stopped", name + ".errors"}
}

// knownEvents are the names that a typo is told by.
var knownEvents = []string{
	ActivityCreated, ActivityChanged, ActivityDeleted, AssociateCreated, AssociateChanged, AssociateDeleted, ChatMessageCreated, ChatSessionCreated,
	ChatSessionChanged, ContactCreated, ContactChanged, ContactSoftDeleted, ContactDeleted, DocumentCreated, DocumentChanged, DocumentEdited,
	DocumentDeleted, PersonCreated, PersonChanged, PersonConsented, PersonUnconsented, PersonSoftDeleted, PersonDeleted, ProjectCreated,
	ProjectChanged, ProjectDeleted, ProjectMemberCreated, ProjectMemberChanged, ProjectMemberDeleted, QuoteApproved, QuoteRejected, QuoteSent, QuoteOrdered, RelationCreated, RelationChanged,
	RelationDeleted, SaleCreated, SaleChanged, SaleCompleted, SaleSold, SaleLost, SaleDeleted, SaleStakeholderCreated, SaleStakeholderChanged,
	SaleStakeholderDeleted, TicketCreated, TicketChanged, TicketDeleted,
}

// likely is the known event that a name is a typo of, or empty.
func likely(name string) string {
	lower := strings.ToLower(name)
	for _, own := range []string{"y_", "list.", "webhook"} { // which have names of the tenant's in them
		if strings.HasPrefix(lower, own) {
			return ""
		}
	}
	for _, known := range knownEvents {
		if known == lower {
			return ""
		}
	}
	for _, known := range knownEvents {
		if edits(known, lower) <= 2 {
			return known
		}
	}
	return ""
}

// edits counts the characters that must be changed, added or taken out to make one
// text of another.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
