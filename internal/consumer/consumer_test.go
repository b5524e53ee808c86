package consumer

import (
	"errors"
	"net/http"
	"testing"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// TestMainJob makes the SDK's first call as a caller would, with nothing but
// promised names.
func TestMainJob(t *testing.T) {
	srv := superofficetest.NewServer()
	t.Cleanup(srv.Close)
	srv.PutExternalTokens("quos", tokenInfo{
		Provider:   "nesciunt",
		TableRight: &superoffice.TableRight{Mask: superoffice.TableRightFULL},
	})

	var resp superoffice.Response
	info, err := srv.Client().User.GetExternalTokens(t.Context(), "quos",
		superoffice.Select("Provider", "TableRight/Mask"), superoffice.CaptureResponse(&resp))
	if err != nil {
		t.Fatal(err)
	}
	if info.Provider != "nesciunt" || !info.TableRight.Mask.Has(superoffice.TableRightDelete) {
		t.Errorf("got provider %q with rights %q", info.Provider, info.TableRight.Mask)
	}
	if resp.StatusCode != http.StatusOK || resp.Attempts != 1 || len(srv.Requests()) != 1 {
		t.Errorf("got status %d after %d attempts and %d requests", resp.StatusCode, resp.Attempts, len(srv.Requests()))
	}
}

// TestTypedError takes a refusal apart in both promised ways.
func TestTypedError(t *testing.T) {
	srv := superofficetest.NewServer()
	t.Cleanup(srv.Close)

	_, err := srv.Client(superoffice.WithAuth(superoffice.BasicAuth("nobody", "wrong"))).User.GetExternalTokens(t.Context(), "quos")
	if !errors.Is(err, superoffice.ErrUnauthorized) {
		t.Errorf("got %v, want ErrUnauthorized", err)
	}
	var refusal *superoffice.Error
	if !errors.As(err, &refusal) || refusal.StatusCode != http.StatusUnauthorized || refusal.Method != http.MethodPost {
		t.Errorf("got %#v, want an *Error with status 401 of a POST", err)
	}
}
