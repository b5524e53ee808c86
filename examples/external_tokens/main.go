// Command external_tokens saves the tokens of an external provider in
// SuperOffice, reads them back with $select and a language, and shows what an
// error looks like.
//
// Without configuration it runs against a stand-in server inside the program.
// To run it against yours, set SUPEROFFICE_URL and one of
//
//	SUPEROFFICE_USER and SUPEROFFICE_PASSWORD       (on site)
//	SUPEROFFICE_TICKET and SUPEROFFICE_APP_TOKEN    (Online, or on site without the latter)
//	SUPEROFFICE_ACCESS_TOKEN                        (Online)
//
// It exits with 0 only if everything worked.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "external_tokens:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, done, err := connect.Client()
	if err != nil {
		return err
	}
	defer done()
	if err := printVersion(ctx, client); err != nil {
		return err
	}
	key, err := save(ctx, client)
	if err != nil {
		return err
	}
	if err := read(ctx, client, key); err != nil {
		return err
	}
	return readNothing(ctx, client)
}

func printVersion(ctx context.Context, client *superoffice.Client) error {
	version, err := client.Version(ctx)
	if err != nil {
		return fmt.Errorf("asking for the version: %w", err)
	}
	fmt.Println("Server:", version.NetServer)
	return nil
}

func save(ctx context.Context, client *superoffice.Client) (key string, err error) {
	key, err = client.User.SaveExternalTokens(ctx, &superoffice.TokenManagementInfo{
		Provider:     "ExampleMail",
		AccessToken:  "example-access-token",
		RefreshToken: "example-refresh-token",
	})
	if err != nil {
		return "", fmt.Errorf("saving tokens: %w", err)
	}
	fmt.Println("Saved under key:", key)
	return key, nil
}

func read(ctx context.Context, client *superoffice.Client, key string) error {
	var response superoffice.Response
	info, err := client.User.GetExternalTokens(ctx, key, superoffice.CaptureResponse(&response))
	if err != nil {
		return fmt.Errorf("reading tokens: %w", err)
	}
	if info.AccessToken != "example-access-token" {
		return errors.New("the tokens that came back are not those that were saved")
	}
	fmt.Println("Read back:", info)
	fmt.Println("Answer:", response)
	if right := info.TableRight; right != nil {
		fmt.Printf("Rights: %s (%s); may update: %t\n", right.Mask, right.Reason, right.Mask.Has(superoffice.TableRightUpdate))
	}

	selected, err := client.User.GetExternalTokens(ctx, key, superoffice.Select("Provider", "TableRight/Mask"))
	if err != nil {
		return fmt.Errorf("reading selected members: %w", err)
	}
	if selected.Provider != "ExampleMail" || selected.AccessToken != "" {
		return errors.New("the server did not heed $select")
	}
	fmt.Println("With $select, only:", selected.Provider)
	return nil
}

// readNothing asks for a key that does not exist, to show the typed error.
func readNothing(ctx context.Context, client *superoffice.Client) error {
	_, err := client.User.GetExternalTokens(ctx, "no-such-key")
	if !errors.Is(err, superoffice.ErrNotFound) {
		return fmt.Errorf("an unknown key should not be found, but got: %w", err)
	}
	fmt.Println("An unknown key is superoffice.ErrNotFound:", err)
	return nil
}
