package sqlitequeue_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

func Example() {
	folder, err := os.MkdirTemp("", "sqlitequeue")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	queue, err := sqlitequeue.Open(filepath.Join(folder, "events.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer queue.Close()
	handler := webhook.Handler(queue.Add, webhook.Secret("the webhook's secret"))

	// What SuperOffice posts.
	body := `{"EventId":"d3c0","Event":"contact.changed","PrimaryKey":5,"Entity":"contact","Changes":["name"]}`
	request := httptest.NewRequest(http.MethodPost, "/superoffice", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-SuperOffice-Signature", webhook.Sign("the webhook's secret", []byte(body)))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code)

	// A program works until it is told to end, such as by signal.NotifyContext.
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err = queue.Work(ctx, func(_ context.Context, e *webhook.Event) error {
		fmt.Println(e.Event, e.PrimaryKey)
		stop()
		return nil
	})
	fmt.Println(err)
	// Output:
	// 200
	// contact.changed 5
	// context canceled
}
