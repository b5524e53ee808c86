package webhook

import (
	"context"
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
	_, _ = io.WriteString(f, "webhook.Spec{Name:"+s.Name+" URL:"+s.URL+" Script:"+s.Script+" Events:"+strings.Join(s.Events, ",")+"}")
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
// have made one at the same time, the younger is stopped.
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
	return spec.update(ctx, c, &found[0])
}

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
	s.Log.InfoContext(ctx, "webhook: another replica has made it, so this one's is stopped", "name", s.Name, "id", all[0].WebhookID, "stopped", hook.WebhookID)
	hook.State = superoffice.WebhookStateStopped
	if _, err := c.Webhook.SaveWebhook(ctx, hook); err != nil {
		return nil, err
	}
	return &all[0], nil
}

func (s *Spec) update(ctx context.Context, c *superoffice.Client, hook *superoffice.Webhook) (*superoffice.Webhook, error) {
	changed := s.apply(hook)
	if hook.State == superoffice.WebhookStateTooManyErrors {
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
	target, kind := s.URL, typeWebhook
	if s.Script != "" {
		target, kind = s.Script, typeScript
	}
	set("TargetURL", &hook.TargetURL, target)
	set("Type", &hook.Type, kind)
	set("Secret", &hook.Secret, s.Secret)
	set("Description", &hook.Description, s.Description)
	if !sameSet(hook.Events, s.Events) {
		hook.Events, changed = slices.Clone(s.Events), append(changed, "Events")
	}
	if s.Headers != nil && !maps.Equal(hook.Headers, s.Headers) {
		hook.Headers, changed = maps.Clone(s.Headers), append(changed, "Headers")
	}
	if s.Properties != nil && !reflect.DeepEqual(hook.Properties, s.Properties) {
		hook.Properties, changed = maps.Clone(s.Properties), append(changed, "Properties")
	}
	return changed
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
