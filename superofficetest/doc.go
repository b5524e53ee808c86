// Package superofficetest is a SuperOffice WebAPI in this process, to test
// programs against and to try the client on. It speaks HTTP on a loopback
// address and shares no code with the client, so a mistake in how the client
// reads or writes cannot hide behind the same mistake here.
//
//	server := superofficetest.NewServer()
//	defer server.Close()
//	key, err := server.Client().User.SaveExternalTokens(ctx, info)
//
// # What it does
//
//   - GET {base}/api, GET {base}/api/v1, every call of the Agents API and every
//     call of the REST entities. Whatever else is asked for is 404. Case does not
//     matter in paths, names of request members and $select.
//   - REST entities are what the agents' Save calls store: GET, POST, PUT and
//     DELETE, with If-Modified-Since and If-Unmodified-Since, and PATCH, by JSON
//     Patch or by merge patch with the deviations of the vendor's server. Files,
//     and the items of lists, come back as they were sent.
//   - Each call is answered with a sample of its result, the same each time,
//     made from the API's definition; Reply sets another answer. External
//     tokens are stored. So is what an agent's Save call takes, whole, and its
//     Get, Delete and shorter calls work on it; an id that was never saved is
//     answered with a sample, and one that was deleted, 0 or less with null.
//     CreateDefault calls return empty carriers. The content of a file that a
//     call stores comes back from the calls that return it.
//   - Each request is held against the definition: parameters, members, their
//     types, $select, the body. What does not fit is answered 400 with the
//     difference, listed by Mismatches, and fails the test of [WithTest].
//   - A call whose result is a file gives it as it is, or as base64 in JSON or
//     XML, as Accept says.
//   - It checks Basic, SOTicket, Bearer and browser sessions with their XSRF
//     token, and refuses everything else with 401. Each server has its own
//     [Credentials], which can be rotated while clients use them. With Online
//     it demands SO-AppToken beside a ticket and never accepts Basic.
//   - It reads JSON, XML and forms and answers in JSON or XML, as Content-Type
//     and Accept say, with 415 and 406 if they cannot be met.
//   - $select sets the members that are not selected to null.
//   - Members called Reason are resolved to the language of SO-Language or
//     Accept-Language. Without one, resources ("[SR_READ_ONLY]") and
//     multi-language strings (US:"Read only";NO:"Skrivebeskyttet") are
//     served raw.
//   - Errors have the vendor's shapes: ErrorType with ErrorMessage, or with
//     Message for arguments, or Message with MessageDetail from the web
//     framework.
//   - Inject and InjectOn make calls go wrong on purpose: errors and
//     throttling, cut, held-back and mistaken bodies, reset connections.
//   - The webhooks that are saved on it, with targets on this machine or with
//     [WithWebhooks], get events, signed, of what agents, REST calls and calls of lists write and delete; InjectEvents has
//     some come twice, late, unsigned or not at all.
//   - It has tables: the vendor's, whose rows are the carriers that are saved, and
//     those of AddTable. Mass operations and calls for one row work on them, so do
//     custom objects and the archive provider dynamic, which also has the model of
//     the whole database; Table returns the rows. [MassFailure] has a mass operation
//     fail part-way, [LostAnswer] and [Reset] lose an answer or a request, and
//     [Handled] answers something else.
//   - AddField and AddList say what custom fields and lists a tenant has. Agents,
//     entities, archives and mass operations agree on them.
//   - Requests tells what arrived.
//   - [Respond] answers without a socket, as a responder for httpmock.
//   - GET v1/User/currentPrincipal and currentToken answer whoever is signed
//     in, the latter with an access token that counts until ExpireUserTokens.
//
// # SuperOffice Online
//
// [NewOnline] plays an environment of SuperOffice Online: what lies at
// https://online.superoffice.com is at OnlineServer.URL, and tenants live on
// data hosts with ports of their own, all over plain HTTP on this machine.
//
//	online := superofficetest.NewOnline()
//	defer online.Close()
//	tenant := online.AddTenant("Cust12345")
//	app := online.App() // client ID, secret and private key
//	tenant.Move()       // the old host now answers 421
//
// It does this:
//
//   - Under /login: discovery, the signing keys, the code flow with PKCE,
//     refresh, revocation, and the exchange of a signed system user token for
//     a ticket. Whoever asks for authorization is the tenant's user, who
//     consents at once. Case does not matter in paths.
//   - Under /api/state: the state of a tenant, its host, and until when that
//     may be relied on.
//   - On a data host: the WebAPI of each tenant that lives there, which takes
//     the tickets and access tokens of that tenant and no others, and 421 for
//     one that lives elsewhere, before anything else is looked at.
//   - Tickets last 6 hours since their last use, access tokens an hour, codes
//     10 minutes. Advance lets time pass, SetClockSkew makes the clock wrong.
//   - A [Tenant] is a [Server]: Requests, Inject, Reply and the rest work on it.
//     InjectState and InjectLogin do that for the other services, and
//     LoginRequests tells what arrived there.
//   - Violations tells of every credential that came where it must not.
//   - Notify sends what SuperOffice sends when a tenant's state changes, and
//     SignIDToken, SignSystemUserToken and SignNotification make tokens, good
//     and bad, to try a verifier on.
//
// There are no pages to sign in on, no implicit or hybrid flow, no end of a
// session, no SOAP and no SAML.
//
// # What it does not do
//
// Nothing is validated beyond its form, and nothing has an effect beyond what
// is stored: no workflow runs, and searches are archives. SO-Culture is taken and
// without effect, since nothing here depends on a culture. SO-TimeZone is
// checked against some of the vendor's zones and echoed; dates are not
// converted, but samples have an offset if it asks for offsets.
// DecryptAndSaveExternalTokens saves what it is given. On a server of its own
// a credential counts until it is rotated.
//
// # What is our reading
//
// The vendor documents none of these, so the server does what seems likely
// and a program should not depend on it:
//
//   - XML beyond "root named after the carrier, members as elements, no
//     namespace": whether null is a missing element or xsi:nil (XMLNil), how a
//     dictionary is written ([XMLDictionaryEntries]) and how its keys become
//     element names (_x003A_ for a colon), how a list is written, and what
//     the root of an error is called.
//   - Members of members in a form: both a[b]=c and a.b=c are understood.
//   - The bodies of 401, 421, 429 and 503, the form of Retry-After, and which
//     status a restricted agent answers with ([RestrictAgent]).
//   - That errors are written as Accept says, and that 404, 405, 406, 413 and
//     415 have the web framework's shape.
//   - That an agent method is described to anyone, without credentials.
//   - That an unknown time zone is 400, that an unknown name in $select selects
//     nothing, and that a member given as null is the same as a missing one.
//   - How language codes map to those in multi-language strings, and that
//     English stands in for a language that is missing.
//   - How long a token of currentToken counts.
//   - Mass operations: that what is wrong with their form is a 500 before a row is
//     touched, that a row that cannot be stored is Success false with the rows
//     before it kept by Upsert and none by Insert, that such an answer has no
//     counts, that RowStatus comes in the order of primary keys and from Upsert
//     alone, that the same keys twice in the data are refused, that keys are
//     compared with regard to case, and 403 for who is no system user online,
//     which is who comes with Bearer.
//   - Rows: that an empty value of another column than a text is no value, which
//     is sent as null; the names of the vendor's tables and columns, of which there
//     are some; and in the model of the database the numbers of the types of
//     decimals (10) and of booleans (9).
//   - Online: that errors of the authorize, tokens and Revoke endpoints are
//     those of RFC 6749 and 7009, that a verifier without a challenge is
//     refused, and that a scope without openid is not.
//   - Online: the words with which a system user's exchange is refused, that it
//     is refused while the tenant does not run, that its stamp may be off by
//     five minutes, and that its token is valid for five. That tickets outlive
//     a revoked system user token.
//   - Online: that an id token has a sub, that thumbprints are of keys and not
//     of certificates, and the claims of a notification but for its issuer.
//   - Online: 503 with an HTML page for a tenant that does not run, and null
//     for what is not known of a tenant that nobody knows.
package superofficetest
