// Package superoffice is a client for the WebAPI of SuperOffice CRM, on site
// and Online.
//
// A [Client] speaks to one installation or tenant. Make one with [NewClient], share
// it between all goroutines, and reach the vendor's agents through its fields:
//
//	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice",
//		superoffice.WithAuth(superoffice.BasicAuth(user, password)),
//		superoffice.WithLanguage("en"))
//	info, err := client.User.GetExternalTokens(ctx, key)
//
// # Options
//
// An [Option] serves a client and a single call alike: credentials, headers,
// content types, timeouts. A call's option overrides the client's for that call.
// [Client.With] derives a client with other options on the same connections.
//
// # Credentials
//
// An [Auth] puts credentials on each request: BasicAuth, [TicketAuth], [BearerAuth],
// [TokenSourceAuth], [SessionAuth], or one of your own. They go to the client's own
// origin (scheme, host and port) and nowhere else; a redirect to another one is
// an error, and plain http is refused beyond this machine. An Auth that is a
// [Renewer] is renewed when the server answers 401: once, however many calls were
// refused, each of which is then sent once more.
//
// Nothing in this package prints a secret: no error, no log line, and no type
// with a secret in it under any verb of fmt or as a value in log/slog. Go leaves
// two ways open. A list, dictionary or struct of yours that holds such values,
// such as []Webhook or a struct with a [TokenManagementInfo], is marshalled by slog's
// JSONHandler, and JSON gives the real values, since it is what is
// sent; log its elements one by one, or what fmt makes of it. And a value in an
// unexported field of a struct of yours is printed by fmt member by member;
// export the field, hold a pointer, or give the struct a Format method.
//
// # Errors
//
// A call that fails returns an *Error, for errors.As, with everything the server
// said, and matches one of the Err values with errors.Is if its kind matters
// to a program. A result that does not exist is [ErrNotFound], which the server
// says in several ways. Bad arguments are [ErrInvalidArgument] before anything is
// sent.
//
// # Retries
//
// Calls that read are sent again after network errors and after 408, 429, 500,
// 502, 503 and 504, up to four times in all, with exponential backoff and full
// jitter. Calls that write are sent again only if the server cannot have seen
// them, or says to come back (429 or 503 with Retry-After), or if the caller
// says [Idempotent]. See [RetryPolicy].
//
// # Data
//
// Carriers, the vendor's word for its data types, come back whole: members that
// this package does not know, and the difference between null, empty and missing,
// are kept and go out again when a carrier is saved. Set the members that
// you want to change on a carrier that you fetched, and save it.
//
// A carrier that you make yourself sends what you set and the vendor's defaults
// for the rest: 0, false, "", no date, no time; null for carriers, lists and
// dictionaries. An enum that is not set is left out, which the server takes for
// the enum's zero. So a carrier made by hand with the id of a record resets all
// that it leaves out of that record. Begin a new record with its CreateDefault
// call, which fills in what the installation prefers, and a change with the
// record as it is: fetch it, set members, save it.
//
// # Files
//
// A call that returns a file returns a [Stream], which is read as it arrives and
// must be closed. A call that takes one takes an io.Reader, which is read as it is
// sent and not closed. Neither is held in memory. A reader that can seek is sent
// again if a call is; any other is sent once.
//
// # Content types
//
// JSON is the default. The vendor documents that XML and forms are taken, and
// XML given; of their shape it publishes one answer: the root named for the
// carrier, children in PascalCase, no namespace. The rest is our reading of what
// .NET's serializers do: requests named for the method (GetExternalTokensRequest),
// xsi:nil for null, lists as items named for their type, dictionaries either as
// <name>value</name> or as entries with a Key and a Value, both understood, and
// nested form fields written as a[b]=c. Use JSON unless you must not.
package superoffice

//go:generate go -C internal/apigen run . generate
