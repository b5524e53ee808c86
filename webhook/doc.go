// Package webhook receives the events that SuperOffice posts when records change,
// and registers for them.
//
//	handler := webhook.Handler(func(ctx context.Context, e *webhook.Event) error {
//		if e.Changed("name", "department") {
//			return sync(ctx, e.PrimaryKey)
//		}
//		return nil
//	}, webhook.Secret(secret), webhook.SeenBy(webhook.SeenInMemory(10_000)))
//
// SuperOffice posts an event three times within some seconds, unless it is answered
// 200, and drops it then; after nine failures in a row it disables the webhook.
// Some events come twice, and their order is not promised. So a function should
// be quick, and do no harm if it runs twice for one event.
//
// # What is checked, in this order
//
//   - The method is POST, the type JSON, the body at most 1 MiB: else 405, 415, 413.
//   - The signature in X-SuperOffice-Signature, the HMAC-SHA256 of the body by the
//     webhook's secret: if it is missing or wrong, 401. Without [Secret],
//     [SecretOf] or [Unsigned] nobody is let in.
//   - The body is an event: else 400.
//   - A test event, which SuperOffice posts when a webhook is saved: 200.
//   - It is not older than [MaxAge] allows: else it is dropped, with 200.
//   - It was not handled before, if [SeenBy] says how to know: else 200.
//   - It is no change of a user of [IgnoreAssociates], and none that [Ignore] takes
//     for one's own, such as [OwnChanges.Made]: else 200.
//
// Then the function is called. nil is answered 200, [ErrGone] 410, with which
// SuperOffice disables the webhook, and any other error, or a panic, 500, so that
// the event is posted again. Nothing of the headers is believed but the signature.
//
// # What else there is
//
// [Ensure] registers a webhook, or brings one that is there up to date. [Check] says
// how it does, and [Recover] finds what was changed while events were not delivered.
// A [Queue] stores events first and has them handled afterwards, for work that
// takes longer than SuperOffice waits; its engines are modules of their own.
// Package webhooktest posts an event to a handler in a test.
package webhook
