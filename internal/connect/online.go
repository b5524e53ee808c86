package connect

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// Setup is an application on SuperOffice Online: the one that the environment
// describes, or the one of a stand-in.
type Setup struct {
	// Config describes the application, for online.NewApp.
	Config online.Config
	// Tokens are the system user tokens that the environment names, by tenant.
	Tokens map[string]string
	// StandIn plays SuperOffice Online, yet without tenants. It is nil if
	// the environment names a real one.
	StandIn *superofficetest.OnlineServer
}

// Online returns the application that the environment describes, or one on a
// stand-in, and tells w of the latter. The caller should call Close when
// finished.
func Online(w io.Writer) (*Setup, error) {
	environment := os.Getenv("SUPEROFFICE_ENVIRONMENT")
	if environment == "" {
		fmt.Fprintln(w, "SUPEROFFICE_ENVIRONMENT is not set: using a stand-in of SuperOffice Online inside this program.")
		return standIn(), nil
	}
	s := &Setup{Config: online.Config{
		Environment:  environmentOf(environment),
		ClientID:     os.Getenv("SUPEROFFICE_CLIENT_ID"),
		ClientSecret: os.Getenv("SUPEROFFICE_CLIENT_SECRET"),
		RedirectURL:  os.Getenv("SUPEROFFICE_REDIRECT_URL"),
	}}
	if s.Config.ClientID == "" {
		return nil, errors.New("set SUPEROFFICE_CLIENT_ID")
	}
	var err error
	if s.Config.PrivateKeys, err = privateKeys(os.Getenv("SUPEROFFICE_PRIVATE_KEY")); err != nil {
		return nil, fmt.Errorf("SUPEROFFICE_PRIVATE_KEY: %w", err)
	}
	if s.Tokens, err = tokens(os.Getenv("SUPEROFFICE_TENANTS")); err != nil {
		return nil, err
	}
	return s, nil
}

func standIn() *Setup {
	server := superofficetest.NewOnline()
	app := server.App()
	return &Setup{StandIn: server, Config: online.Config{
		Environment:  online.Environment(server.URL),
		ClientID:     app.ClientID,
		ClientSecret: app.ClientSecret,
		PrivateKeys:  []*rsa.PrivateKey{app.PrivateKey},
	}}
}

// Close stops the stand-in, if there is one.
func (s *Setup) Close() {
	if s.StandIn != nil {
		s.StandIn.Close()
	}
}

// environmentOf takes an environment by the name of its host, or by its URL.
func environmentOf(name string) online.Environment {
	switch name {
	case "sod":
		return online.Development
	case "qaonline":
		return online.Stage
	case "online":
		return online.Production
	}
	return online.Environment(name)
}

// privateKeys reads the key from the text itself or from the file that it
// names. Web applications without a system user have none.
func privateKeys(text string) ([]*rsa.PrivateKey, error) {
	if text == "" {
		return nil, nil
	}
	pem := []byte(text)
	if !strings.Contains(text, "PRIVATE KEY") && !strings.Contains(text, "<") {
		var err error
		if pem, err = os.ReadFile(text); err != nil {
			return nil, errors.New("is neither a key nor a file that can be read")
		}
	}
	key, err := online.ParsePrivateKey(pem)
	if err != nil {
		return nil, err
	}
	return []*rsa.PrivateKey{key}, nil
}

// tokens reads "Cust1=token1;Cust2=token2". There may be blanks in a token.
func tokens(text string) (map[string]string, error) {
	found := make(map[string]string)
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		tenant, token, ok := strings.Cut(part, "=")
		tenant, token = strings.TrimSpace(tenant), strings.TrimSpace(token)
		if !ok || tenant == "" || token == "" {
			return nil, errors.New(`SUPEROFFICE_TENANTS is not of the form "Cust1=token1;Cust2=token2"`)
		}
		found[tenant] = token
	}
	return found, nil
}
