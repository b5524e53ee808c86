package redisstore_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"

	"github.com/redis/go-redis/v9"

	"github.com/superoffice-go/superoffice/online/redisstore"
	"github.com/superoffice-go/superoffice/webhook"
)

func ExampleNewSeen() {
	client := redis.NewClient(&redis.Options{Addr: "redis.example.com:6379", TLSConfig: &tls.Config{}})
	defer client.Close()

	handler := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		fmt.Println(e.Event, e.PrimaryKey)
		return nil
	}, webhook.Secret("the webhook's secret"), webhook.SeenBy(redisstore.NewSeen(client)))

	http.Handle("/superoffice", handler)
}
