package online

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice/internal/steady"
)

// ChangeType is what has happened to a tenant.
type ChangeType int

// The changes that SuperOffice tells of.
const (
	// ChangeUpgrade is a new version.
	ChangeUpgrade ChangeType = 0
	// ChangeBackupRestored is a database from a backup: what was written after
	// it is gone.
	ChangeBackupRestored ChangeType = 1
	// ChangeSuspend is a tenant that is closed.
	ChangeSuspend ChangeType = 2
	// ChangeResume is a tenant that is open again.
	ChangeResume ChangeType = 3
	// ChangeDelete is a tenant that is gone.
	ChangeDelete ChangeType = 4
	// ChangeMove is a tenant that lives on another host now.
	ChangeMove ChangeType = 5
)

// isKnown reports whether the change is one of those above.
func (c ChangeType) isKnown() bool { return c >= ChangeUpgrade && c <= ChangeMove }

// String names the change.
func (c ChangeType) String() string {
	if !c.isKnown() {
		return "ChangeType(" + strconv.Itoa(int(c)) + ")"
	}
	return [...]string{"Upgrade", "BackupRestored", "Suspend", "Resume", "Delete", "Move"}[c]
}

// Notification is what SuperOffice tells an application of a tenant.
type Notification struct {
	// Change is what has happened.
	Change ChangeType
	// Tenant is to whom.
	Tenant string
	// VersionName and FileVersion are the release that the tenant runs.
	VersionName, FileVersion string
	// PublicEndpoint is the name of the host of a tenant that has moved. It is
	// for people: the pool asks the state service.
	PublicEndpoint string
}

// mostNotificationBytes is how much of a notification is read.
const mostNotificationBytes = 64 << 10

// NotificationHandler takes the notifications that SuperOffice posts to the
// address configured in the developer portal. It verifies their token, has the
// tenant's state asked anew, lets go of the client of a tenant that is gone, and
// then calls then, if that is not nil. What is not from SuperOffice is answered
// 401, and so is one that came before. While SuperOffice's keys are not to be
// had the answer is 503, so that SuperOffice tries again.
//
// The token proves who sent a notification, and not what is in it. So nothing
// in it is taken for true but the name of the tenant: what became of it, and
// where it is, is for the state service to say.
func (t *Tenants) NotificationHandler(then func(context.Context, Notification)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allow(w, r, http.MethodPost) {
			return
		}
		n, err := t.app.readNotification(r)
		switch {
		case errors.Is(err, errNoKeys):
			w.Header().Set("Retry-After", strconv.Itoa(int(keysHoldOff.Seconds())))
			t.app.refuse(w, r, err, http.StatusServiceUnavailable)
			return
		case errors.Is(err, errForged):
			t.app.refuse(w, r, err, http.StatusUnauthorized)
			return
		case err != nil:
			t.app.refuse(w, r, err, http.StatusBadRequest)
			return
		}
		t.app.changed(n.Tenant)
		if n.Change == ChangeDelete || n.Change == ChangeSuspend {
			t.Forget(n.Tenant)
		}
		if then != nil {
			then(r.Context(), *n)
		}
		w.WriteHeader(http.StatusOK)
	})
}

// errForged is a notification that SuperOffice has not signed.
var errForged = errors.New("online: the notification's token is not to be trusted")

// notificationCarrier is a notification on the wire.
type notificationCarrier struct {
	ChangeType        ChangeType
	ContextIdentifier string
	VersionName       string
	FileVersion       string
	Token             string
	PublicEndpoint    string
}

func (a *App) readNotification(r *http.Request) (*Notification, error) {
	body, err := io.ReadAll(io.LimitReader(steady.Reader(r.Body), mostNotificationBytes))
	if err != nil {
		return nil, fmt.Errorf("online: reading a notification: %w", err)
	}
	var in notificationCarrier
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("online: reading a notification: %w", err)
	}
	if !isTenant(in.ContextIdentifier) {
		return nil, errors.New("online: the notification names no tenant")
	}
	switch err := a.verifyNotification(r.Context(), &in); {
	case errors.Is(err, errNoKeys):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errForged, err)
	}
	return &Notification{in.ChangeType, in.ContextIdentifier, in.VersionName, in.FileVersion, in.PublicEndpoint}, nil
}

// verifyNotification checks the token of a notification. The vendor documents
// its issuer only; what it says beside of audience and tenant must fit.
func (a *App) verifyNotification(ctx context.Context, in *notificationCarrier) error {
	verified, claims, err := a.verify(ctx, in.Token, a.config().Environment.issuer(), "")
	if err != nil {
		return err
	}
	if verified.Nonce != "" || verified.AccessTokenHash != "" || claims.AssociateID != 0 || claims.ticket() != "" {
		return errors.New("online: the token is that of a person or a system user, and no notification's")
	}
	client := a.config().ClientID
	if len(verified.Audience) > 0 && !isAudience(verified.Audience, client) && !isAudience(verified.Audience, "spn:"+client) {
		return errors.New("online: the token is for another application")
	}
	if claims.Tenant != "" && !strings.EqualFold(claims.Tenant, in.ContextIdentifier) {
		return errors.New("online: the token is for another tenant")
	}
	// What was signed is remembered, and not the token, which has many spellings.
	var signed json.RawMessage
	if err := verified.Claims(&signed); err != nil {
		return fmt.Errorf("online: reading the claims of a token: %w", err)
	}
	if !a.notified.first(signed, in.ChangeType, verified.Expiry, a.now()) {
		return errors.New("online: the same notification came before")
	}
	return nil
}

// usedTokens remembers what the tokens of notifications said until they have
// expired.
type usedTokens struct {
	mu     sync.Mutex
	tokens map[[sha256.Size]byte]usedToken
}

// usedToken is one of them.
type usedToken struct {
	changes uint8 // with which it came, a bit each
	until   time.Time
}

// mostUsedTokens bounds how many are remembered. Only SuperOffice can make them.
const mostUsedTokens = 10_000

// first remembers a notification, and reports whether it has not come before.
// Notifications of the same second may have equal tokens, so another change with
// the same one may be genuine. One of a kind that is not known here takes the
// token as a whole: there are as many of those as there are numbers.
func (u *usedTokens) first(signed []byte, change ChangeType, expires, now time.Time) bool {
	digest, bits := sha256.Sum256(signed), uint8(math.MaxUint8)
	if change.isKnown() {
		bits = 1 << change
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	used, known := u.tokens[digest]
	if used.changes&bits != 0 || !known && !u.hasRoom(now) {
		return false
	}
	if u.tokens == nil {
		u.tokens = make(map[[sha256.Size]byte]usedToken)
	}
	u.tokens[digest] = usedToken{used.changes | bits, expires.Add(2 * leeway)}
	return true
}

// hasRoom makes room for one more, if it can. It is called with u.mu held.
func (u *usedTokens) hasRoom(now time.Time) bool {
	if len(u.tokens) >= mostUsedTokens {
		maps.DeleteFunc(u.tokens, func(_ [sha256.Size]byte, used usedToken) bool { return now.After(used.until) })
	}
	return len(u.tokens) < mostUsedTokens
}

// changed has the state of a tenant asked anew, if it is known at all.
func (a *App) changed(tenant string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.find(tenant); t != nil {
		t.changed()
	}
}

func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error, status int) {
	a.warn(r.Context(), "refused a notification", slog.Any("error", err))
	http.Error(w, http.StatusText(status), status)
}
