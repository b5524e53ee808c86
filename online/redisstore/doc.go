// Package redisstore keeps tokens and tickets in Redis, so that the replicas of
// a service share them and get each of them once, and the events of webhooks, so
// that one of the replicas handles each. It is a module of its own, for the sake of
// those who use no Redis.
//
//	client := redis.NewClient(&redis.Options{Addr: "redis.example.com:6379", TLSConfig: &tls.Config{}})
//	store, err := online.EncryptedStore(redisstore.New(client), key)
//	handler := webhook.Handler(handle, webhook.Secret(secret), webhook.SeenBy(redisstore.NewSeen(client)))
//
// # Secrecy
//
// Use a Store together with online.EncryptedStore, as above. Redis shows what it
// keeps to all who may read it, in its files, backups, slow log and MONITOR,
// and what instruments a client may record the arguments of commands.
//
// # Keys and commands
//
// An entry is a hash with the members version and value under "superoffice:"
// and the key's text, for example
//
//	superoffice:https:%2F%2Fonline.superoffice.com/0a1b/Cust12345/
//
// Load is one HMGET and Swap one Lua script on one key, which Redis runs as a
// whole and which a cluster runs where the key lives. A user of Redis with an
// access list needs HGET, HMGET, HSET, DEL, PEXPIRE, PERSIST, EVAL and EVALSHA
// on ~superoffice:*.
//
// An event is a text under "superoffice:seen:", the tenant and the event's ID, in
// lower case: who is at it, or "handled". Begin, an End without success and, each
// second between them, an extension are one script on one key, an End with success
// is one SET. They need GET, SET, DEL, PEXPIRE, EVAL and EVALSHA. An event takes some
// 200 bytes for a day.
//
// # What Redis does not promise
//
// Redis confirms a write before its replicas have it, so a failover can lose
// the latest, and a server without persistence loses all when it restarts. What
// is lost is got once more from SuperOffice, if that is possible without
// the user. Choose the eviction policy noeviction or volatile-ttl, so that no
// refresh token is dropped to make room.
//
// An event that is lost there is handled twice if it comes twice, as are those that
// come while Redis does not answer. Those that are being handled while it does not
// answer for three seconds may be, too. Twice is better than never.
package redisstore
