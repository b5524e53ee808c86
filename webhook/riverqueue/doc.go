// Package riverqueue is a webhook.Queue in PostgreSQL, for a service with several
// replicas. It runs on River and is a module of its own, for the sake of those who
// use neither.
//
//	pool, err := pgxpool.New(ctx, "postgres://app@db.example.com/app")
//	...
//	queue, err := riverqueue.New(pool)
//	...
//	err = queue.Migrate(ctx)
//	...
//	http.Handle("/superoffice", webhook.Handler(queue.Add, webhook.Secret(secret)))
//	err = queue.Work(ctx, handle)
//
// # Tables
//
// [Queue.Migrate] puts all that the queue needs into a schema of its own,
// superoffice_webhook unless [WithSchema] names another. No other River client may
// use that schema: the leader of River's clients discards jobs that it does not
// know.
//
// webhook_event has the events, and River one job for each record that has some:
// River keeps no order, so its job handles the events of a record one after the
// other. The body of an event is JSON, in UTF-8, and goes when the event is
// handled. The rest stays for a day, so that the event is not stored again.
//
// An event that was given up keeps its body. To see those, and to have one tried
// again within a minute:
//
//	SELECT seq, record, id, convert_from(body, 'UTF8') FROM superoffice_webhook.webhook_event WHERE given_up_at IS NOT NULL;
//	UPDATE superoffice_webhook.webhook_event SET given_up_at = NULL, tries = 0 WHERE seq = 5;
//
// # Replicas
//
// Each Work has two connections beside those that it takes from the pool for a
// moment: one for River to listen on, and one on which it holds a lock of the
// session and tells every few seconds that it lives. When a replica is killed,
// another one takes over its records within about 40 seconds. It does so if the
// lock is free, and nothing was told for 30 seconds. So a process that is stopped
// by a debugger or SIGSTOP keeps its records, and a restart of the server takes
// none from anybody.
//
// A replica that does not reach the server for 20 seconds ends the contexts of
// what it is handling. A function that does not heed its context can be at work
// still when another replica takes over.
//
// Locks of a session and LISTEN need connections of one's own: PgBouncer has to be
// in the mode of sessions.
//
// # What PostgreSQL does not promise
//
// Add returns when PostgreSQL has committed. With synchronous_commit off, or when
// a replica of the server without all commits becomes the primary, the last events
// can be lost.
package riverqueue
