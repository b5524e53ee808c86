package superofficetest

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// contextIdentifier is the tenant that a server plays that is online by itself.
const contextIdentifier = "Cust12345"

// defaultRecordLimit is ample for a test and bounds a server that runs for
// days.
const defaultRecordLimit = 10_000

// Option changes how a [Server] behaves from its start.
type Option func(*settings)

type settings struct {
	online      bool
	tenant      string // the context identifier
	listener    net.Listener
	credentials Credentials
	recordLimit int
	restricted  map[string]int // lower-case agent name to status
	resources   map[string]string
	xml         xmlStyle
	test        TB
	clock       *ageClock                // by which grants expire, or nil if they do not
	granted     func(secretKind, string) // is told of each grant, or nil

	pageCap   int // the most rows of a page, or 0
	nextLink  NextLink
	base      *time.Location // nil for UTC
	today     time.Time
	companies int // of the demo data
	webhooks  bool
	tables    int // the least that the database has
}

// baseZone is the zone of the clocks in the database.
func (s *settings) baseZone() *time.Location {
	if s.base == nil {
		return time.UTC
	}
	return s.base
}

// now is the time on which periods in filters depend.
func (s *settings) now() time.Time {
	if s.today.IsZero() {
		return time.Now()
	}
	return s.today
}

// NextLink is how the pages of an archive say that there is more.
type NextLink int

// The forms of odata.nextLink. The first is the zero value.
const (
	// NextLinkNull is null on each page, as servers answer today.
	NextLinkNull NextLink = iota
	// NextLinkAbsent leaves the member out, as servers did in 2018.
	NextLinkAbsent
	// NextLinkGiven is the address of the next page, and null on the last.
	NextLinkGiven
)

// WithNextLink chooses how the pages of an archive say that there is more.
func WithNextLink(form NextLink) Option {
	return func(s *settings) { s.nextLink = form }
}

// WithPageCap bounds the pages of archives to n rows, whatever is asked for.
func WithPageCap(n int) Option {
	return func(s *settings) { s.pageCap = n }
}

// WithBaseZone says in which zone the clocks of the installation are: UTC unless
// told. Archives answer in it if a request names no zone.
func WithBaseZone(loc *time.Location) Option {
	return func(s *settings) { s.base = loc }
}

// WithToday says what the time is for the periods in the filters of archives,
// and for the demo data.
func WithToday(now time.Time) Option {
	return func(s *settings) { s.today = now }
}

// WithDemoData fills the server with the data of n companies: for each two
// persons, ten sales, three appointments, a document and a request, with custom
// fields, and the rows of an extra table in the provider dynamic. It is the same
// each time, but that its dates lie in the year before today; see [WithToday].
func WithDemoData(n int) Option {
	return func(s *settings) { s.companies = n }
}

func newSettings(opts []Option) settings {
	set := settings{
		tenant:      contextIdentifier,
		recordLimit: defaultRecordLimit,
		restricted:  map[string]int{},
		resources:   builtInResources(),
	}
	for _, opt := range opts {
		opt(&set)
	}
	return set
}

// Online makes the server behave as SuperOffice Online: the address names a
// tenant, Basic is refused, and a ticket needs the application token beside
// it (SO-AppToken). NewOnline plays all of SuperOffice Online, with sign-in and
// many tenants.
func Online() Option {
	return func(s *settings) { s.online = true }
}

// RestrictAgent makes every call of an agent ("User", in any case) fail with
// status, from 400 to 599, as SuperOffice Online does with agents that an
// application has not been granted. Which status the vendor uses is not
// documented, so try more than one. It panics for another status.
func RestrictAgent(agent string, status int) Option {
	if status < 400 || status > 599 {
		panic(fmt.Sprintf("superofficetest: RestrictAgent: status %d is not an error; use 400 to 599", status))
	}
	return func(s *settings) { s.restricted[strings.ToLower(agent)] = status }
}

// WithCredentials sets the credentials that the server accepts. Members left
// empty keep their random values.
func WithCredentials(c Credentials) Option {
	return func(s *settings) { s.credentials = c }
}

// WithListener makes the server listen on l, which it closes in Close,
// instead of on a free port of the loopback address.
func WithListener(l net.Listener) Option {
	return func(s *settings) { s.listener = l }
}

// WithRecordLimit makes Requests keep the last n requests only, 10,000 unless
// told. Zero or less records nothing.
func WithRecordLimit(n int) Option {
	return func(s *settings) { s.recordLimit = max(n, 0) }
}

// WithResource adds a resource string, so that "[id]" can be resolved. The
// text is in the multi-language form: US:"Read only";NO:"Skrivebeskyttet".
func WithResource(id, text string) Option {
	return func(s *settings) { s.resources[strings.ToUpper(id)] = text }
}

// XMLNil makes the server write a null in XML as an empty element with
// xsi:nil="true". Otherwise the element is left out.
func XMLNil() Option {
	return func(s *settings) { s.xml.nilElements = true }
}

// XMLDictionaryEntries makes the server write a dictionary in XML as repeated
// entries with a Key and a Value. Otherwise each key is an element's name.
func XMLDictionaryEntries() Option {
	return func(s *settings) { s.xml.dictionaryEntries = true }
}
