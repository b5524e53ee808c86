package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
)

// furnish has a tenant in the stand-in, with companies of its user's, and lets
// people be sent back to this site.
func furnish(setup *connect.Setup, redirectURL string) {
	setup.Config.RedirectURL = redirectURL
	setup.StandIn.RegisterRedirect(redirectURL)
	setup.StandIn.AddTenant("Cust12345").Reply("Contact/GetMyContacts", []superoffice.Contact{
		{ContactID: 11, Name: "Fjord Ferries", Department: "Freight", City: "Bergen", DirectPhone: "+47 55 00 00 11"},
		{ContactID: 12, Name: "Nordic Timber & Sons", City: "Trondheim", DirectPhone: "+47 73 00 00 12"},
		{ContactID: 13, Name: "Harbour Logistics", City: "Gothenburg", DirectPhone: "+46 31 00 00 13"},
	})
}

// visitOnce serves the site for as long as one visitor of its own takes.
func visitOnce(ctx context.Context, out io.Writer, listener net.Listener, handler http.Handler) error {
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- serve(serving, listener, handler) }()
	err := visit(ctx, out, "http://"+listener.Addr().String())
	stop()
	return errors.Join(err, <-ended)
}

// visit signs in as a browser does, from the first page to the last, and prints
// what the pages say.
func visit(ctx context.Context, out io.Writer, address string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
	defer browser.CloseIdleConnections()
	for _, step := range []struct{ title, method, path, shows string }{
		{"The first page", http.MethodGet, "/", "Sign in with SuperOffice"},
		{"After \"Sign in with SuperOffice\"", http.MethodGet, "/login", "Your companies"},
		{"After \"Sign out\"", http.MethodPost, "/sign-out", "Sign in with SuperOffice"},
	} {
		text, err := read(ctx, browser, step.method, address+step.path)
		if err != nil {
			return fmt.Errorf("%s %s: %w", step.method, step.path, err)
		}
		fmt.Fprintf(out, "\n%s:\n\n%s", step.title, text)
		if !strings.Contains(text, step.shows) {
			return fmt.Errorf("%s %s: the page does not show %q", step.method, step.path, step.shows)
		}
	}
	return nil
}

// read returns the text of the page to which an address leads.
func read(ctx context.Context, browser *http.Client, method, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := browser.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", err
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s:\n%s", resp.Status, textOf(string(body)))
	}
	return textOf(string(body)), nil
}

var (
	head = regexp.MustCompile(`(?s)^.*<body>`)
	tag  = regexp.MustCompile(`<[^>]*>`)
)

// textOf is what a page of this site says, line by line.
func textOf(page string) string {
	var text strings.Builder
	for line := range strings.Lines(head.ReplaceAllString(page, "")) {
		if line = strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(line, ""))); line != "" {
			text.WriteString("  " + line + "\n")
		}
	}
	return text.String()
}
