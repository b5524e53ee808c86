package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/superoffice-go/superoffice/webhook"
)

func ExampleHandler() {
	handler := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		if !e.Changed("name", "orgNr") {
			return nil
		}
		fmt.Println(e.Event, e.PrimaryKey, e.Fields["name"])
		return nil
	}, webhook.Secret("the webhook's secret"), webhook.SeenBy(webhook.SeenInMemory(10_000)), webhook.IgnoreAssociates(11))

	// What SuperOffice posts.
	body := `{"EventId":"d3c0","Event":"contact.changed","PrimaryKey":5,"Entity":"contact","Changes":["name"],"FieldValues":{"name":"Ann's"}}`
	request := httptest.NewRequest(http.MethodPost, "/superoffice", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-SuperOffice-Signature", webhook.Sign("the webhook's secret", []byte(body)))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output:
	// contact.changed 5 Ann's
	// 200
}
