package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/superoffice-go/superoffice"
)

// Peer is one way to do the work.
type Peer interface {
	// Call makes one call, decodes its answer and looks at it.
	Call(ctx context.Context) error
}

// Entry is a peer with what the table says of it.
type Entry struct {
	Name string
	// Module is where the peer comes from; empty for the standard library and
	// for this one.
	Module string
	Peer
}

// Where Peers puts those that are held against each other.
const (
	// ByHand is the hand-written call.
	ByHand = iota
	// Unbounded is the same call without a limit in time: less than a service
	// should do, and so the least that a call can cost.
	Unbounded
	// Retryable is the call through a bare go-retryablehttp.
	Retryable
	// Resty is the call through resty.
	Resty
	// SDK is the call through this SDK.
	SDK
)

// Peers returns everyone who is compared, in the order of the constants. Each
// reaches the server at baseURL through a transport of its own, which
// transport makes.
func Peers(baseURL string, transport func() http.RoundTripper) ([]Entry, error) {
	client := func() *http.Client { return &http.Client{Transport: transport()} }
	sdk, err := newSDK(baseURL, client())
	if err != nil {
		return nil, err
	}
	url := baseURL + agentPath
	return []Entry{
		ByHand:    {"net/http by hand", "", &byHand{client(), url, limit}},
		Unbounded: {"net/http by hand, no time limit", "", &byHand{client(), url, 0}},
		Retryable: {"go-retryablehttp", "github.com/hashicorp/go-retryablehttp", newRetryable(url, client())},
		Resty:     {"resty", "github.com/go-resty/resty/v2", newResty(baseURL, client())},
		SDK:       {"this SDK", "", sdk},
	}, nil
}

// NewTransport returns the transport over which the peers are compared: the
// standard one, with room for the connections of a service that makes many
// calls at a time.
func NewTransport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport := standard.Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	return transport
}

// retryable is the call through a bare go-retryablehttp, encoded as by hand.
type retryable struct {
	loop *retryablehttp.Client
	url  string
}

func newRetryable(url string, client *http.Client) *retryable {
	loop := retryablehttp.NewClient()
	loop.HTTPClient, loop.Logger = client, nil
	return &retryable{loop, url}
}

// Call implements Peer.
func (c *retryable) Call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	body, err := json.Marshal(request{Key: key})
	if err != nil {
		return err
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.url, body)
	if err != nil {
		return err
	}
	req.SetBasicAuth(user, password)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.loop.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	info, err := readTokens(resp)
	if err != nil {
		return err
	}
	return info.check()
}

// restful is the call through resty: one client with what all calls share.
type restful struct {
	client *resty.Client
}

func newResty(baseURL string, client *http.Client) *restful {
	c := resty.NewWithClient(client).
		SetBaseURL(baseURL).
		SetBasicAuth(user, password).
		SetHeader("Accept", "application/json").
		SetHeader("Content-Type", "application/json").
		SetDisableWarn(true) // of credentials over http, which is loopback here
	return &restful{c}
}

// Call implements Peer.
func (c *restful) Call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	info := new(tokens)
	resp, err := c.client.R().SetContext(ctx).SetBody(request{Key: key}).SetResult(info).Post(agentPath)
	if err != nil {
		return err
	}
	if resp.StatusCode() != http.StatusOK {
		return fmt.Errorf("the server answered %s: %.200s", resp.Status(), resp.Body())
	}
	return info.check()
}

// sdk is the call through this SDK, set up as its documentation shows. It
// bounds every attempt by itself.
type sdk struct {
	client *superoffice.Client
}

func newSDK(baseURL string, client *http.Client) (*sdk, error) {
	c, err := superoffice.NewClient(baseURL,
		superoffice.WithHTTPClient(client),
		superoffice.WithAuth(superoffice.BasicAuth(user, password)))
	if err != nil {
		return nil, err
	}
	return &sdk{c}, nil
}

// Call implements Peer.
func (c *sdk) Call(ctx context.Context) error {
	info, err := c.client.User.GetExternalTokens(ctx, key)
	if err != nil {
		return err
	}
	if info.Provider == "nesciunt" && info.TableRight != nil && info.TableRight.Mask == superoffice.TableRightDelete && info.FieldProperties["fieldName"].FieldLength == 721 {
		return nil
	}
	return errOtherAnswer
}
