package webhook

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice"
)

// Event is what SuperOffice tells of a change, as its signed body has it.
type Event struct {
	// ID is the same each time that the event is posted.
	ID string
	// Event is the name of the event, such as "contact.created". Events of a
	// webhook itself are called webhook.started, webhook.stopped and
	// webhook.errors.
	Event string
	// Entity is the table of the record, such as "contact", or empty.
	Entity string
	// Tenant is the customer ID, such as Cust12345, and Default on site.
	Tenant string
	// PrimaryKey is the ID of the record.
	PrimaryKey int
	// Time is when the change was made; zero if the event does not say.
	Time time.Time
	// ChangedBy is the ID of the user who made the change, or 0.
	ChangedBy int
	// Changes are the columns of the database that were changed, such as
	// "orgNr" and "category_idx", which are not always named as in the API; see
	// Changed.
	Changes []string
	// Fields are the values that the event has of the record, by the columns of
	// the database. Not all events have any.
	Fields map[string]superoffice.FieldValue
	// Values are those of older servers, and of deleted records.
	Values map[string]superoffice.FieldValue
	// Webhook is the name of the webhook.
	Webhook string
	// Extra are all other members, as JSON: the properties of the webhook, and what
	// this package does not know.
	Extra map[string][]byte
	// Retry counts how often the event was posted before. It is from a header,
	// which is not signed.
	Retry int
	// Recovered reports that SuperOffice has not posted the event: [Recover] has
	// found the change.
	Recovered bool
}

// Changed reports whether one of the columns was changed, in any case. It is true
// for events that do not tell their columns, such as those of new records.
func (e *Event) Changed(columns ...string) bool {
	if len(e.Changes) == 0 {
		return true
	}
	return slices.ContainsFunc(e.Changes, func(changed string) bool {
		return slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, changed) })
	})
}

// isTest reports whether SuperOffice posts the event to try a webhook.
func (e *Event) isTest() bool {
	isOwn := strings.HasPrefix(strings.ToLower(e.Event), "webhook")
	return strings.EqualFold(e.Entity, "test") || e.PrimaryKey == 0 && !isOwn
}

var errNoEvent = errors.New("webhook: the body is no event")

// ParseEvent reads an event. It checks no signature.
func ParseEvent(body []byte) (*Event, error) {
	p := parser{decoders.Get().(*jsontext.Decoder)}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	p.Reset(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	defer func() {
		p.Reset(new(bytes.Buffer)) // keeps nothing of the body
		decoders.Put(p.Decoder)
	}()
	e := new(Event)
	if err := p.object(func(name jsontext.Value) error { return p.member(e, name) }); err != nil {
		return nil, errors.Join(errNoEvent, err)
	}
	if _, err := p.ReadToken(); e.Event == "" || !errors.Is(err, io.EOF) {
		return nil, errNoEvent
	}
	return e, nil
}

var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

type parser struct{ *jsontext.Decoder }

// object reads an object, whose members read reads. The name is quoted, and valid
// until then.
func (p parser) object(read func(name jsontext.Value) error) error {
	if p.PeekKind() != '{' {
		return errNoEvent
	}
	if _, err := p.ReadToken(); err != nil {
		return err
	}
	for p.PeekKind() != '}' {
		name, err := p.ReadValue()
		if err != nil {
			return err
		}
		if err := read(name); err != nil {
			return err
		}
	}
	_, err := p.ReadToken()
	return err
}

// member reads a member of the event. The case of its name does not matter.
func (p parser) member(e *Event, name jsontext.Value) (err error) {
	var lower [24]byte // longer than the longest
	n := copy(lower[:], name[1:len(name)-1])
	if bytes.IndexByte(name, '\\') >= 0 {
		n = copy(lower[:], unquoted(name))
	}
	for i, c := range lower[:n] {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	switch string(lower[:n]) {
	case "eventid":
		e.ID, err = p.text()
	case "event":
		e.Event, err = p.text()
	case "entity":
		e.Entity, err = p.text()
	case "contextidentifier":
		e.Tenant, err = p.text()
	case "webhookname":
		e.Webhook, err = p.text()
	case "primarykey":
		e.PrimaryKey, err = p.number()
	case "changedbyassociateid":
		e.ChangedBy, err = p.number()
	case "timestamp":
		e.Time, err = p.time()
	case "changes":
		e.Changes, err = p.texts()
	case "fieldvalues":
		e.Fields, err = p.values()
	case "values":
		e.Values, err = p.values()
	case recoveredMember:
		e.Recovered, err = p.bool()
	default:
		err = p.extra(e, unquoted(name))
	}
	return err
}

func (p parser) extra(e *Event, name string) error {
	value, err := p.ReadValue()
	if err != nil {
		return err
	}
	if e.Extra == nil {
		e.Extra = make(map[string][]byte)
	}
	e.Extra[name] = value.Clone()
	return nil
}

// text reads a text, or a scalar as one. null is empty.
func (p parser) text() (string, error) {
	value, err := p.ReadValue()
	if err != nil {
		return "", err
	}
	switch value.Kind() {
	case 'n':
		return "", nil
	case '"':
		return unquoted(value), nil
	}
	return string(value), nil
}

// unquoted is what a JSON string says.
func unquoted(value jsontext.Value) string {
	if bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value) {
		return string(value[1 : len(value)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, value) // it was read as a string
	return string(text)
}

// number reads a whole number, which may be a text.
func (p parser) number() (int, error) {
	text, err := p.text()
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.Atoi(text)
}

// time reads an instant. One without an offset is UTC, and one that cannot be read
// is none: no event is refused for it.
func (p parser) time() (time.Time, error) {
	text, err := p.text()
	if err != nil {
		return time.Time{}, err
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, _ := superoffice.FieldValue(text).DateTime()
	at, _ := t.Time(time.UTC)
	return at, nil
}

func (p parser) bool() (bool, error) {
	text, err := p.text()
	return text == "true", err
}

// texts reads a list of texts, or null.
func (p parser) texts() (all []string, err error) {
	if p.PeekKind() != '[' {
		_, err = p.ReadValue()
		return nil, err
	}
	if _, err := p.ReadToken(); err != nil {
		return nil, err
	}
	const usual = 8
	all = make([]string, 0, usual)
	for p.PeekKind() != ']' {
		text, err := p.text()
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	_, err = p.ReadToken()
	return all, err
}

// values reads a dictionary of values, or null.
func (p parser) values() (map[string]superoffice.FieldValue, error) {
	if p.PeekKind() != '{' {
		_, err := p.ReadValue()
		return nil, err
	}
	all := make(map[string]superoffice.FieldValue)
	err := p.object(func(quoted jsontext.Value) error {
		name := unquoted(quoted)
		value, err := p.ReadValue()
		if err == nil {
			all[name] = fieldValue(value)
		}
		return err
	})
	return all, err
}

// fieldValue is a value of JSON as the text that FieldValue reads.
func fieldValue(value jsontext.Value) superoffice.FieldValue {
	switch value.Kind() {
	case 'n':
		return superoffice.NullValue
	case 't', 'f':
		return superoffice.BoolValue(value.Kind() == 't')
	case '"':
		return superoffice.FieldValue(unquoted(value))
	case '0':
		if bytes.ContainsAny(value, ".eE") {
			return superoffice.FieldValue("[F:" + string(value) + "]")
		}
		return superoffice.FieldValue("[I:" + string(value) + "]")
	}
	return superoffice.FieldValue(value)
}

// tenantOf is the tenant that a body names. Nothing is believed of it yet.
func tenantOf(body []byte) string {
	e, err := ParseEvent(body)
	if err != nil {
		return ""
	}
	return e.Tenant
}
