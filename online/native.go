package online

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// nativePath is the path of the callback of native applications.
const nativePath = "/callback"

// SignInNative signs in the person before this machine, for programs that have
// no web server and no secret. It waits on a free port of the loopback address
// for the browser to come back (http://127.0.0.1:{port}/callback, which must
// be among the application's redirects), and calls open with the address that
// the browser is to visit. ctx bounds the wait, as does the life of a sign-in,
// ten minutes.
func (a *App) SignInNative(ctx context.Context, opts SignInOptions, open func(address string) error) (*Claims, error) {
	ctx, cancel := context.WithTimeout(ctx, signInLife)
	defer cancel()
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("online: waiting for the browser: %w", err)
	}
	opts.RedirectURL = "http://" + listener.Addr().String() + nativePath
	signIn, err := a.BeginSignIn(opts)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	callbacks := make(chan url.Values, 1)
	server := &http.Server{Handler: nativeCallback(signIn.state(), callbacks), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		down, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(down) // lets the last page reach the browser
		_ = server.Close()
		<-served
	}()
	if err := open(signIn.URL()); err != nil {
		return nil, fmt.Errorf("online: opening the browser: %w", err)
	}
	select {
	case callback := <-callbacks:
		return a.FinishSignIn(ctx, signIn, callback)
	case err := <-served:
		served <- err
		return nil, fmt.Errorf("online: waiting for the browser: %w", err)
	case <-ctx.Done():
		return nil, fmt.Errorf("online: waiting for the browser: %w", errors.Join(ctx.Err(), context.Cause(ctx)))
	}
}

// nativeCallback hands over the first callback of the sign-in, and no other:
// anything on this machine can send one.
func nativeCallback(state string, callbacks chan<- url.Values) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+nativePath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		query := r.URL.Query()
		if query.Get("state") != state {
			http.Error(w, "This is no answer to the sign-in under way.", http.StatusBadRequest)
			return
		}
		select {
		case callbacks <- query:
		default:
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, "You can close this window and go back to the program.")
	})
	return mux
}
