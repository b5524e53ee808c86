// Package online is for SuperOffice Online: it finds tenants, follows those that
// move, signs people in, and works as an application's system user, for one
// tenant or thousands.
//
// An [App] is an application as it is registered with SuperOffice. It makes a
// [superoffice.Client] for each tenant:
//
//	app, err := online.NewApp(online.Config{
//		Environment:  online.Production,
//		ClientID:     clientID,
//		ClientSecret: clientSecret,
//		PrivateKeys:  []*rsa.PrivateKey{key},
//	})
//	client, err := app.SystemUserClient("Cust12345", systemUserToken)
//
// # Tenants
//
// A tenant lives on one of many hosts, and may be moved to another. A client of
// this package asks the state service where it is, once for as long as the
// answer is valid, and again when a host says that the tenant is not there. The
// call is then sent to the right host, also if it writes. While the state
// service fails, what it last said serves for another hour. A call to a tenant
// that is offline fails with an *OfflineError. No answer of the state service
// makes a credential leave the environment's domain.
//
// [App.Tenants] is a pool of clients for an application with many tenants. They
// share connections, and neither credentials nor the budget for retries. Its
// NotificationHandler takes what SuperOffice tells of tenants.
//
// # System users
//
// A system user signs its token with the application's private key, exchanges
// it for a ticket, and verifies what it gets. Each exchange adds a row to the
// tenant's database, so there is one for all that share a [Store]: all clients of
// an App, and with redisstore all its replicas. A ticket is renewed when the
// server rejects it, and when nobody has used it for nearly six hours.
//
// # Stores
//
// Tickets and tokens are kept in a Store: in memory, if [Config] names none.
// Package redisstore, a module of its own, keeps them if the replicas of a
// service share them, [EncryptedStore] encrypts them there, and package storetest
// holds a Store of your own to the contract.
//
// # People
//
// People sign in with a browser (authorization code with PKCE): by LoginHandler
// and CallbackHandler in a web service, by SignInNative in a program on their
// machine, or by BeginSignIn and FinishSignIn in anything else. UserClient then
// makes clients for them, which refresh their tokens. Their claims hold the
// application's system user token, if they have brought one along.
//
// # What the vendor does not document
//
// SuperOffice publishes neither how long the stamp of a system user's token is
// good for, nor what OAuth errors look like, nor the form of a revocation, nor
// whom the token of a notification is for. This package expects the minute to
// be right within what the server forgives, and what the RFCs 6749 and 7009 say;
// a notification's token must be for the application if it says for whom it
// is, and nothing but the tenant's name is taken from a notification.
package online
