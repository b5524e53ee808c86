// Package sqlitequeue is a webhook.Queue in a file of SQLite, for the processes of
// one machine. It is a module of its own, for the sake of those who need no queue.
// It needs no cgo and no server.
//
//	queue, err := sqlitequeue.Open("/var/lib/sync/events.db")
//	if err != nil {
//		return err
//	}
//	defer queue.Close()
//	http.Handle("/superoffice", webhook.Handler(queue.Add, webhook.Secret(secret)))
//	err = queue.Work(ctx, handle)
//
// # What is kept
//
// When Add has returned nil, the event is on the disk, as far as the disk tells the
// truth: it survives the end of the process and a power cut. Of an event that was
// handled its ID stays for a day. The file belongs to one queue, is created for
// its user alone, and holds what SuperOffice has posted, in plain text. It does not
// shrink; the space of old events is used for new ones. Beside it are two
// files whose names end in -wal and -shm and which belong to it: copy or move all
// three, when no process has them open. The file has to be on a disk of the
// machine, since SQLite does not share one over a network.
//
// # Several processes
//
// Any number of processes of the machine may open the file, to add and to work. What
// a process handles is claimed for a minute, and longer while the process lives. If
// it dies, others, or the process that follows it, take its events over when that
// minute ends. They count as tried, so that an event which kills each process is
// given up in the end. Claims and pauses go by the clock of the machine.
//
// # Events that were given up
//
// They stay until somebody deletes them, with their state 3:
//
//	sqlite3 events.db "SELECT seq, record, id, tries, body FROM events WHERE state = 3"
//
// To have one handled after all, delete it, and give Add what webhook.ParseEvent
// reads of its body.
package sqlitequeue
