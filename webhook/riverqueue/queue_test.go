package riverqueue_test

import (
	"testing"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queuetest"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T) func() webhook.Queue {
		dsn := newDatabase(t)
		return func() webhook.Queue { return newQueue(t, dsn, riverqueue.WithHaste()) }
	})
}
