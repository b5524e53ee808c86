// Package connect finds the server that an example runs against: the one that
// the environment names, or a stand-in inside the program. Client does so for
// one server,
//
//	SUPEROFFICE_URL                                 the base address, and one of
//	SUPEROFFICE_USER and SUPEROFFICE_PASSWORD       (on site)
//	SUPEROFFICE_TICKET and SUPEROFFICE_APP_TOKEN    (Online, or on site without the latter)
//	SUPEROFFICE_ACCESS_TOKEN                        (Online)
//
// and Online for an application on SuperOffice Online with its tenants:
//
//	SUPEROFFICE_ENVIRONMENT     sod, qaonline, online, or a URL such as sosandbox's
//	SUPEROFFICE_CLIENT_ID       as the developer portal shows it
//	SUPEROFFICE_CLIENT_SECRET   the same
//	SUPEROFFICE_PRIVATE_KEY     for system users: the key, or the path of its file
//	SUPEROFFICE_REDIRECT_URL    for sign-in: the callback, as it is registered
//	SUPEROFFICE_TENANTS         for system users: Cust1=token1;Cust2=token2
package connect

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// Client returns a client for the server that the environment names, or for
// a stand-in with the options.
func Client(standIn ...superofficetest.Option) (client *superoffice.Client, done func(), err error) {
	opts := []superoffice.ClientOption{superoffice.WithLanguage("en"), superoffice.WithTimeout(time.Minute)}
	url := os.Getenv("SUPEROFFICE_URL")
	if url == "" {
		fmt.Println("SUPEROFFICE_URL is not set: using a stand-in server inside this program.")
		server := superofficetest.NewServer(standIn...)
		return server.Client(opts...), server.Close, nil
	}
	auth, err := credentials()
	if err != nil {
		return nil, nil, err
	}
	opts = append(opts, superoffice.WithAuth(auth))
	if token := os.Getenv("SUPEROFFICE_APP_TOKEN"); token != "" {
		opts = append(opts, superoffice.WithAppToken(token))
	}
	client, err = superoffice.NewClient(url, opts...)
	return client, func() {}, err
}

func credentials() (superoffice.Auth, error) {
	if token := os.Getenv("SUPEROFFICE_ACCESS_TOKEN"); token != "" {
		return superoffice.BearerAuth(token), nil
	}
	if ticket := os.Getenv("SUPEROFFICE_TICKET"); ticket != "" {
		return superoffice.TicketAuth(ticket), nil
	}
	if user := os.Getenv("SUPEROFFICE_USER"); user != "" {
		return superoffice.BasicAuth(user, os.Getenv("SUPEROFFICE_PASSWORD")), nil
	}
	return nil, errors.New("set SUPEROFFICE_USER and SUPEROFFICE_PASSWORD, or SUPEROFFICE_TICKET, or SUPEROFFICE_ACCESS_TOKEN")
}
