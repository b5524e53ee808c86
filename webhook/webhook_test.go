package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "tops3cret"

// body is an event, as servers of 2025 send it.
func body(id, event string, key int) string {
	return fmt.Sprintf(`{"EventId":%q,"Timestamp":%q,"Changes":["updated","orgNr","userdef_id"],"Event":%q,"PrimaryKey":%d,"Entity":"contact",
		"ContextIdentifier":"Cust12345","ChangedByAssociateId":7,"WebhookName":"sync","FieldValues":{"contact_id":5,"name":"Ann's","rate":1.5,
		"active":true,"none":null,"x_list":"[I:6]"},"MyProperty":{"a":[1]}}`, id, time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"), event, key)
}

// send posts a body to a handler and returns the status.
func send(h http.Handler, text, signature string, edits ...func(*http.Request)) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if signature != "" {
		r.Header.Set("X-SuperOffice-Signature", signature)
	}
	for _, edit := range edits {
		edit(r)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Code
}

func signed(text string) string { return webhook.Sign(secret, []byte(text)) }

func TestHandler(t *testing.T) {
	t.Parallel()
	var got *webhook.Event
	h := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		got = e
		return nil
	}, webhook.Secret(secret))
	text := body("1-2-3", webhook.ContactChanged, 5)
	require.Equal(t, http.StatusOK, send(h, text, signed(text), func(r *http.Request) { r.Header.Set("X-SuperOffice-Retry", "2") }))
	assert.WithinDuration(t, time.Now(), got.Time, time.Minute)
	got.Time = time.Time{}
	assert.Equal(t, &webhook.Event{
		ID: "1-2-3", Event: "contact.changed", Entity: "contact", Tenant: "Cust12345", PrimaryKey: 5, ChangedBy: 7, Webhook: "sync", Retry: 2,
		Changes: []string{"updated", "orgNr", "userdef_id"},
		Fields: map[string]superoffice.FieldValue{
			"contact_id": "[I:5]", "name": "Ann's", "rate": "[F:1.5]", "active": "[I:1]", "none": superoffice.NullValue, "x_list": "[I:6]",
		},
		Extra: map[string][]byte{"MyProperty": []byte(`{"a":[1]}`)},
	}, got)
	assert.True(t, got.Changed("name", "ORGNR"))
	assert.False(t, got.Changed("name"))
	assert.True(t, (&webhook.Event{}).Changed("name"))
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"nothing wrong": {nil, 200}, "gone": {fmt.Errorf("x: %w", webhook.ErrGone), 410}, "an error": {errors.New("x"), 500},
	} {
		h := webhook.Handler(func(context.Context, *webhook.Event) error { return c.err }, webhook.Secret(secret))
		text := body("1", webhook.SaleSold, 5)
		assert.Equal(t, c.want, send(h, text, signed(text)), name)
	}
	var log bytes.Buffer
	h := webhook.Handler(func(context.Context, *webhook.Event) error { panic("s3cr3t") }, webhook.Secret(secret), webhook.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	text := body("1", webhook.SaleSold, 5)
	assert.Equal(t, 500, send(h, text, signed(text)))
	assert.Contains(t, log.String(), "panicked")
	assert.NotContains(t, log.String(), "s3cr3t")
	assert.NotContains(t, log.String(), secret)
}

// Nothing but a signed event reaches the function.
func TestRefused(t *testing.T) {
	t.Parallel()
	called := false
	fn := func(context.Context, *webhook.Event) error {
		called = true
		return nil
	}
	h := webhook.Handler(fn, webhook.Secret(secret))
	text := body("1", webhook.ContactCreated, 5)
	for name, c := range map[string]struct {
		status          int
		text, signature string
		edit            func(*http.Request)
	}{
		"a GET":            {405, text, signed(text), func(r *http.Request) { r.Method = http.MethodGet }},
		"another type":     {415, text, signed(text), func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }},
		"no type":          {415, text, signed(text), func(r *http.Request) { r.Header.Del("Content-Type") }},
		"no signature":     {401, text, "", nil},
		"a wrong one":      {401, text, webhook.Sign("other", []byte(text)), nil},
		"no base64":        {401, text, "%", nil},
		"another body":     {401, text + " ", signed(text), nil},
		"a test":           {200, body("1", webhook.ContactCreated, 0), signed(text), nil},
		"no event":         {400, `{"a":1}`, signed(`{"a":1}`), nil},
		"no object":        {400, `[]`, signed(`[]`), nil},
		"no JSON":          {400, `{`, signed(`{`), nil},
		"nothing":          {401, ``, "", nil},
		"too much":         {413, strings.Repeat(" ", 2<<20), "x", nil},
		"too much, untold": {413, strings.Repeat(" ", 2<<20), "x", func(r *http.Request) { r.ContentLength = -1 }},
	} {
		if name == "a test" {
			c.signature = signed(c.text)
		}
		edit := func(*http.Request) {}
		if c.edit != nil {
			edit = c.edit
		}
		assert.Equal(t, c.status, send(h, c.text, c.signature, edit), name)
		assert.False(t, called, name)
	}
	for name, none := range map[string]http.Handler{"no secret": webhook.Handler(fn), "an empty one": webhook.Handler(fn, webhook.Secret(""))} {
		assert.Equal(t, 401, send(none, text, webhook.Sign("", []byte(text))), name)
	}
	assert.Equal(t, 200, send(webhook.Handler(fn, webhook.Unsigned()), text, ""))
	assert.True(t, called)
}

// Of a body that is too large no more than what is allowed is read.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	counted := &countingReader{left: 2 << 20}
	r := httptest.NewRequest(http.MethodPost, "/", counted)
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	webhook.Handler(nil, webhook.Secret(secret)).ServeHTTP(recorder, r)
	assert.Equal(t, http.StatusRequestEntityTooLarge, recorder.Code)
	assert.LessOrEqual(t, counted.read, 1<<20)
}

type countingReader struct{ left, read int }

func (c *countingReader) Read(p []byte) (int, error) {
	n := min(len(p), c.left)
	if n == 0 {
		return 0, io.EOF
	}
	c.left, c.read = c.left-n, c.read+n
	return n, nil
}

// A hook of the caller's that panics is a 500, and ends nothing.
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, *webhook.Event) error { return nil }
	text := body("1", webhook.ContactCreated, 5)
	for name, option := range map[string]webhook.Option{
		"secret": webhook.SecretOf(func(context.Context, string) (string, error) { panic("x") }), "seen": webhook.SeenBy(panicking{}),
		"ignore": webhook.Ignore(func(context.Context, *webhook.Event) bool { panic("x") }),
	} {
		assert.Equal(t, 500, send(webhook.Handler(fn, webhook.Secret(secret), option), text, signed(text)), name)
	}
	assert.Equal(t, 200, send(webhook.Handler(fn, webhook.Secret(secret), nil, webhook.Ignore(nil)), text, signed(text)))
	seen := webhook.SeenInMemory(5)
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		runtime.Goexit()
		return nil
	}, webhook.Secret(secret), webhook.SeenBy(seen))
	var ended sync.WaitGroup
	ended.Go(func() { send(h, text, signed(text)) })
	ended.Wait()
	state, err := seen.Begin(context.Background(), "cust12345/1")
	require.NoError(t, err)
	assert.Equal(t, webhook.Fresh, state)
}

type panicking struct{}

func (panicking) Begin(context.Context, string) (webhook.State, error) { panic("x") }
func (panicking) End(context.Context, string, bool) error              { panic("x") }

// What is not one object, and nothing else, is no event; marks and escapes are read.
func TestFormsOfEvents(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"Event":"a.b"}x`, `{"Event":"a.b"}{}`, `{"Event":"a.b"`, ``, `null`} {
		_, err := webhook.ParseEvent([]byte(text))
		require.Error(t, err, text)
	}
	for _, text := range []string{"\xef\xbb\xbf{\"Event\":\"a.b\"}", "{\"\\u0045vent\":\"a.b\"}", " {\"EVENT\":\"a.b\"} \n"} {
		e, err := webhook.ParseEvent([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, &webhook.Event{Event: "a.b"}, e)
	}
	e := webhook.Event{ID: "1", Event: "a.b"}
	stored, err := json.Marshal(struct{ E webhook.Event }{e})
	require.NoError(t, err)
	assert.JSONEq(t, `{"E":{"EventId":"1","Event":"a.b"}}`, string(stored))
}

// Each flipped bit of the body or the signature is refused.
func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	text := []byte(body("1", webhook.ContactCreated, 5))
	signature := webhook.Sign(secret, text)
	require.NoError(t, webhook.Verify(secret, text, signature))
	for i := range len(text) * 8 {
		text[i/8] ^= 1 << (i % 8)
		require.ErrorIs(t, webhook.Verify(secret, text, signature), webhook.ErrSignature)
		text[i/8] ^= 1 << (i % 8)
	}
	for i := range len(signature) * 8 {
		flipped := []byte(signature)
		flipped[i/8] ^= 1 << (i % 8)
		require.ErrorIs(t, webhook.Verify(secret, text, string(flipped)), webhook.ErrSignature, "%s", flipped)
	}
}

func TestRotationAndTenants(t *testing.T) {
	t.Parallel()
	fn := func(context.Context, *webhook.Event) error { return nil }
	text := body("1", webhook.ContactCreated, 5)
	both := webhook.Handler(fn, webhook.Secret("new"), webhook.Secret(secret))
	assert.Equal(t, 200, send(both, text, signed(text)))
	assert.Equal(t, 200, send(both, text, webhook.Sign("new", []byte(text))))
	var asked []string
	tenants := webhook.Handler(fn, webhook.SecretOf(func(_ context.Context, tenant string) (string, error) {
		asked = append(asked, tenant)
		switch tenant {
		case "Cust12345":
			return secret, nil
		case "":
			return "", nil
		}
		return "", errors.New("no such tenant")
	}))
	assert.Equal(t, 200, send(tenants, text, signed(text)))
	other := strings.Replace(text, "Cust12345", "Cust2", 1)
	assert.Equal(t, 500, send(tenants, other, signed(other)))
	assert.Equal(t, 401, send(tenants, "{}", webhook.Sign("", []byte("{}"))))
	assert.Equal(t, []string{"Cust12345", "Cust2", ""}, asked)
}

func TestAge(t *testing.T) {
	t.Parallel()
	calls := 0
	fn := func(context.Context, *webhook.Event) error {
		calls++
		return errors.New("x")
	}
	for at, want := range map[string]int{
		time.Now().UTC().Format(time.RFC3339): 500, time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339): 200,
		time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339): 200, "": 500, "soon": 500,
	} {
		text := fmt.Sprintf(`{"EventId":"1","Event":"contact.created","PrimaryKey":"5","Timestamp":%q}`, at)
		assert.Equal(t, want, send(webhook.Handler(fn, webhook.Secret(secret)), text, signed(text)), at)
		assert.Equal(t, 500, send(webhook.Handler(fn, webhook.Secret(secret), webhook.MaxAge(0)), text, signed(text)), at)
	}
	assert.Equal(t, 8, calls)
}

func TestSeen(t *testing.T) {
	t.Parallel()
	calls, fail := 0, true
	seen := webhook.SeenInMemory(2)
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		if calls++; fail {
			return errors.New("x")
		}
		return nil
	}, webhook.Secret(secret), webhook.SeenBy(seen))
	one, two, three := body("1", webhook.ContactCreated, 5), body("2", webhook.ContactCreated, 5), body("3", webhook.ContactCreated, 5)
	assert.Equal(t, 500, send(h, one, signed(one)))
	fail = false
	for _, text := range []string{one, one, two, one, three, one} { // the last one is forgotten by then
		assert.Equal(t, 200, send(h, text, signed(text)))
	}
	assert.Equal(t, 5, calls)
}

// Of an event that comes twice at the same time one is told to come again: the
// other may fail.
func TestSeenAtTheSameTime(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		close(begun)
		<-release
		return nil
	}, webhook.Secret(secret), webhook.SeenBy(webhook.SeenInMemory(10)))
	text := body("1", webhook.ContactCreated, 5)
	var first sync.WaitGroup
	first.Go(func() { assert.Equal(t, 200, send(h, text, signed(text))) })
	<-begun
	assert.Equal(t, 503, send(h, text, signed(text)))
	close(release)
	first.Wait()
	assert.Equal(t, 200, send(h, text, signed(text)))
}

func TestIgnoredAssociates(t *testing.T) {
	t.Parallel()
	h := webhook.Handler(func(context.Context, *webhook.Event) error { return errors.New("x") }, webhook.Secret(secret), webhook.IgnoreAssociates(3, 7))
	text := body("1", webhook.ContactCreated, 5)
	assert.Equal(t, 200, send(h, text, signed(text)))
	text = strings.Replace(text, `"ChangedByAssociateId":7`, `"ChangedByAssociateId":8`, 1)
	assert.Equal(t, 500, send(h, text, signed(text)))
}

// The events of a webhook itself have no entity, and are no tests.
func TestEventsOfTheWebhookItself(t *testing.T) {
	t.Parallel()
	var names []string
	h := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		names = append(names, e.Event)
		return nil
	}, webhook.Secret(secret))
	for _, text := range []string{
		`{"EventId":"1","Event":"webhook.errors","WebhookName":"sync"}`, `{"EventId":"2","Event":"test","Entity":"test","PrimaryKey":0}`,
		`{"EventId":"3","Event":"y_rental.created","Entity":"y_rental","PrimaryKey":9,"FieldValues":{"x_no":"[I:6]"}}`,
	} {
		assert.Equal(t, 200, send(h, text, signed(text)))
	}
	assert.Equal(t, []string{webhook.WebhookErrors, webhook.Table("y_rental").Created}, names)
	assert.Equal(t, "list.category.softdeleted", webhook.List("category").Deleted)
}

func FuzzHandler(f *testing.F) {
	f.Add(body("1", webhook.ContactCreated, 5), "x")
	f.Add(`{"Event":1,"PrimaryKey":"5","Changes":null,"FieldValues":[],"Timestamp":{}}`, "")
	f.Add(`{"Event":"a","Event":"b","PrimaryKey":1e5}`, "\x00")
	h := webhook.Handler(func(context.Context, *webhook.Event) error { return nil }, webhook.Secret(secret))
	f.Fuzz(func(t *testing.T, text, signature string) {
		assert.NotEqual(t, 200, send(h, text, signature), "without the secret")
		assert.NotEqual(t, 500, send(h, text, signed(text)))
	})
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	ctx := context.Background()
	hooks := []superoffice.Webhook{{WebhookID: 1, Name: "synchronize", State: "Active"}}
	server.Reply("Webhook/GetAllWebhooks", func(*http.Request) (any, error) { return hooks, nil })
	spec := webhook.Spec{
		Name: "sync", URL: "https://example.com/hook", Secret: secret, Events: []string{webhook.ContactChanged, webhook.ContactCreated},
		Headers: map[string]string{"X-A": "b"}, Properties: map[string]any{"a": "b"},
	}
	made, err := webhook.Ensure(ctx, client, spec)
	require.NoError(t, err)
	assert.NotZero(t, made.WebhookID)
	assert.Equal(t, superoffice.WebhookStateActive, made.State)
	assert.Equal(t, spec.Events, made.Events)
	assert.Equal(t, secret, made.Secret)

	hooks = append(hooks, *made)
	server.ForgetRequests()
	same, err := webhook.Ensure(ctx, client, spec)
	require.NoError(t, err)
	assert.Equal(t, made.WebhookID, same.WebhookID)
	assert.Len(t, server.Requests(), 1, "nothing is saved if nothing differs")

	hooks[1].State, hooks[1].Events, hooks[1].Description = superoffice.WebhookStateTooManyErrors, []string{"sale.sold", "CONTACT.CREATED"}, "ours"
	fixed, err := webhook.Ensure(ctx, client, spec)
	require.NoError(t, err)
	assert.Equal(t, superoffice.WebhookStateActive, fixed.State)
	assert.Equal(t, spec.Events, fixed.Events)
	assert.Equal(t, "ours", fixed.Description, "what the spec does not say stays")

	hooks[1] = *fixed
	hooks[1].State = superoffice.WebhookStateStopped
	stopped, err := webhook.Ensure(ctx, client, spec)
	require.NoError(t, err)
	assert.Equal(t, superoffice.WebhookStateStopped, stopped.State, "somebody has stopped it")
}

func TestEnsureRefuses(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	client := server.Client()
	good := webhook.Spec{Name: "a", URL: "https://example.com", Events: []string{"contact.created"}}
	for name, c := range map[string]struct {
		edit func(*webhook.Spec)
		want string
	}{
		"no name":    {func(s *webhook.Spec) { s.Name = " " }, "Name"},
		"no address": {func(s *webhook.Spec) { s.URL = "" }, "neither"},
		"two":        {func(s *webhook.Spec) { s.Script = "5" }, "neither"},
		"plain http": {func(s *webhook.Spec) { s.URL = "http://example.com" }, "https"},
		"no events":  {func(s *webhook.Spec) { s.Events = nil }, "Events"},
		"a typo":     {func(s *webhook.Spec) { s.Events = []string{"contact.craeted"} }, `did you mean "contact.created"?`},
		"no event":   {func(s *webhook.Spec) { s.Events = []string{"contact"} }, "contact"},
	} {
		spec := good
		c.edit(&spec)
		_, err := webhook.Ensure(context.Background(), client, spec)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		require.ErrorContains(t, err, c.want, name)
	}
	_, err := webhook.Ensure(context.Background(), nil, good)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.Empty(t, server.Requests())
	good.Secret = secret
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", good, good, good, good), secret)
}

// To verify and parse an event of 2 kB takes little.
func TestAllocations(t *testing.T) {
	text, signature := large()
	raw := []byte(text)
	n := testing.AllocsPerRun(100, func() {
		_, err := webhook.ParseEvent(raw)
		if err != nil || webhook.Verify(secret, raw, signature) != nil {
			t.Error("refused")
		}
	})
	const most = 40
	if n > most {
		t.Errorf("%.0f allocations, at most %d wanted", n, most)
	}
}

// large is an event of 2 kB, and its signature.
func large() (text, signature string) {
	text = body("1", webhook.ContactCreated, 5)
	text = strings.Replace(text, `"Ann's"`, `"`+strings.Repeat("x", 1500)+`"`, 1)
	return text, signed(text)
}

func BenchmarkVerifyAndParse(b *testing.B) {
	text, signature := large()
	raw := []byte(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if webhook.Verify(secret, raw, signature) != nil {
			b.Fatal("wrong")
		}
		if _, err := webhook.ParseEvent(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandler posts events over loopback, each of them once.
func BenchmarkHandler(b *testing.B) {
	var handled atomic.Int64
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		handled.Add(1)
		return nil
	}, webhook.Secret(secret), webhook.SeenBy(webhook.SeenInMemory(10_000)))
	server := httptest.NewServer(h)
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	text, _ := large()
	var sent atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		client := &http.Client{Transport: transport}
		for pb.Next() {
			own := strings.Replace(text, `"1"`, fmt.Sprintf(`"%d"`, sent.Add(1)), 1)
			r, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(own))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-SuperOffice-Signature", signed(own))
			answer, err := client.Do(r)
			if err != nil || answer.StatusCode != http.StatusOK {
				b.Error("refused", err)
				return
			}
			_ = answer.Body.Close()
		}
	})
	b.ReportMetric(float64(handled.Load())/b.Elapsed().Seconds(), "events/s")
	if handled.Load() != sent.Load() {
		b.Errorf("%d of %d events were handled", handled.Load(), sent.Load())
	}
}
