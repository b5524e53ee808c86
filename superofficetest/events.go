package superofficetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// WithWebhooks has the server post events to all webhooks that are saved on it. Those
// whose targets are on this machine get them without it: a test has nothing to do with
// what is elsewhere.
//
// Events are of what agents and REST calls save and delete, signed, and posted up to
// three times until they are answered 200, without the vendor's waits of 1 and 4
// seconds. A webhook is disabled after nine events in a row that failed, or by
// 410. When one is saved, a test event has to be answered 200. GetAllWebhooks returns
// those that are saved.
func WithWebhooks() Option {
	return func(s *settings) { s.webhooks = true }
}

// EventFault is something that goes wrong with an event on its way.
type EventFault int

// What may go wrong with an event.
const (
	// EventDoubled is an event that is posted twice.
	EventDoubled EventFault = iota + 1
	// EventLate is an event that is posted after the next one, or when WaitForEvents
	// is called.
	EventLate
	// EventUnsigned is an event without a signature.
	EventUnsigned
	// EventMissigned is an event with the signature of another secret.
	EventMissigned
	// EventLost is an event that is never posted.
	EventLost
)

// InjectEvents makes something go wrong with the events of the next n changes.
func (s *Server) InjectEvents(n int, f EventFault) {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	for range n {
		s.events.faults = append(s.events.faults, f)
	}
}

// WaitForEvents waits until all events were posted of what has changed so far, or
// the context is done.
func (s *Server) WaitForEvents(ctx context.Context) error {
	q := &s.events
	idle := make(chan struct{})
	q.mu.Lock()
	s.release()
	if q.posting {
		q.waiting = append(q.waiting, idle)
	} else {
		close(idle)
	}
	q.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recordChange is a change of a record.
type recordChange struct {
	table         string // as events name it
	id            int
	before, after map[string]any // nil if there was none, or is none
	values        map[string]any // what events tell of it, nil for the plain members of after
	fault         EventFault
}

// eventQueue holds the changes whose events were not posted yet.
type eventQueue struct {
	mu      sync.Mutex
	changes []recordChange
	late    []recordChange // which wait for the next one
	faults  []EventFault
	posting bool            // by one goroutine
	waiting []chan struct{} // closed when all is posted
	client  http.Client
	done    sync.WaitGroup
}

// changed notes a change, and has its events posted.
func (s *Server) changed(change recordChange) {
	if change.table == webhookTable && change.state() == "" {
		return
	}
	q := &s.events
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.faults) > 0 {
		change.fault, q.faults = q.faults[0], q.faults[1:]
	}
	if change.fault == EventLate {
		q.late = append(q.late, change)
		return
	}
	q.changes = append(q.changes, change)
	s.release()
}

// release has the events posted of all changes, the late ones included. The queue is
// locked.
func (s *Server) release() {
	q := &s.events
	q.changes, q.late = append(q.changes, q.late...), nil
	if len(q.changes) > 0 && !q.posting {
		q.posting = true
		q.done.Go(s.postEvents)
	}
}

// closeEvents ends posting: what is being posted is given up.
func (s *Server) closeEvents() {
	s.events.done.Wait()
	s.events.client.CloseIdleConnections()
}

// postEvents posts the events of all changes that are noted.
func (s *Server) postEvents() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		change, ok := s.events.next()
		if !ok {
			return
		}
		name := change.event()
		for _, hook := range s.entities.webhooks() {
			if s.reaches(hook) && listens(hook, name) && change.fault != EventLost && ctx.Err() == nil {
				s.post(ctx, hook, name, s.eventBody(hook, name, change), change.fault)
			}
		}
	}
}

// next takes the next change.
func (q *eventQueue) next() (change recordChange, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.changes) == 0 {
		q.posting = false
		for _, idle := range q.waiting {
			close(idle)
		}
		q.waiting = nil
		return change, false
	}
	change, q.changes = q.changes[0], q.changes[1:]
	return change, true
}

const (
	webhookCarrier = "Webhook"
	webhookTable   = "webhook"
)

// stateEvents are what the events of a webhook itself are called, by its new state.
var stateEvents = map[any]string{"Active": "started", "Stopped": "stopped", "TooManyErrors": "errors"}

// state is the event of a webhook itself, or empty if its state has not changed.
func (c *recordChange) state() string {
	before, _ := member(c.before, "State")
	after, _ := member(c.after, "State")
	if before == after {
		return ""
	}
	return stateEvents[after]
}

// webhooks are copies of the webhooks that are saved, in the order of their numbers.
func (s *entityStore) webhooks() (hooks []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.hooks)) {
		if hook, ok := s.saved[key(webhookCarrier, id)]; ok {
			hooks = append(hooks, deepCopy(hook).(map[string]any))
		}
	}
	return hooks
}

// setMembers changes a webhook that is saved.
func (s *entityStore) setMembers(hook map[string]any, members map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key(webhookCarrier, asInt(hook, "WebhookId"))
	saved, ok := s.saved[at]
	if !ok {
		return
	}
	changed := deepCopy(saved).(map[string]any)
	for name, value := range members {
		changed[name] = value
	}
	s.saved[at] = changed
	s.note(recordChange{table: webhookTable, id: asInt(hook, "WebhookId"), before: saved, after: changed})
}

// reaches reports whether a webhook's target is posted to: on this machine always.
func (s *Server) reaches(hook map[string]any) bool {
	target, _ := hook["TargetUrl"].(string)
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return false
	}
	address := net.ParseIP(u.Hostname())
	return s.settings.webhooks || u.Hostname() == "localhost" || address != nil && address.IsLoopback()
}

func listens(hook map[string]any, name string) bool {
	events, _ := hook["Events"].([]any)
	return hook["State"] == "Active" && hook["Type"] != "crmscript" && slices.ContainsFunc(events, func(e any) bool {
		text, _ := e.(string)
		return strings.EqualFold(text, name)
	})
}

// tablesOf are the names of tables in events, by the carriers that are named
// otherwise.
var tablesOf = map[string]string{"AppointmentEntity": "activity", "ContactRelationEntity": "relation", "User": "associate"}

// table is what events call the table of the records.
func (a action) table() string {
	list, isList := strings.CutPrefix(a.entity, "List/")
	switch {
	case isList:
		return listPrefix + list
	case a.agent == "List":
		return listPrefix + tableOf(a.entity)
	}
	return tableOf(a.entity)
}

const listPrefix = "list."

func tableOf(carrier string) string {
	if table := tablesOf[carrier]; table != "" {
		return table
	}
	return strings.ToLower(strings.TrimSuffix(carrier, "Entity"))
}

// event is the name of the event of a change.
func (c recordChange) event() string {
	switch {
	case c.table == webhookTable:
		return webhookTable + strconv.Itoa(c.id) + "." + c.state()
	case c.after == nil && (c.table == "contact" || c.table == "person" || strings.HasPrefix(c.table, listPrefix)):
		return c.table + ".softdeleted"
	case c.after == nil:
		return c.table + ".deleted"
	case c.before == nil:
		return c.table + ".created"
	}
	return c.table + ".changed"
}

// eventBody is an event as it is posted.
func (s *Server) eventBody(hook map[string]any, name string, change recordChange) []byte {
	body := make(map[string]any)
	if properties, ok := hook["Properties"].(map[string]any); ok {
		for property, value := range properties {
			body[property] = value
		}
	}
	body["EventId"], body["Timestamp"], body["Event"] = newEventID(), time.Now().UTC().Format(sevenDigits), name
	body["PrimaryKey"], body["Entity"], body["WebhookName"] = change.id, change.table, hook["Name"]
	body["ContextIdentifier"], body["ChangedByAssociateId"] = s.tenantName(), associateID
	body["Changes"], body["FieldValues"] = changedColumns(change), columnsOf(change.after)
	if change.values != nil {
		body["FieldValues"] = change.values
	}
	if change.table == webhookTable { // which the name says
		body["Event"] = webhookTable + "." + change.state()
		delete(body, "Entity")
	}
	text, _ := json.Marshal(body) // it came as JSON
	return text
}

func (s *Server) tenantName() string {
	if s.settings.online {
		return s.settings.tenant
	}
	return "Default"
}

func newEventID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	text := hex.EncodeToString(random[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// columnsOf are the plain members of a record by the names of their columns, as
// near as the definition comes to these.
func columnsOf(record map[string]any) map[string]any {
	columns := make(map[string]any)
	for name, value := range record {
		switch value.(type) {
		case string, bool, json.Number:
			columns[columnOf(name)] = value
		}
	}
	return columns
}

func columnOf(member string) string {
	if stem, isID := strings.CutSuffix(member, "Id"); isID {
		return strings.ToLower(stem) + "_id"
	}
	return strings.ToLower(member[:1]) + member[1:]
}

// changedColumns are the columns that differ. Other tables, such as that of
// the phones, are none of them.
func changedColumns(change recordChange) []string {
	if change.after == nil {
		return []string{}
	}
	columns := []string{"updated"}
	for name, value := range change.after {
		before, _ := member(change.before, name)
		if isBlank(before) && isBlank(value) || reflect.DeepEqual(before, value) {
			continue
		}
		if column := columnOfMember(name, before, value); column != "" {
			columns = append(columns, column)
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// columnOfMember is the column that a member stands for, or empty: that which leads
// to the custom fields, and to another record.
func columnOfMember(name string, before, after any) string {
	_, wasObject := before.(map[string]any)
	_, isObject := after.(map[string]any)
	_, isList := after.([]any)
	switch {
	case name == "CustomFields" || name == "UserDefinedFields":
		return "userdef_id"
	case isList || strings.HasPrefix(name, "Updated") || name == "TableRight" || name == "FieldProperties" || name == "ExtraFields":
		return ""
	case wasObject || isObject:
		return strings.ToLower(name) + "_id"
	}
	return columnOf(name)
}

// isBlank reports whether a member holds what a new record has in it.
func isBlank(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case string:
		return value == "" || strings.HasPrefix(value, "0001-01-01")
	case json.Number:
		return value == "0"
	case []any:
		return len(value) == 0
	case map[string]any:
		for _, inner := range value {
			if !isBlank(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// post posts an event until it is answered 200, three times at most, and notes how
// that went.
func (s *Server) post(ctx context.Context, hook map[string]any, name string, body []byte, fault EventFault) {
	const tries = 3
	status := 0
	for retry := range tries {
		if status = s.postOnce(ctx, hook, name, body, retry, fault); status == http.StatusOK || status == http.StatusGone {
			break
		}
	}
	if fault == EventDoubled {
		s.postOnce(ctx, hook, name, body, 0, fault)
	}
	s.noteDelivery(hook, status)
}

// noteDelivery counts what failed, and disables a webhook that fails for good.
func (s *Server) noteDelivery(hook map[string]any, status int) {
	const mostErrors = 9
	if status == http.StatusOK {
		s.entities.setMembers(hook, map[string]any{"ConsecutiveErrors": json.Number("0")})
		return
	}
	now := s.entities.webhook(asInt(hook, "WebhookId"))
	failed := asInt(now, "ConsecutiveErrors") + 1
	members := map[string]any{"ConsecutiveErrors": json.Number(strconv.Itoa(failed)), "LastError": "The target answered " + strconv.Itoa(status) + "."}
	if failed >= mostErrors || status == http.StatusGone {
		members["State"] = "TooManyErrors"
	}
	s.entities.setMembers(hook, members)
}

func (s *entityStore) webhook(id int) map[string]any {
	for _, hook := range s.webhooks() {
		if asInt(hook, "WebhookId") == id {
			return hook
		}
	}
	return nil
}

// postOnce posts an event and returns the status, 0 if there is no answer.
func (s *Server) postOnce(ctx context.Context, hook map[string]any, name string, body []byte, retry int, fault EventFault) (status int) {
	target, _ := hook["TargetUrl"].(string)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	var event struct{ EventID string }
	_ = json.Unmarshal(body, &event) // it was made here
	r.Header.Set("Content-Type", mediaJSON+"; charset=utf-8")
	r.Header.Set("User-Agent", "NetServer-Webhook/10.5")
	r.Header.Set("X-SuperOffice-Event", name)
	r.Header.Set("X-SuperOffice-EventId", event.EventID)
	r.Header.Set("X-SuperOffice-Retry", strconv.Itoa(retry))
	if headers, ok := hook["Headers"].(map[string]any); ok {
		for name, value := range headers {
			text, _ := value.(string)
			r.Header.Set(name, text)
		}
	}
	if secret, _ := hook["Secret"].(string); secret != "" && fault != EventUnsigned {
		if fault == EventMissigned {
			secret += "!"
		}
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = mac.Write(body) // never fails
		r.Header.Set("X-SuperOffice-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	response, err := s.events.client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	_ = response.Body.Close()
	return response.StatusCode
}

// tryWebhook posts the test event of a webhook that is to be saved, and refuses
// one whose target does not answer it 200.
func (s *Server) tryWebhook(ctx context.Context, a action, r *request) *failure {
	hook, _ := r.body.(map[string]any)
	if a.entity != webhookCarrier || hook == nil {
		return nil
	}
	named, _ := theAPI().named(apidef.Type(webhookCarrier), hook).(map[string]any)
	if !s.reaches(named) || named["State"] == "Stopped" || named["Type"] == "crmscript" {
		return nil
	}
	const name = "test"
	body := s.eventBody(named, name, recordChange{table: name})
	if status := s.postOnce(ctx, named, name, body, 0, 0); status != http.StatusOK {
		if status == 0 {
			return argumentFailure("The target of the webhook could not be reached.")
		}
		return argumentFailure("The target of the webhook answered the test event with " + strconv.Itoa(status) + ".")
	}
	return nil
}

// allWebhooks answers GetAllWebhooks from what is saved.
func (s *Server) allWebhooks(op operation, r *request) (value any, known bool) {
	if !s.settings.webhooks && !s.entities.isHeard.Load() || op.name != "Webhook/GetAllWebhooks" {
		return nil, false
	}
	in, _ := r.body.(map[string]any)
	name, _ := member(in, "NameFilter")
	filter, _ := name.(string)
	all := []any{}
	for _, hook := range s.entities.webhooks() {
		if text, _ := hook["Name"].(string); strings.Contains(strings.ToLower(text), strings.ToLower(filter)) {
			all = append(all, hook)
		}
	}
	return all, true
}
