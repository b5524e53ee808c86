package webhook

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice"
)

// recoveredMember is the member of a stored event that SuperOffice does not send.
const recoveredMember = "$recovered"

// MarshalJSON returns an event as a body that [ParseEvent] reads, for a [Queue] that
// stores it. Retry is not in it.
func (e Event) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	w := writer{jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	w.token(jsontext.BeginObject)
	w.text("EventId", e.ID)
	w.text("Event", e.Event)
	w.text("Entity", e.Entity)
	w.text("ContextIdentifier", e.Tenant)
	w.text("WebhookName", e.Webhook)
	w.number("PrimaryKey", e.PrimaryKey)
	w.number("ChangedByAssociateId", e.ChangedBy)
	if !e.Time.IsZero() {
		w.text("Timestamp", e.Time.Format(time.RFC3339Nano))
	}
	w.texts("Changes", e.Changes)
	w.values("FieldValues", e.Fields)
	w.values("Values", e.Values)
	if e.Recovered {
		w.member(recoveredMember, jsontext.True)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Extra)) {
		w.token(jsontext.String(name))
		if err := w.WriteValue(e.Extra[name]); err != nil {
			return nil, err
		}
	}
	if err := w.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads an event as [ParseEvent] does.
func (e *Event) UnmarshalJSON(body []byte) error {
	read, err := ParseEvent(body)
	if err == nil {
		*e = *read
	}
	return err
}

// writer writes to memory, which fails only if the tokens are out of order.
type writer struct{ *jsontext.Encoder }

func (w writer) token(t jsontext.Token) { _ = w.WriteToken(t) }

func (w writer) member(name string, value jsontext.Token) {
	w.token(jsontext.String(name))
	w.token(value)
}

func (w writer) text(name, value string) {
	if value != "" {
		w.member(name, jsontext.String(value))
	}
}

func (w writer) number(name string, value int) {
	if value != 0 {
		w.member(name, jsontext.Int(int64(value)))
	}
}

func (w writer) texts(name string, all []string) {
	if all == nil {
		return
	}
	w.member(name, jsontext.BeginArray)
	for _, text := range all {
		w.token(jsontext.String(text))
	}
	w.token(jsontext.EndArray)
}

func (w writer) values(name string, all map[string]superoffice.FieldValue) {
	if all == nil {
		return
	}
	w.member(name, jsontext.BeginObject)
	for _, column := range slices.Sorted(maps.Keys(all)) {
		if all[column] == superoffice.NullValue {
			w.member(column, jsontext.Null)
		} else {
			w.member(column, jsontext.String(string(all[column])))
		}
	}
	w.token(jsontext.EndObject)
}
