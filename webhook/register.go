package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice"
)

// Spec is what a webhook is to be. What is empty is left as it is, or as the server
// has it for a new webhook. Printing one shows no secret, as JSON neither.
type Spec struct {
	// Name is the name by which the webhook is found. It is needed.
	Name string
	// URL is where events are posted, with https, or with http on this machine, for
	// tests. It is needed, but for Script.
	URL string
	// Script is the ID of a CRMScript that is run in place of a POST.
	Script string
	// Secret is the key of the signature.
	Secret string `json:"-"`
	// Events are the names of the events; there are constants. They are needed.
	Events []string
	// Headers go with each POST.
	Headers map[string]string `json:"-"`
	// Properties are members that each event has beside its own.
	Properties map[string]any `json:"-"`
	// Description says to people what the webhook is for.
	Description string
	// Log is told what Ensure did. It may be nil.
	Log *slog.Logger `json:"-"`
}

// Format prints no secrets, whatever the verb.
func (s Spec) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "webhook.Spec{Name:"+s.Name+" URL:"+plain(s.URL)+" Script:"+s.Script+" Events:"+strings.Join(s.Events, ",")+"}")
}

// plain is an address without what may be secret in it.
func plain(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// LogValue gives structured logs the same.
func (s Spec) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

const (
	typeWebhook = "webhook"
	typeScript  = "crmscript"
)

// Ensure makes sure that there is a webhook of the name, and that it is what spec
// says: it makes one, changes what differs, and has events delivered again if the
// server has given up after too many errors. One that somebody has stopped stays
// so. It deletes nothing, and may be called by every replica at its start: if two
// have made one at the same time, the younger is stopped, and its description says
// so. Of several with the name the oldest that is active is kept.
//
// SuperOffice posts a test event to URL while the webhook is saved, and refuses it
// unless that is answered 200; so the receiver has to be up before.
//
// The name of an event that looks like a typo is an
// [superoffice.ErrInvalidArgument] that names the likely one.
func Ensure(ctx context.Context, c *superoffice.Client, spec Spec) (*superoffice.Webhook, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: the client is nil", superoffice.ErrInvalidArgument)
	}
	if err := spec.check(); err != nil {
		return nil, err
	}
	if spec.Log == nil {
		spec.Log = slog.New(slog.DiscardHandler)
	}
	found, err := named(ctx, c, spec.Name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return spec.create(ctx, c)
	}
	hook := best(found)
	if err := spec.stopDoubles(ctx, c, found, hook.WebhookID); err != nil {
		return nil, err
	}
	return spec.update(ctx, c, hook)
}

// best is the webhook that is kept of several with a name: the oldest that is active,
// or may be again.
func best(found []superoffice.Webhook) *superoffice.Webhook {
	for _, state := range []superoffice.WebhookState{superoffice.WebhookStateActive, superoffice.WebhookStateTooManyErrors} {
		if at := slices.IndexFunc(found, func(w superoffice.Webhook) bool { return w.State == state }); at >= 0 {
			return &found[at]
		}
	}
	stopped := slices.IndexFunc(found, func(w superoffice.Webhook) bool { return !isDouble(w) }) // by somebody
	return &found[max(stopped, 0)]
}

// doubleMark is in the description of a webhook that Ensure has stopped, since
// another replica has made one.
const doubleMark = "[stopped: another replica has made this webhook]"

func isDouble(w superoffice.Webhook) bool { return strings.Contains(w.Description, doubleMark) }

// stopDoubles stops the other webhooks of the name that post to the same address:
// those of replicas that ended before they could.
func (s *Spec) stopDoubles(ctx context.Context, c *superoffice.Client, found []superoffice.Webhook, kept int) error {
	for i := range found {
		w := &found[i]
		if w.WebhookID == kept || w.State == superoffice.WebhookStateStopped || w.TargetURL != s.target() {
			continue
		}
		if err := s.stop(ctx, c, w, kept); err != nil {
			return err
		}
	}
	return nil
}

// stop stops a webhook in favour of another one.
func (s *Spec) stop(ctx context.Context, c *superoffice.Client, hook *superoffice.Webhook, kept int) error {
	s.Log.InfoContext(ctx, "webhook: another replica has made it, so this one is stopped", "name", s.Name, "id", kept, "stopped", hook.WebhookID)
	hook.State, hook.Description = superoffice.WebhookStateStopped, strings.TrimSpace(hook.Description+" "+doubleMark)
	_, err := c.Webhook.SaveWebhook(ctx, hook)
	return err
}

// target is where events go, as the server has it.
func (s *Spec) target() string { return cmp.Or(s.URL, s.Script) }

// check refuses what the server would not take, or take for something else.
func (s *Spec) check() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", superoffice.ErrInvalidArgument, fmt.Sprintf(format, args...))
	}
	switch {
	case strings.TrimSpace(s.Name) == "":
		return invalid("Spec.Name is empty")
	case len(s.Events) == 0:
		return invalid("Spec.Events is empty")
	case (s.URL == "") == (s.Script == ""):
		return invalid("Spec has a URL and a Script, or neither")
	}
	if u, err := url.Parse(s.URL); s.URL != "" && (err != nil || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" || u.Host == "") {
		return invalid("Spec.URL must be an address with https")
	}
	for _, name := range s.Events {
		if strings.TrimSpace(name) != name || !strings.Contains(name, ".") {
			return invalid("the event %q is no name such as contact.created", name)
		}
		if known := likely(name); known != "" {
			return invalid("the event %q is not known; did you mean %q?", name, known)
		}
	}
	return nil
}

// named returns the webhooks with exactly this name, the oldest first.
func named(ctx context.Context, c *superoffice.Client, name string) ([]superoffice.Webhook, error) {
	all, err := c.Webhook.GetAllWebhooks(ctx, name, "", "")
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(w superoffice.Webhook) bool { return w.Name != name })
	slices.SortFunc(all, func(a, b superoffice.Webhook) int { return a.WebhookID - b.WebhookID })
	return all, nil
}

func (s *Spec) create(ctx context.Context, c *superoffice.Client) (*superoffice.Webhook, error) {
	hook, err := c.Webhook.CreateDefaultWebhook(ctx)
	if err != nil {
		return nil, err
	}
	s.apply(hook)
	hook.Name, hook.State = s.Name, superoffice.WebhookStateActive
	if hook, err = c.Webhook.SaveWebhook(ctx, hook); err != nil {
		return nil, err
	}
	all, err := named(ctx, c, s.Name)
	if err != nil || len(all) == 0 || all[0].WebhookID == hook.WebhookID {
		s.Log.InfoContext(ctx, "webhook: made", "name", s.Name, "id", hook.WebhookID)
		return hook, err
	}
	if err := s.stop(ctx, c, hook, all[0].WebhookID); err != nil {
		return nil, err
	}
	return &all[0], nil
}

func (s *Spec) update(ctx context.Context, c *superoffice.Client, hook *superoffice.Webhook) (*superoffice.Webhook, error) {
	isOwnDouble := isDouble(*hook)
	if isOwnDouble { // which is the only one by now
		hook.Description = strings.TrimSpace(strings.ReplaceAll(hook.Description, doubleMark, ""))
	}
	changed := s.apply(hook)
	if hook.State == superoffice.WebhookStateTooManyErrors || isOwnDouble {
		hook.State, changed = superoffice.WebhookStateActive, append(changed, "State")
	}
	if len(changed) == 0 {
		return hook, nil
	}
	saved, err := c.Webhook.SaveWebhook(ctx, hook)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "webhook: changed", "name", s.Name, "id", saved.WebhookID, "members", changed)
	return saved, nil
}

// apply makes a webhook what the spec says, and returns the members that differed.
func (s *Spec) apply(hook *superoffice.Webhook) (changed []string) {
	set := func(member string, into *string, value string) {
		if value != "" && *into != value {
			*into, changed = value, append(changed, member)
		}
	}
	kind := typeWebhook
	if s.Script != "" {
		kind = typeScript
	}
	set("TargetURL", &hook.TargetURL, s.target())
	set("Type", &hook.Type, kind)
	set("Secret", &hook.Secret, s.Secret)
	set("Description", &hook.Description, s.Description)
	if !sameSet(hook.Events, s.Events) {
		hook.Events, changed = slices.Clone(s.Events), append(changed, "Events")
	}
	if s.Headers != nil && !maps.Equal(hook.Headers, s.Headers) {
		hook.Headers, changed = maps.Clone(s.Headers), append(changed, "Headers")
	}
	if s.Properties != nil && !sameJSON(hook.Properties, s.Properties) {
		hook.Properties, changed = maps.Clone(s.Properties), append(changed, "Properties")
	}
	return changed
}

// sameJSON reports whether two dictionaries are the same as JSON, where 5 and 5.0 are.
func sameJSON(a, b map[string]any) bool {
	first, errFirst := json.Marshal(a)
	second, errSecond := json.Marshal(b)
	if errFirst != nil || errSecond != nil {
		return false
	}
	var plainFirst, plainSecond any
	if json.Unmarshal(first, &plainFirst) != nil || json.Unmarshal(second, &plainSecond) != nil {
		return false
	}
	return reflect.DeepEqual(plainFirst, plainSecond)
}

// sameSet reports whether two lists have the same names, in any order and case.
func sameSet(a, b []string) bool {
	fold := func(all []string) []string {
		lower := make([]string, len(all))
		for i, one := range all {
			lower[i] = strings.ToLower(one)
		}
		slices.Sort(lower)
		return slices.Compact(lower)
	}
	return slices.Equal(fold(a), fold(b))
}
