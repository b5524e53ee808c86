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
//   - GET {base}/api, GET {base}/api/v1 and every call of the Agents API.
//     Whatever else is asked for is 404. Case does not matter in paths, names
//     of request members and $select.
//   - Each call is answered with a sample of its result, the same each time,
//     made from the API's definition; Reply sets another answer. External
//     tokens are stored. So is what an agent's Save call takes, whole, and its
//     Get, Delete and shorter calls work on it; an id that was never saved is
//     answered with a sample, and one that was deleted, 0 or less with null.
//   - Each request is held against the definition: parameters, members, their
//     types, $select, the body. What does not fit is answered 400 with the
//     difference, listed by Mismatches, and fails the test of WithTest.
//   - A call whose result is a file gives it as it is, or as base64 in JSON or
//     XML, as Accept says.
//   - It checks Basic, SOTicket, Bearer and browser sessions with their XSRF
//     token, and refuses everything else with 401. Each server has its own
//     Credentials, which can be rotated while clients use them. With Online
//     it demands SO-AppToken beside a ticket and never accepts Basic.
//   - It reads JSON, XML and forms and answers in JSON or XML, as Content-Type
//     and Accept say, with 415 and 406 where they cannot be met.
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
//   - Requests tells what arrived.
//   - Respond answers without a socket, as a responder for httpmock.
//
// # What it does not do
//
// Nothing is validated beyond its form, and nothing has an effect beyond what
// is stored: no search finds what was saved. SO-Culture is taken and
// without effect, since nothing here depends on a culture. SO-TimeZone is
// checked against some of the vendor's zones and echoed; dates are not
// converted, but samples have an offset where it asks for offsets. DecryptAndSaveExternalTokens saves what it is given. Lifetimes
// are not modelled: a credential counts until it is rotated.
//
// # What is our reading
//
// The vendor documents none of these, so the server does what seems likely
// and a program should not depend on it:
//
//   - XML beyond "root named after the carrier, members as elements, no
//     namespace": whether null is a missing element or xsi:nil (XMLNil), how a
//     dictionary is written (XMLDictionaryEntries) and how its keys become
//     element names (_x003A_ for a colon), how a list is written, and what
//     the root of an error is called.
//   - Members of members in a form: both a[b]=c and a.b=c are understood.
//   - The bodies of 401, 421, 429 and 503, the form of Retry-After, and which
//     status a restricted agent answers with (RestrictAgent).
//   - That errors are written as Accept says, and that 404, 405, 406, 413 and
//     415 have the web framework's shape.
//   - That an agent method is described to anyone, without credentials.
//   - That an unknown time zone is 400, that an unknown name in $select selects
//     nothing, and that a member given as null is the same as a missing one.
//   - How language codes map to those in multi-language strings, and that
//     English stands in for a language that is missing.
package superofficetest
