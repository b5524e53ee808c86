package superoffice

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Response is what came with a result beside the result itself. See
// [CaptureResponse].
type Response struct {
	// StatusCode is the HTTP status of the last answer, or 0 if none came.
	StatusCode int
	// Header is the header of the last answer, or nil. It may set cookies, so
	// fmt, log/slog and encoding/json leave it out.
	Header http.Header `json:"-"`
	// Attempts counts how often the request was sent: 1 if all went well.
	Attempts int
	// Waited is the time spent waiting between attempts.
	Waited time.Duration
	// Duration is the time of the whole call, waits included.
	Duration time.Duration
	// Cause is why the last further attempt was made, or nil if the first
	// one settled it.
	Cause error
}

// Format prints a line without the header, which may set cookies.
func (r Response) Format(f fmt.State, verb rune) {
	formatText(f, verb, fmt.Sprintf("superoffice.Response{%d %s, %d attempt(s), %s}",
		r.StatusCode, http.StatusText(r.StatusCode), r.Attempts, r.Duration.Round(time.Microsecond)))
}

// LogValue gives structured logs the members that are safe to keep.
func (r Response) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("status", r.StatusCode), slog.Int("attempts", r.Attempts),
		slog.Duration("waited", r.Waited), slog.Duration("duration", r.Duration))
}
